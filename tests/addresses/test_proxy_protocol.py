"""The PROXY protocol, read strictly: a header is whole and right, or nothing after it is believed."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.geo.client_address import ClientAddress, TrustedProxies, client_address
from gateway.web.proxy_protocol import V2_LIMIT_BYTES, Named, NotProxyProtocolError, crc32c, read
from tests.addresses.preambles import (
    AUTHORITY,
    CRC32C,
    LOCAL,
    NOOP,
    SIGNATURE,
    SSL,
    TCP4,
    TCP6,
    UNIX,
    UNSPEC,
    crc32c_slowly,
    tlvs,
    v1,
    v2,
)

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LONGEST = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

READ = [
    (v1("8.8.8.8"), "8.8.8.8", "version 1"),
    (v1("2001:db8::1", family="TCP6", server="::1"), "2001:db8::1", "version 1, IPv6"),
    (v1(LONGEST, family="TCP6", server=LONGEST, ports="65535 65535"), LONGEST, "version 1's longest TCP6 line"),
    (v1("::ffff:8.8.8.8", family="TCP6", server="::1"), "::ffff:808:808", "a mapped address, which is unwrapped later"),
    (v1("8.8.8.8", ports="0 0"), "8.8.8.8", "port 0"),
    (b"PROXY UNKNOWN\r\n", "", "UNKNOWN"),
    (f"PROXY UNKNOWN {LONGEST} {LONGEST} 65535 65535\r\n".encode(), "", "UNKNOWN with what is to be ignored: 107 bytes"),
    (v2("8.8.8.8"), "8.8.8.8", "version 2"),
    (v2("2001:db8::1"), "2001:db8::1", "version 2, IPv6"),
    (v2("8.8.8.8", family=0x12), "8.8.8.8", "version 2, UDP (HTTP/3 at the balancer)"),
    (v2("8.8.8.8", command=LOCAL), "", "LOCAL, whatever else it says"),
    (v2("", command=LOCAL), "", "LOCAL without anything"),
    (SIGNATURE + bytes([LOCAL, 0x77, 0, 3]) + b"???", "", "LOCAL: family and rest are to be ignored"),
    (v2(""), "", "UNSPEC"),
    (SIGNATURE + bytes([0x21, UNIX, 0, 216]) + b"/run/x".ljust(216, b"\0"), "", "a socket file"),
    (v2("8.8.8.8", (AUTHORITY, b"news.example"), (SSL, b"\x01" + bytes(4) + tlvs([(0x21, b"TLSv1.3")]))), "8.8.8.8", "elements"),
    (v2("8.8.8.8", (0xEA, b"vpce-08d2bf15fac5001c9")), "8.8.8.8", "an element of a cloud's own"),
    (v2("8.8.8.8", (NOOP, bytes(V2_LIMIT_BYTES - 15))), "8.8.8.8", "as long as allowed"),
    (v2("8.8.8.8", checked=True), "8.8.8.8", "a right checksum"),
    (v2("2001:db8::1", (AUTHORITY, b"a"), checked=True), "2001:db8::1", "a right checksum after another element"),
]  # fmt: skip

REFUSED = [
    (REQUEST, "HTTP"),
    (b"\x16\x03\x01\x02\x00\x01", "TLS"),
    (b"proxy TCP4 8.8.8.8 10.0.0.1 1 2\r\n", "lower case"),
    (b" PROXY TCP4 8.8.8.8 10.0.0.1 1 2\r\n", "a space before"),
    (b"PROXY TCP5 8.8.8.8 10.0.0.1 1 2\r\n", "no such family"),
    (b"PROXY TCP4  8.8.8.8 10.0.0.1 1 2\r\n", "two spaces"),
    (b"PROXY TCP4 8.8.8.8 10.0.0.1 1 2 \r\n", "a space behind"),
    (b"PROXY TCP4 8.8.8.8 10.0.0.1 1\r\n", "one port"),
    (b"PROXY TCP4 8.8.8.8 10.0.0.1 1 65536\r\n", "a port too large"),
    (b"PROXY TCP4 8.8.8.8 10.0.0.1 01 2\r\n", "a leading zero in a port"),
    (b"PROXY TCP4 08.8.8.8 10.0.0.1 1 2\r\n", "a leading zero in an address"),
    (b"PROXY TCP4 0x8.8.8.8 10.0.0.1 1 2\r\n", "hexadecimal"),
    (b"PROXY TCP4 2001:db8::1 ::1 1 2\r\n", "IPv6 under TCP4"),
    (b"PROXY TCP6 8.8.8.8 10.0.0.1 1 2\r\n", "IPv4 under TCP6"),
    (b"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", "a zone"),
    (b"PROXY TCP4 8.8.8.8 garbage 1 2\r\n", "a server that is none"),
    (b"PROXY TCP4 8.8.8.8 10.0.0.1 1 2\n\r\n", "a bare line feed"),
    (b"PROXY UNKNOWNX\r\n", "a word that only begins like UNKNOWN"),
    (b"PROXY UNKNOWN " + b"x" * 100, "longer than 107 bytes, and no end"),
    (b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n", "108 bytes"),
    (SIGNATURE + bytes([0x11, TCP4, 0, 12]) + bytes(12), "version 1 in version 2's clothes"),
    (SIGNATURE + bytes([0x22, TCP4, 0, 12]) + bytes(12), "no such command"),
    (SIGNATURE + bytes([0x21, 0x41, 0, 12]) + bytes(12), "no such family"),
    (SIGNATURE + bytes([0x21, 0x13, 0, 12]) + bytes(12), "no such transport"),
    (SIGNATURE + bytes([0x21, TCP4, 0, 11]) + bytes(11), "too short for IPv4"),
    (SIGNATURE + bytes([0x21, TCP6, 0, 35]) + bytes(35), "too short for IPv6"),
    (SIGNATURE + bytes([0x21, UNIX, 0, 215]) + bytes(215), "too short for a socket file"),
    (SIGNATURE + bytes([0x21, TCP4, 0x10, 0x01]), "longer than 4 KiB: refused before it is there"),
    (SIGNATURE + bytes([LOCAL, UNSPEC, 0xFF, 0xFF]), "LOCAL, 64 KiB"),
    (v2("8.8.8.8", (CRC32C, bytes(4))), "a wrong checksum"),
    (v2("8.8.8.8", (CRC32C, bytes(3))), "a checksum of three bytes"),
    (SIGNATURE + bytes([0x21, TCP4, 0, 14]) + bytes(14), "half an element"),
    (SIGNATURE + bytes([0x21, TCP4, 0, 15]) + bytes(12) + b"\x04\x00\x01", "an element that goes beyond the header"),
]  # fmt: skip

HEADERS = [header for header, *_ in READ]


@pytest.mark.parametrize(("header", "client", "why"), READ, ids=[why for *_, why in READ])
def test_a_right_header_names_its_client_and_its_size(header: bytes, client: str, why: str) -> None:
    expected = Named(ip_address(client) if client else None, len(header))
    assert read(header) == read(header + REQUEST) == expected, why


@pytest.mark.parametrize(("data", "why"), REFUSED, ids=[why for _, why in REFUSED])
def test_anything_else_is_refused(data: bytes, why: str) -> None:
    assert why
    with pytest.raises(NotProxyProtocolError):
        read(data)


@pytest.mark.parametrize("header", HEADERS, ids=range(len(HEADERS)))
def test_a_header_in_pieces_is_waited_for_to_its_last_byte(header: bytes) -> None:
    for size in range(len(header)):
        assert read(header[:size]) is None
    assert read(header) is not None


def test_a_flipped_bit_under_a_checksum_is_noticed() -> None:
    header = v2("8.8.8.8", (AUTHORITY, b"news.example"), checked=True)
    for place in range(16 * 8, (16 + 12) * 8):  # the addresses: nothing else would tell
        damaged = bytearray(header)
        damaged[place // 8] ^= 1 << place % 8
        with pytest.raises(NotProxyProtocolError):
            read(bytes(damaged))


@given(st.binary(max_size=200))
def test_the_checksum_is_castagnolis(data: bytes) -> None:
    assert crc32c(data) == crc32c_slowly(data)
    assert crc32c(b"123456789") == 0xE3069283  # the check value of RFC 3720's polynomial


@given(
    st.ip_addresses(),
    st.lists(st.tuples(st.integers(5, 255), st.binary(max_size=60)), max_size=5),
    st.booleans(),
    st.binary(max_size=50),
)
def test_every_address_is_read_back_in_both_versions(
    address: IPv4Address | IPv6Address, elements: list[tuple[int, bytes]], checked: bool, after: bytes
) -> None:
    second = v2(str(address), *elements, checked=checked)
    assert read(second + after) == Named(address, len(second))
    own = str(address.__class__(1))
    first = v1(str(address), family=f"TCP{address.version}", server=own)
    assert read(first + after) == Named(address, len(first))


BALANCERS = TrustedProxies((ip_network("203.0.113.0/24"), ip_network("8.8.4.0/24")), "proxy-protocol")


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("for=8.8.8.8", ClientAddress(IPv4Address("8.8.8.8"), "proxy-protocol")),
        ("for=::ffff:8.8.8.8", ClientAddress(IPv4Address("8.8.8.8"), "proxy-protocol")),
        ("for=8.8.4.4", ClientAddress(None, "none", "no-address")),  # for another proxy of ours: never its own place
        ("8.8.4.4", ClientAddress(None, "none", "no-address")),
        ("8.8.8.8", ClientAddress(IPv4Address("8.8.8.8"), "peer")),
        (None, ClientAddress(None, "none", "no-address")),
    ],
)
def test_a_named_peer_is_the_reader_unless_it_is_a_proxy_of_ours(peer: str | None, expected: ClientAddress) -> None:
    claims = [("x-forwarded-for", "6.6.6.6"), ("proxy-protocol", "6.6.6.6")]
    assert client_address(peer, claims, BALANCERS) == expected


STARTS = st.sampled_from(
    [b"", b"PROXY ", b"PROXY TCP4 8.8.8.8 ", SIGNATURE, SIGNATURE + b"\x21\x11\x00", SIGNATURE + b"\x21\x21\x00\x30"]
)


@given(STARTS, st.binary(max_size=300))
def test_no_bytes_raise_anything_else_and_none_are_waited_for_without_end(start: bytes, rest: bytes) -> None:
    data = start + rest
    try:
        found = read(data)
    except NotProxyProtocolError:
        return
    if found is None:
        limit = 16 + V2_LIMIT_BYTES if data.startswith(SIGNATURE) else 107
        assert len(data) < limit
    else:
        assert 0 < found.size <= len(data)
