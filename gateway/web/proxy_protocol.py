"""The PROXY protocol, versions 1 and 2: for whom a balancer that speaks no HTTP opened a connection. Pure: no socket.

Source: haproxy.org, "The PROXY protocol, versions 1 & 2" (2020/03/05), sections 2.1, 2.2 and 2.2.3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

Address = IPv4Address | IPv6Address

SIGNATURE: Final = b"\r\n\r\n\x00\r\nQUIT\n"
V1_LIMIT_BYTES: Final = 107
"""Section 2.1: the longest possible line, its end included."""
V2_LIMIT_BYTES: Final = 4096
"""After the sixteen fixed bytes: room for what balancers add (TLS names, cloud identifiers), none for a flood."""

V1_START: Final = b"PROXY "
_V2_FIXED_BYTES: Final = 16
_LOCAL, _PROXY = 0x20, 0x21
_ADDRESS_BYTES: Final = {0x00: 0, 0x11: 12, 0x12: 12, 0x21: 36, 0x22: 36, 0x31: 216, 0x32: 216}
_INET, _INET6 = 1, 2
_CRC32C_TYPE, _CRC32C_BYTES = 0x03, 4
_V1 = re.compile(
    rb"PROXY (?:(UNKNOWN)(?: [^\r\n]*)?|(?:(TCP4)|TCP6) ([0-9A-Fa-f:.]+) ([0-9A-Fa-f:.]+)"
    rb" (0|[1-9][0-9]{0,4}) (0|[1-9][0-9]{0,4}))\r\n"
)


class NotProxyProtocolError(ValueError):
    """These bytes are no header of the PROXY protocol, or a damaged one: nothing after them can be believed."""


@dataclass(frozen=True, slots=True)
class Named:
    """A whole header. `client`: whom it names; None for LOCAL, UNKNOWN and sockets of files. `size` is in bytes."""

    client: Address | None
    size: int


def read(data: bytes) -> Named | None:
    """The header with which a connection begins; None while more bytes are needed. Raises NotProxyProtocolError.

    At most V1_LIMIT_BYTES, or 16 + V2_LIMIT_BYTES, are ever waited for.
    """
    if data.startswith(SIGNATURE):
        return _read_v2(data)
    if data.startswith(V1_START):
        return _read_v1(data)
    if SIGNATURE.startswith(data) or V1_START.startswith(data):
        return None
    raise NotProxyProtocolError("neither version's first bytes")


def crc32c(data: bytes) -> int:
    """The checksum of RFC 3720 appendix B.4 (Castagnoli), as the CRC32C element carries it."""
    value = 0xFFFFFFFF
    for byte in data:
        value = _CRC_TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


def _read_v1(data: bytes) -> Named | None:
    line, end, _ = data[:V1_LIMIT_BYTES].partition(b"\r\n")
    if not end:
        if len(data) >= V1_LIMIT_BYTES:
            raise NotProxyProtocolError("a line longer than version 1 allows")
        return None
    found = _V1.fullmatch(line + end)
    if found is None:
        raise NotProxyProtocolError("not version 1's grammar")
    size = len(line) + len(end)
    if found[1]:
        return Named(None, size)
    family = IPv4Address if found[2] else IPv6Address
    try:
        client, _server = (family(found[group].decode("ascii")) for group in (3, 4))
    except AddressValueError as error:
        raise NotProxyProtocolError("an address that is none of its family") from error
    if any(int(found[group]) > 65535 for group in (5, 6)):
        raise NotProxyProtocolError("a port beyond 65535")
    return Named(client, size)


def _read_v2(data: bytes) -> Named | None:
    if len(data) < _V2_FIXED_BYTES:
        return None
    command, family = data[12], data[13]
    length = int.from_bytes(data[14:16], "big")
    size = _V2_FIXED_BYTES + length
    if command not in (_LOCAL, _PROXY):
        raise NotProxyProtocolError("another version or command")
    if length > V2_LIMIT_BYTES:
        raise NotProxyProtocolError("longer than 4 KiB")
    if len(data) < size:
        return None
    if command == _LOCAL:
        return Named(None, size)  # section 2.2: family and addresses are to be ignored, whatever they say
    address_bytes = _ADDRESS_BYTES.get(family)
    if address_bytes is None or length < address_bytes:
        raise NotProxyProtocolError("an unknown family, or too short for it")
    header = data[:size]
    _check_elements(header, _V2_FIXED_BYTES + address_bytes)
    start = _V2_FIXED_BYTES
    if family >> 4 == _INET:
        return Named(IPv4Address(header[start : start + 4]), size)
    if family >> 4 == _INET6:
        return Named(IPv6Address(header[start : start + 16]), size)
    return Named(None, size)


def _check_elements(header: bytes, at: int) -> None:
    """Walk the elements after the addresses: each must end where it says, and a checksum must be right."""
    while at < len(header):
        value = at + 3
        end = value + int.from_bytes(header[at + 1 : value], "big")
        if value > len(header) or end > len(header):
            raise NotProxyProtocolError("an element that goes beyond the header")
        if header[at] == _CRC32C_TYPE:
            blank = header[:value] + bytes(_CRC32C_BYTES) + header[end:]
            if end - value != _CRC32C_BYTES or crc32c(blank) != int.from_bytes(header[value:end], "big"):
                raise NotProxyProtocolError("a wrong checksum")
        at = end


def _crc_of(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
    return byte


_CRC_TABLE: Final = tuple(map(_crc_of, range(256)))
