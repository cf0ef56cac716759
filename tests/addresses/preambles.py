"""Headers of the PROXY protocol, written out of the specification, independently of the gateway's reading."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

SIGNATURE = b"\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a"
PROXY, LOCAL = 0x21, 0x20
TCP4, TCP6, UNIX, UNSPEC = 0x11, 0x21, 0x31, 0x00
CRC32C, NOOP, AUTHORITY, SSL = 0x03, 0x04, 0x02, 0x20


def v1(client: str, *, family: str = "TCP4", server: str = "10.0.0.1", ports: str = "56324 443") -> bytes:
    return f"PROXY {family} {client} {server} {ports}\r\n".encode()


def v2(
    client: str = "",
    *elements: tuple[int, bytes],
    command: int = PROXY,
    family: int | None = None,
    checked: bool = False,
) -> bytes:
    """A header for a client ("" for none); `checked`: with a right CRC32C element at its end."""
    if not client:
        addresses, own = b"", UNSPEC
    elif ":" in client:
        addresses, own = IPv6Address(client).packed + IPv6Address("::1").packed + struct.pack("!HH", 5, 443), TCP6
    else:
        addresses, own = IPv4Address(client).packed + IPv4Address("10.0.0.1").packed + struct.pack("!HH", 5, 443), TCP4
    if checked:
        elements = (*elements, (CRC32C, bytes(4)))
    rest = addresses + tlvs(elements)
    header = SIGNATURE + bytes([command, own if family is None else family]) + struct.pack("!H", len(rest)) + rest
    return header[:-4] + struct.pack("!I", crc32c_slowly(header)) if checked else header


def tlvs(elements: Sequence[tuple[int, bytes]]) -> bytes:
    return b"".join(bytes([kind]) + struct.pack("!H", len(value)) + value for kind, value in elements)


def crc32c_slowly(data: bytes) -> int:
    """Bit by bit: the reversed Castagnoli polynomial."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF
