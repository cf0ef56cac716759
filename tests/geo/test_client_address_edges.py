"""The walk to the reader's address, where a small fault in it would go wrong."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from gateway.geo.client_address import CLAIMING, ClientAddress, TrustedProxies, client_address, parse_address

PROXY = "10.0.0.1"


def trusting(*networks: str, header: str = "x-forwarded-for") -> TrustedProxies:
    return TrustedProxies(tuple(map(ip_network, networks)), header)


def test_a_number_is_trusted_in_its_own_family_alone() -> None:
    assert not trusting("10.0.0.0/8").trusts(ip_address("::a00:1"))
    six = trusting("2a02:6b8::/112")
    assert six.trusts(ip_address("2a02:6b8::5"))
    assert not six.trusts(ip_address("0.0.0.5"))


def test_a_network_of_mapped_addresses_is_the_network_inside() -> None:
    assert trusting("::ffff:0:0/96").trusts(ip_address("192.0.2.1"))
    assert trusting("::ffff:10.0.0.0/104").trusts(ip_address(PROXY))
    assert not trusting("::ffff:10.0.0.0/104").trusts(ip_address("11.0.0.1"))


@pytest.mark.parametrize(
    "written", ["X8.8.8.8", "8.8.8.8X", "[2a02:6b8::1]x", "x[2a02:6b8::1]", "8.8.8.8/32", "८.8.8.8"]
)
def test_no_letter_beside_an_address_is_forgiven(written: str) -> None:
    assert parse_address(written) is None
    for header in ("x-forwarded-for", "cf-connecting-ip"):
        found = client_address(PROXY, [(header, written)], trusting("10.0.0.0/8", header=header))
        assert found == ClientAddress(None, "none", "unparsable")


@pytest.mark.parametrize("header", ["x-forwarded-for", "cf-connecting-ip"])
def test_a_word_is_no_empty_item(header: str) -> None:
    found = client_address(PROXY, [(header, "X")], trusting("10.0.0.0/8", header=header))
    assert found == ClientAddress(None, "none", "unparsable")


def test_a_header_of_one_address_says_where_it_came_from() -> None:
    trusted = trusting("10.0.0.0/8", header="cf-connecting-ip")
    assert client_address(PROXY, [("cf-connecting-ip", "8.8.8.8")], trusted) == ClientAddress(
        ip_address("8.8.8.8"), "header"
    )
    assert client_address(PROXY, [("cf-connecting-ip", PROXY)], trusted) == ClientAddress(None, "none", "no-address")


def test_x_forwarded_for_is_read_unless_another_header_is_named() -> None:
    trusted = TrustedProxies((ip_network("10.0.0.0/8"),))
    found = client_address(PROXY, [("x-forwarded-for", "8.8.8.8"), ("forwarded", "for=9.9.9.9")], trusted)
    assert found == ClientAddress(ip_address("8.8.8.8"), "header", "")


def test_a_peer_named_in_the_proxy_protocol_reads_unless_it_is_a_proxy() -> None:
    trusted = trusting("10.0.0.0/8", header="proxy-protocol")
    assert client_address("for=8.8.8.8", [], trusted) == ClientAddress(ip_address("8.8.8.8"), "proxy-protocol")
    assert client_address("8.8.8.8", [], trusted) == ClientAddress(ip_address("8.8.8.8"), "peer")
    assert client_address("for=10.0.0.1", [], trusted) == ClientAddress(None, "none", "no-address")


def test_headers_that_claim_a_place_are_known_by_their_names() -> None:
    assert sorted(CLAIMING) == [
        "cf-connecting-ip", "cf-connecting-ipv6", "cf-ipcountry", "cf-pseudo-ipv4", "cloudfront-viewer-address",
        "cloudfront-viewer-country", "fastly-client-ip", "forwarded", "true-client-ip", "x-appengine-user-ip",
        "x-azure-clientip", "x-client-ip", "x-cluster-client-ip", "x-envoy-external-address", "x-forwarded-for",
        "x-original-forwarded-for", "x-real-ip", "x_forwarded_for",
    ]  # fmt: skip
