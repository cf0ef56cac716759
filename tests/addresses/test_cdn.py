"""A CDN's word on the place is one witness more, heard from that CDN's ranges, and from nobody else."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.geo.cdn import SILENT, CdnGeo, together
from gateway.geo.evidence import Evidence
from gateway.geo.presets import preset
from gateway.geo.region import Place
from tests.running import Running, gateway
from tests.sites import policy, write_content, write_policies
from tests.web.wire import Wire

CDN, ELSEWHERE = "127.0.7.7", "127.0.2.2"


def cdn(name: str = "cloudflare") -> CdnGeo:
    found = CdnGeo.of(replace(preset(name), networks=(ip_network("127.0.7.0/24"),)))
    assert found is not None
    return found


def place(country: str, subdivision: str | None = None, name: str = "cloudflare") -> Evidence:
    return Evidence((Place(f"cdn:{name}", country, subdivision),))


TOLD = [
    ({"cf-ipcountry": "DE"}, place("DE")),
    ({"cf-ipcountry": "de"}, place("DE")),
    ({"cf-ipcountry": " DE "}, place("DE")),
    ({"cf-ipcountry": "NO"}, place("NO")),
    ({"cf-ipcountry": "UK"}, place("GB")),
    ({"cf-ipcountry": "DE", "cf-region-code": "BE"}, place("DE", "DE-BE")),
    ({"cf-ipcountry": "UA", "cf-region-code": "43"}, place("UA", "UA-43")),
    ({"cf-ipcountry": "RU", "cf-timezone": "Europe/Simferopol"}, place("RU", "UA-43")),
    ({"cf-ipcountry": "RU", "cf-region-code": "MOW", "cf-timezone": "Europe/Moscow"}, place("RU", "RU-MOW")),
    ({"cf-ipcountry": "T1"}, Evidence(hidden="anonymizer")),
    ({"cf-ipcountry": "t1"}, Evidence(hidden="anonymizer")),
    ({"cf-ipcountry": "XX"}, SILENT),
    ({"cf-ipcountry": "xx"}, SILENT),
    ({"cf-ipcountry": ""}, SILENT),
    ({}, SILENT),
    ({"cf-ipcountry": "DEU"}, SILENT),
    ({"cf-ipcountry": "EU"}, SILENT),
    ({"cf-ipcountry": "ZZ"}, SILENT),
    ({"cf-ipcountry": "DE, RU"}, SILENT),
    ({"cf-ipcountry": "D" * 5000}, SILENT),
    ({"cf-region-code": "43"}, SILENT),
    ({"cloudfront-viewer-country": "DE"}, SILENT),
]


@pytest.mark.parametrize(("headers", "expected"), TOLD, ids=[str(headers)[:40] for headers, _ in TOLD])
def test_what_the_cdn_says_is_read_as_any_vendors_word(headers: dict[str, str], expected: Evidence) -> None:
    assert cdn().ask(CDN, list(headers.items())) == expected
    assert cdn().ask(f"::ffff:{CDN}", list(headers.items())) == expected
    for other in (ELSEWHERE, None, "", "garbage", "for=127.0.7.7"):
        assert cdn().ask(other, list(headers.items())) == SILENT


def test_cloudfront_has_headers_of_its_own() -> None:
    lines = [("cloudfront-viewer-country", "UA"), ("cloudfront-viewer-country-region", "43")]
    assert cdn("cloudfront").ask(CDN, lines) == place("UA", "UA-43", "cloudfront")


@pytest.mark.parametrize("name", ["cf-ipcountry", "cf-region-code", "cf-timezone"])
def test_a_header_that_stands_there_twice_silences_it(name: str) -> None:
    assert cdn().ask(CDN, [("cf-ipcountry", "DE"), (name, "DE"), (name, "DE")]) == SILENT


@given(
    st.lists(
        st.tuples(st.sampled_from(["cf-ipcountry", "cf-region-code", "cf-timezone"]), st.text(max_size=80)), max_size=4
    )
)
def test_no_header_raises_and_whatever_is_said_is_a_country(lines: list[tuple[str, str]]) -> None:
    found = cdn().ask(CDN, lines)
    assert found.hidden in ("", "anonymizer", "satellite")
    assert all(len(said.country) == 2 and said.source == "cdn:cloudflare" for said in found.places)


def test_databases_and_cdn_are_one_body_of_evidence() -> None:
    own = Evidence((Place("a", "RU"),))
    assert together(own, place("DE")).places == (Place("a", "RU"), Place("cdn:cloudflare", "DE"))
    assert together(own, SILENT) is own
    assert together(own, Evidence(hidden="anonymizer")).hidden == "anonymizer"
    assert together(Evidence(hidden="hosting"), place("DE")).hidden == "hosting"
    assert together(Evidence(hidden="pseudo-code"), place("DE")) == place("DE")


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A site behind "Cloudflare", whose ranges the operator's own list says to be 127.0.7.0/24."""
    root = tmp_path_factory.mktemp("behind")
    lists = root / "state" / "proxies"
    lists.mkdir(parents=True)
    (lists / "cloudflare.txt").write_text("127.0.7.0/24\n")
    policies = [
        policy(name, f"notice: {{id: {name}}}\n    certainty: {certainty}", readers="{in: [DE]}")
        for name, certainty in (("maybe", "possible"), ("inside", "inside"))
    ]
    with gateway(
        root,
        content=write_content(root / "content"),
        policies=write_policies(root / "policies", policies, notices=("maybe", "inside")),
        trusted_proxies="cloudflare, 127.0.8.0/24",
        cdn_geo="cloudflare",
    ) as running:
        yield running


