"""Whose address it is: the walk, the header of RFC 7239, single values, and forms that wrap an IPv4 address."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.geo.client_address import ClientAddress, TrustedProxies, client_address, parse_address, unwrapped

NEAR = TrustedProxies((ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"), ip_network("2001:db8:ffff::/48")))
NEAR_FORWARDED = TrustedProxies(NEAR.networks, "forwarded")
NEAR_CDN = TrustedProxies(NEAR.networks, "cf-connecting-ip")
PROXY = "127.0.0.1"


def reader(*lines: str, trusted: TrustedProxies = NEAR, peer: str | None = PROXY) -> ClientAddress:
    return client_address(peer, [(trusted.header, line) for line in lines], trusted)


WALK = [
    (["8.8.8.8"], "8.8.8.8", "one hop"),
    (["6.6.6.6, 8.8.8.8"], "8.8.8.8", "what the reader claims stays left of it"),
    (["6.6.6.6, 8.8.8.8, 10.0.0.5"], "8.8.8.8", "trusted hops are stepped over"),
    (["6.6.6.6", "8.8.8.8"], "8.8.8.8", "several lines are one list"),
    (["6.6.6.6, 7.7.7.7", "8.8.8.8, 10.1.1.1", "10.2.2.2"], "8.8.8.8", "over all lines"),
    (["8.8.8.8,10.0.0.5"], "8.8.8.8", "without spaces, as Envoy joins"),
    (["8.8.8.8:5678"], "8.8.8.8", "with a port"),
    (["[2001:4860::8888]:80"], "2001:4860::8888", "in brackets, with a port"),
    (["[2001:4860::8888]"], "2001:4860::8888", "in brackets"),
    (["2001:4860::8888"], "2001:4860::8888", "bare IPv6"),
    ([" \t8.8.8.8 "], "8.8.8.8", "with blanks"),
    ([", 8.8.8.8, ,"], "8.8.8.8", "empty elements mean nothing"),
    (["6.6.6.6, ::ffff:8.8.8.8"], "8.8.8.8", "mapped"),
    (["8.8.8.8, ::ffff:10.0.0.1"], "8.8.8.8", "a mapped trusted hop is trusted"),
    (["8.8.8.8, 2001:db8:ffff::1"], "8.8.8.8", "an IPv6 trusted hop"),
    (["2002:808:808::1"], "8.8.8.8", "6to4"),
    (["64:ff9b::808:808"], "8.8.8.8", "NAT64"),
    (["8.8.8.8, 2002:a00:1::1"], "10.0.0.1", "6to4 around a trusted address is not the trusted proxy"),
    ([], "no-address", "a trusted peer that names nobody"),
    ([""], "no-address", "an empty header"),
    ([",,", " , "], "no-address", "commas only"),
    (["10.0.0.5"], "no-address", "none but proxies: never their own place"),
    (["8.8.8.8, garbage"], "unparsable", "garbage in the deciding place"),
    (["8.8.8.8, unknown"], "unparsable", "a word in the deciding place"),
    (["garbage, 8.8.8.8"], "8.8.8.8", "garbage further left is the reader's own affair"),
    (["8.8.8.8, unix:"], "unparsable", "what nginx writes for a socket file"),
    (["fe80::1%eth0"], "unparsable", "a zone id"),
    (["::ffff:8.8.8.8%x"], "unparsable", "a zone id on a mapped address"),
    (["08.8.8.8"], "unparsable", "a leading zero"),
    (["0x8.8.8.8"], "unparsable", "hexadecimal"),
    (["134744072"], "unparsable", "one number"),
    (["8.8.8"], "unparsable", "three numbers"),
    (["８.8.8.8"], "unparsable", "full-width digits"),
    (["8.8.8.8\n"], "unparsable", "a line end"),
    (["8.8.8.8/32"], "unparsable", "a network"),
    (["[8.8.8.8]"], "unparsable", "brackets are IPv6's"),
    (["8.8.8.8:123456"], "unparsable", "too long for a port"),
    ([", ".join(["8.8.8.8", *["10.0.0.1"] * 31])], "8.8.8.8", "thirty-two hops are walked"),
    ([", ".join(["8.8.8.8", *["10.0.0.1"] * 32])], "unparsable", "a thirty-third is not"),
    ([", ".join(["6.6.6.6"] * 10_000)], "6.6.6.6", "ten thousand claims decide nothing"),
]


@pytest.mark.parametrize(("lines", "expected", "why"), WALK, ids=[why for *_, why in WALK])
def test_the_walk_over_x_forwarded_for(lines: list[str], expected: str, why: str) -> None:
    found = reader(*lines)
    if expected in ("no-address", "unparsable"):
        assert found == ClientAddress(None, "none", expected), why
    else:
        assert found == ClientAddress(ip_address(expected), "header"), why


FORWARDED = [
    (["for=8.8.8.8"], "8.8.8.8"),
    (["For=8.8.8.8;proto=https;by=10.0.0.1"], "8.8.8.8"),
    (["for=6.6.6.6, for=8.8.8.8"], "8.8.8.8"),
    (["for=6.6.6.6", "for=8.8.8.8, for=10.0.0.1"], "8.8.8.8"),
    (['for="8.8.8.8:80"'], "8.8.8.8"),
    (['for="[2001:4860::8888]:4711"'], "2001:4860::8888"),
    (['for="8.8\\.8.8"'], "8.8.8.8"),
    (['for=6.6.6.6;host="a,b;for=9.9.9.9", for=8.8.8.8'], "8.8.8.8"),
    (["for=8.8.8.8, , "], "8.8.8.8"),
    (['for="8.8.8.8:_http"'], "8.8.8.8"),
    (['for="[2001:4860::8888]:_o.b-f_1"'], "2001:4860::8888"),
    (['for="2001:4860::8888"'], "unparsable"),
    (['for="2001:4860::8888:4711"'], "unparsable"),
    (['for="8.8.8.8:"'], "unparsable"),
    (['for="8.8.8.8:_"'], "unparsable"),
    (['for="[8.8.8.8]"'], "unparsable"),
    (['for="_hidden:80"'], "no-address"),
    (['for="unknown:_x"'], "no-address"),
    (["for=_hidden"], "no-address"),
    (["for=unknown"], "no-address"),
    (["for=8.8.8.8, proto=https"], "no-address"),
    (["for=8.8.8.8, for=_proxy, for=10.0.0.1"], "no-address"),
    ([], "no-address"),
    (['for="8.8.8.8'], "unparsable"),
    (["for=8.8.8.8 for=9.9.9.9"], "unparsable"),
    (["for=8.8.8.8;for=9.9.9.9"], "unparsable"),
    (["for=2001:4860::8888"], "unparsable"),
    (["for=nonsense"], "unparsable"),
    (["8.8.8.8"], "unparsable"),
    (['for="', "for=8.8.8.8"], "8.8.8.8"),
]


@pytest.mark.parametrize(("lines", "expected"), FORWARDED, ids=["; ".join(lines) or "none" for lines, _ in FORWARDED])
def test_the_forwarded_header_of_rfc_7239(lines: list[str], expected: str) -> None:
    found = reader(*lines, trusted=NEAR_FORWARDED)
    if expected in ("no-address", "unparsable"):
        assert found == ClientAddress(None, "none", expected)
    else:
        assert found == ClientAddress(ip_address(expected), "header")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["8.8.8.8"], "8.8.8.8"),
        (["8.8.8.8", "9.9.9.9"], "unparsable"),
        (["8.8.8.8, 9.9.9.9"], "unparsable"),
        (["10.0.0.1"], "no-address"),
        ([" "], "no-address"),
        ([], "no-address"),
    ],
)
def test_a_header_that_holds_one_address_holds_one(lines: list[str], expected: str) -> None:
    found = reader(*lines, trusted=NEAR_CDN)
    assert (str(found.address) if found.address else found.problem) == expected


OTHERS = ["forwarded", "x-real-ip", "true-client-ip", "cf-connecting-ip", "cf-ipcountry", "fastly-client-ip"]
OTHERS += ["x-client-ip", "x-cluster-client-ip", "x_forwarded_for", "x-forwarded-for", "x-originating-ip", "client-ip"]


@pytest.mark.parametrize("header", OTHERS)
def test_a_peer_that_is_not_trusted_is_the_reader_whatever_it_sends(header: str) -> None:
    found = client_address("9.9.9.9", [(header, "8.8.8.8")], NEAR)
    assert found == ClientAddress(IPv4Address("9.9.9.9"), "peer")


@pytest.mark.parametrize("header", [name for name in OTHERS if name != "x-forwarded-for"])
def test_exactly_one_header_is_read(header: str) -> None:
    assert client_address(PROXY, [(header, "8.8.8.8")], NEAR).problem == "no-address"


def test_nobody_is_trusted_unless_named() -> None:
    assert client_address(PROXY, [("x-forwarded-for", "8.8.8.8")], TrustedProxies()).address == IPv4Address(PROXY)


def test_a_peer_without_address_is_nobody() -> None:
    assert client_address(None, [], NEAR) == ClientAddress(None, "none", "no-address")
    assert client_address("", [], NEAR) == ClientAddress(None, "none", "no-address")
    assert client_address("/run/gateway.sock", [], NEAR).problem == "unparsable"


def test_a_mapped_peer_is_the_proxy_that_it_holds() -> None:
    assert reader("8.8.8.8", peer="::ffff:127.0.0.1").address == IPv4Address("8.8.8.8")
    mapped = TrustedProxies((ip_network("::ffff:127.0.0.0/104"),))
    assert reader("8.8.8.8", trusted=mapped, peer=PROXY).address == IPv4Address("8.8.8.8")


@given(st.ip_addresses(v=4))
def test_every_wrapping_of_an_address_is_that_address(address: IPv4Address) -> None:
    number = int(address)
    for wrapped in (0xFFFF << 32 | number, 0x2002 << 112 | number << 80 | 7, 0x64FF9B << 96 | number):
        assert unwrapped(IPv6Address(wrapped)) == address
    assert unwrapped(address) == address


@given(st.ip_addresses())
def test_an_address_is_read_back_however_it_is_written(address: IPv4Address | IPv6Address) -> None:
    text = str(address)
    forms = [text, f" {text} ", f"{text}:443"] if address.version == 4 else [text, f"[{text}]", f"[{text}]:443"]
    assert [parse_address(form) for form in forms] == [address] * 3


@given(st.ip_addresses(), st.lists(st.text(max_size=20), max_size=4))
def test_a_claim_left_of_the_deciding_address_changes_nothing(
    address: IPv4Address | IPv6Address, claims: list[str]
) -> None:
    line = ", ".join([*(claim.replace(",", "") for claim in claims), str(address)])
    if not NEAR.trusts(address):
        assert reader(line).address == unwrapped(address)


ANYTHING = st.lists(
    st.text(max_size=60) | st.from_regex(r'(for="?[0-9a-fA-F.:\[\]]{0,20}"?[;, ]{0,2}){0,3}'), max_size=4
)


@given(ANYTHING, st.sampled_from([NEAR, NEAR_FORWARDED, NEAR_CDN]), st.text(max_size=30) | st.just(PROXY))
def test_no_header_and_no_peer_raises(lines: list[str], trusted: TrustedProxies, peer: str) -> None:
    found = reader(*lines, trusted=trusted, peer=peer)
    assert (found.address is None) == bool(found.problem)
    assert found.source in ("peer", "header", "none")
