"""The embedded evidence: what it says of real places, how large it is, and under which licence it came."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

from gateway.events import NoEvents
from gateway.geo.evidence import EMBEDDED, Witnesses, load_witnesses
from gateway.geo.region import standing
from gateway.geo.sources import ATTRIBUTION, REDISTRIBUTABLE
from gateway.geo.verify import verify
from tests.geo.addresses import CITIES
from tests.geo.worlds import REGIONS

SOURCES = ("dbip-city", "ipfire", "geo-whois-asn-country", "iptoasn-country")


@pytest.fixture(scope="module")
def embedded() -> Witnesses:
    return load_witnesses([], NoEvents())


@pytest.mark.parametrize("city", CITIES)
def test_each_source_says_of_a_city_what_the_table_has(embedded: Witnesses, city: str) -> None:
    said = {
        place.source: place.subdivision or place.country
        for place in embedded.ask(ip_address(CITIES[city].address)).places
    }
    assert tuple(said.get(name, "") for name in SOURCES) == CITIES[city][1:]


@pytest.mark.parametrize(
    ("city", "region", "expected"),
    [
        ("Moscow", "RU", "confirmed"), ("Simferopol", "UA-43", "confirmed"), ("Simferopol", "held", "confirmed"),
        ("Simferopol", "RU", "inside"), ("Simferopol", "UA", "inside"), ("Sevastopol", "held", "confirmed"),
        ("Donetsk", "held", "possible"), ("Donetsk", "RU", "inside"), ("Luhansk", "held", "possible"),
        ("Kherson", "held", "possible"), ("Kherson", "RU", "outside"), ("Kyiv", "held", "outside"),
        ("Kyiv", "RU", "outside"), ("Kyiv", "UA", "confirmed"), ("Minsk", "held", "outside"), ("Lagos", "RU", "outside"),
        ("Berlin", "DE", "confirmed"),
        ("Simferopol, IPv6", "held", "confirmed"), ("Sevastopol, IPv6", "held", "confirmed"),
    ],
)  # fmt: skip
def test_readers_in_real_places_stand_where_they_should(
    embedded: Witnesses, city: str, region: str, expected: str
) -> None:
    assert str(standing(REGIONS[region], embedded.ask(ip_address(CITIES[city].address)).places)) == expected


def test_it_is_small_whole_and_made_of_what_may_be_passed_on(embedded: Witnesses) -> None:
    (database,) = embedded.databases
    info = database.info
    assert EMBEDDED.stat().st_size <= 12_000_000
    assert {source.name for source in info.sources} == set(SOURCES)
    assert all(source.licence in REDISTRIBUTABLE and source.built for source in info.sources)
    assert info.licence == "CC-BY-SA-4.0"
    assert info.has_subdivisions
    verify(database)


def test_its_licence_lies_beside_it_and_names_every_source() -> None:
    text = (Path(EMBEDDED).parent / "LICENSE-evidence.md").read_text("utf-8")
    for words in ("CC BY-SA 4.0", "IP Geolocation by DB-IP", "https://db-ip.com", "IPFire", "nro.net", "PDDL"):
        assert words in text
    assert ATTRIBUTION[0] == ("IP Geolocation by DB-IP", "https://db-ip.com")