def told(wire: Wire, address: str, *lines: str) -> set[str]:
    fields = "".join(f"{line}\r\n" for line in (f"CF-Connecting-IP: {address}", *lines))
    wire.send(f"GET /articles/market-day HTTP/1.1\r\nHost: 127.0.0.1\r\n{fields}\r\n".encode())
    body = wire.response().body
    return {name for name in ("maybe", "inside") if f'data-notice="{name}"'.encode() in body}


LAGOS = "105.112.0.1"
FROM_CDN = [
    ("CF-IPCountry: DE", {"maybe", "inside"}),  # one of several witnesses says so
    ("CF-IPCountry: NG", set()),
    ("cf-ipcountry: de", {"maybe", "inside"}),
    ("CF-IPCountry: XX", set()),  # it abstains; the databases say Nigeria
    ("CF-IPCountry: T1", {"maybe"}),  # hidden: possible everywhere
    ("X: y", set()),
]


def test_both_lanes_heed_it_and_no_answer_is_remembered_for_another_country(behind: Running) -> None:
    with Wire(behind.port, source=CDN) as wire:
        for (line, expected), _ in itertools.product(FROM_CDN, range(3)):
            assert told(wire, LAGOS, line) == expected, line
        for (first, one), (second, other) in itertools.permutations(FROM_CDN, 2):
            assert (told(wire, LAGOS, first), told(wire, LAGOS, second)) == (one, other)
    lanes = {event["gateway.lane"] for event in behind.logged()}
    assert "express" in lanes


def test_from_elsewhere_and_from_another_trusted_proxy_it_says_nothing(behind: Running) -> None:
    for source in ("127.0.8.8", ELSEWHERE):
        with Wire(behind.port, source=source) as wire:
            for _ in range(3):
                expected = set() if source == "127.0.8.8" else {"maybe"}  # loopback itself is nowhere
                assert told(wire, LAGOS, "CF-IPCountry: DE") == expected


def test_it_has_a_name_in_the_metrics(behind: Running) -> None:
    with Wire(behind.port, source=CDN) as wire:
        told(wire, "105.112.0.2", "CF-IPCountry: DE")
    assert 'gateway_geo_lookups_total{source="cdn:cloudflare",result="found"}' in behind.admin("/metrics").text


def test_it_is_off_unless_asked_for(tmp_path: Path) -> None:
    lists = tmp_path / "state" / "proxies"
    lists.mkdir(parents=True)
    (lists / "cloudflare.txt").write_text("127.0.7.0/24\n")
    policies = [policy("inside", "notice: {id: inside}\n    certainty: inside", readers="{in: [DE]}")]
    with (
        gateway(
            tmp_path,
            content=write_content(tmp_path / "content"),
            policies=write_policies(tmp_path / "policies", policies, notices=("inside",)),
            trusted_proxies="cloudflare",
        ) as running,
        Wire(running.port, source=CDN) as wire,
    ):
        assert told(wire, LAGOS, "CF-IPCountry: DE") == set()
