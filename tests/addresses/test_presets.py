"""Proxies by name: what is shipped is sound and dated, what the operator brings stands in its place, or the start fails."""

from __future__ import annotations

import contextlib
import json
import os
import time
from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import SettingsError
from gateway.geo.presets import WIDEST_PREFIX, names, preset, ranges
from gateway.settings import load_settings

CDNS = ("akamai", "cloudflare", "cloudfront", "fastly")
OWN = ("envoy", "haproxy", "kubernetes", "loopback", "nginx", "private")


def test_every_promised_name_is_there() -> None:
    assert names() == tuple(sorted((*CDNS, *OWN)))


@pytest.mark.parametrize("name", CDNS)
def test_a_cdns_list_says_of_when_and_from_where_it_is_and_holds_public_networks_only(name: str) -> None:
    found = preset(name)
    assert found.as_of is not None
    assert found.as_of < date.today()  # noqa: DTZ011
    assert found.source.startswith("https://")
    assert found.mind
    for network in found.networks:
        assert network.is_global, network
        assert network.prefixlen >= WIDEST_PREFIX[network.version]
    assert {network.version for network in found.networks} == {4, 6}


@pytest.mark.parametrize("name", OWN)
def test_a_proxy_of_ones_own_is_on_a_private_network(name: str) -> None:
    found = preset(name)
    assert found.as_of is None
    assert not any(network.is_global for network in found.networks)
    assert found.header == "x-forwarded-for"


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("cloudflare", ["172.64.0.1", "104.16.1.1", "2606:4700::1"], ["8.8.8.8", "104.32.0.1", "2001:4860::1"]),
        ("fastly", ["151.101.1.1", "2a04:4e42::1"], ["172.64.0.1", "2a04:4e41::1"]),
        ("cloudfront", ["13.224.0.1", "205.251.200.1"], ["3.5.0.1", "18.192.0.1", "151.101.1.1"]),
        ("akamai", ["23.192.0.1", "2600:1401::1"], ["23.92.16.1", "2600:3c00::1"]),
        ("kubernetes", ["10.1.2.3", "100.64.1.1", "fd00::1"], ["100.128.0.1", "8.8.8.8"]),
    ],
)
def test_well_known_addresses_are_where_they_belong(name: str, inside: list[str], outside: list[str]) -> None:
    networks = preset(name).networks
    assert [any(ip_address(address) in network for network in networks) for address in inside] == [True] * len(inside)
    assert not any(ip_address(address) in network for address in outside for network in networks)


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ({}, "x-forwarded-for"),
        ({"trusted_proxies": "cloudflare"}, "cf-connecting-ip"),
        ({"trusted_proxies": "akamai"}, "true-client-ip"),
        ({"trusted_proxies": "fastly"}, "x-forwarded-for"),  # Fastly-Client-IP is the client's own, if it sends one
        ({"trusted_proxies": "cloudflare, 192.0.2.1/32"}, "cf-connecting-ip"),
        ({"trusted_proxies": "cloudflare, loopback"}, "x-forwarded-for"),
        ({"trusted_proxies": "192.0.2.0/24"}, "x-forwarded-for"),
        ({"trusted_proxies": "cloudflare", "client_address_header": "X-Real-IP"}, "x-real-ip"),
        ({"trusted_proxies": "loopback", "client_address_header": "PROXY-protocol"}, "proxy-protocol"),
    ],
)
def test_the_header_is_the_one_proxys_unless_another_is_named(given: dict[str, object], header: str) -> None:
    assert load_settings(given, {}).proxies.header == header


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"trusted_proxies": "cloudflair"}, "cloudflare"),
        ({"trusted_proxies": "10.0.0.1/8"}, "10.0.0.0/8"),
        ({"client_address_header": "x forwarded for"}, "no header has such a name"),
        ({"client_address_header": "x-forwarded-for:"}, "no header has such a name"),
        ({"client_address_header": "proxy-protocol"}, "nobody is trusted"),
        ({"cdn_geo": "fastly"}, "cloudflare, cloudfront"),
        ({"cdn_geo": "cloudfront"}, "add cloudfront to GATEWAY_TRUSTED_PROXIES"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_with_a_remedy(given: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(given, {})
    assert said in str(refused.value)


PUBLISHED = {
    "cloudflare": {"result": {"ipv4_cidrs": ["192.0.2.0/24"], "ipv6_cidrs": ["2001:db8::/32"], "etag": "x"}, "success": True},
    "fastly": {"addresses": ["192.0.2.0/24"], "ipv6_addresses": ["2001:db8::/32"]},
    "cloudfront": {
        "createDate": "2026-11-01-00-00-00",
        "prefixes": [
            {"ip_prefix": "198.51.100.0/24", "region": "eu-west-1", "service": "EC2"},
            {"ip_prefix": "192.0.2.0/24", "region": "GLOBAL", "service": "CLOUDFRONT_ORIGIN_FACING"},
        ],
        "ipv6_prefixes": [{"ipv6_prefix": "2001:db8::/32", "service": "CLOUDFRONT"}],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_owners_own_json_is_read_as_published(tmp_path: Path, name: str) -> None:
    (tmp_path / "proxies").mkdir()
    file = tmp_path / "proxies" / f"{name}.txt"
    file.write_text(json.dumps(PUBLISHED[name], indent=1))
    os.utime(file, (time.time(), time.mktime((2026, 11, 2, 12, 0, 0, 0, 0, 0))))
    settings = load_settings({"state": tmp_path, "trusted_proxies": name}, {})
    assert settings.proxies.networks == (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))
    assert settings.presets[0].as_of == date(2026, 11, 2)
    assert settings.presets[0].file == file


@pytest.mark.parametrize(
    "content",
    [b"", b"# nothing\n", b"<html>429</html>", b"{}", b'{"addresses": []}', b"0.0.0.0/0", b"::/0", b"10.0.0.0/7",
     b"192.0.2.1/24", b"\xff\xfe", b'{"addresses": ["x"]}', b'["192.0.2.0/24"]', b"192.0.2.0/24 198.51.100.0/24"],
)  # fmt: skip
def test_a_list_that_cannot_be_used_stops_the_start_instead_of_being_passed_over(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "proxies").mkdir()
    (tmp_path / "proxies" / "fastly.txt").write_bytes(content)
    with pytest.raises(SettingsError) as refused:
        load_settings({"state": tmp_path, "trusted_proxies": "fastly"}, {})
    assert "fastly.txt" in str(refused.value)
    assert "fetch it again" in str(refused.value)
    load_settings({"state": tmp_path, "trusted_proxies": "loopback"}, {})  # nobody asked for it


NETWORKS = st.lists(
    st.builds(lambda n, p: IPv4Network((n >> (32 - p) << (32 - p), p)), st.integers(0, 2**32 - 1), st.integers(8, 32))
    | st.builds(
        lambda n, p: IPv6Network((n >> (128 - p) << (128 - p), p)), st.integers(0, 2**128 - 1), st.integers(16, 128)
    ),
    min_size=1,
    max_size=20,
    unique=True,
)


@given(NETWORKS, st.sampled_from(["{}\n", "  {} # a remark\n\n", "# before\r\n{}\r\n"]))
def test_a_list_of_lines_is_read_back(networks: list[IPv4Network | IPv6Network], form: str) -> None:
    assert ranges("".join(form.format(network) for network in networks).encode()) == tuple(networks)


@given(
    st.binary(max_size=200)
    | st.text(max_size=100).map(lambda text: ('{"addresses": [' + json.dumps(text) + "]}").encode())
)
def test_no_list_raises_anything_but_a_value_error(content: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert ranges(content)
