"""MMDB files of every schema, what they say, and what becomes of damaged and overwritten ones."""

from __future__ import annotations

import gc
import gzip
import os
import random
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import EvidenceError
from gateway.events import NoEvents
from gateway.geo.evidence import load_witnesses
from gateway.geo.maxmind import Operators, open_database
from gateway.geo.records import Finding, read_record
from gateway.geo.region import Place, standing
from gateway.geo.sources import source_name
from tests.geo.worlds import REGIONS, flat, geoip2, write_mmdb

CRIMEAN = ip_address("91.241.128.34")


def test_both_vendors_codings_of_crimea_give_the_same_standing(tmp_path: Path) -> None:
    maxmind = open_database(write_mmdb(tmp_path / "GeoLite2-City.mmdb", {"91.241.128.0/24": geoip2("UA", "43")}))
    dbip = open_database(write_mmdb(tmp_path / "dbip-city.mmdb", {"91.241.128.0/24": flat("RU", "Crimea")}))
    assert maxmind.places(CRIMEAN) == (Place("geolite2-city", "UA", "UA-43"),)
    assert dbip.places(CRIMEAN) == (Place("dbip-city", "RU", "UA-43"),)
    for name in ("UA-43", "UA-40", "UA", "held", "realm", "DE"):
        assert standing(REGIONS[name], maxmind.places(CRIMEAN)) == standing(REGIONS[name], dbip.places(CRIMEAN))


RECORDS = [
    (geoip2("UA", "43"), ("UA", "UA-43", None)),
    (geoip2("UA", 43), ("UA", "UA-43", None)),
    (geoip2("UA", "9"), ("UA", "UA-09", None)),
    (geoip2("UA", registered="RU"), ("UA", None, "RU")),
    (geoip2("UA", zone="Europe/Simferopol"), ("UA", "UA-43", None)),
    (geoip2("RU", "MOW"), ("RU", "RU-MOW", None)),
    (geoip2("US", "CA"), ("US", "US-CA", None)),
    (geoip2("UA") | {"subdivisions": [{"geoname_id": 694422}]}, ("UA", "UA-40", None)),
    (geoip2("RU") | {"subdivisions": [{"names": {"en": "Crimea"}}]}, ("RU", "UA-43", None)),
    (flat("RU", "Sebastopol City"), ("RU", "UA-40", None)),
    (flat("UA", "Kherson Oblast"), ("UA", "UA-65", None)),
    (flat("UA", "An unheard-of Oblast"), ("UA", None, None)),
    (flat("uk"), ("GB", None, None)),
    ({"country_code": "DE"}, ("DE", None, None)),
    ({"country": "DE", "continent": "EU"}, ("DE", None, None)),
    ({"evidence": [{"source": "a", "country": "RU", "subdivision": "UA-43"}]}, ("RU", "UA-43", None)),
]


@pytest.mark.parametrize(("record", "expected"), RECORDS)
def test_a_record_of_any_schema_becomes_a_place(record: object, expected: tuple[str, str | None, str | None]) -> None:
    (place,) = read_record(record, "a").places
    assert (place.country, place.subdivision, place.registered) == expected


SILENT = [
    (None, ""), ({}, ""), (geoip2("", registered="RU"), ""), ({"country_code": ""}, ""), (flat("EU"), "pseudo-code"),
    (flat("ZZ"), "pseudo-code"), (flat("T1"), "anonymizer"), (flat("A2"), "satellite"), (flat("CS"), ""),
    ({"is_tor_exit_node": True}, "anonymizer"), ({"is_hosting_provider": True, "is_anonymous": True}, "hosting"),
    ({"traits": {"is_satellite_provider": True}}, "satellite"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "hidden"), SILENT)
def test_a_record_without_country_abstains(record: object, hidden: str) -> None:
    assert read_record(record, "a") == Finding((), hidden)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [
        "country",
        "country_code",
        "subdivisions",
        "evidence",
        "traits",
        "location",
        "state1",
        "is_x",
        "registered_country",
    ]
)


@given(st.dictionaries(KEYS, JSON, max_size=5) | JSON)
def test_no_record_however_strange_raises(record: object) -> None:
    assert isinstance(read_record(record, "a"), Finding)


def test_the_other_family_is_no_answer_and_no_failure(tmp_path: Path) -> None:
    database = open_database(write_mmdb(tmp_path / "a.mmdb", {"77.88.0.0/16": flat("RU")}, version=4))
    assert database.places(ip_address("2a02:6b8::1")) == ()
    assert database.failures == 0


def test_a_silent_source_changes_nothing(tmp_path: Path) -> None:
    one = write_mmdb(tmp_path / "one.mmdb", {"91.241.128.0/24": flat("RU", "Crimea")})
    silent = write_mmdb(tmp_path / "silent.mmdb", {"8.8.8.0/24": flat("US")})
    alone, together = load_witnesses([one], NoEvents()), load_witnesses([one, silent], NoEvents())
    assert alone.ask(CRIMEAN) == together.ask(CRIMEAN)
    assert together.lookups["silent", "abstained"] == 1


def test_a_source_in_two_files_is_heard_once(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    first = write_mmdb(tmp_path / "dbip-city-ipv4.mmdb", {"77.88.0.0/16": flat("RU")}, version=4)
    second = write_mmdb(tmp_path / "old" / "dbip-city-lite-2026-05.mmdb", {"77.88.0.0/16": flat("DE")})
    assert source_name(str(second)) == "dbip-city"
    assert load_witnesses([first, second], NoEvents()).ask(ip_address("77.88.8.8")).places == (
        Place("dbip-city", "RU"),
    )


def test_anonymizers_of_one_file_hide_what_another_says(tmp_path: Path) -> None:
    city = write_mmdb(tmp_path / "city.mmdb", {"77.88.0.0/16": flat("RU")})
    tor = write_mmdb(
        tmp_path / "anonymous.mmdb", {"77.88.8.8/32": {"is_tor_exit_node": True}}, kind="GeoIP2-Anonymous-IP"
    )
    witnesses = load_witnesses([city, tor], NoEvents())
    assert witnesses.ask(ip_address("77.88.8.8")).hidden == "anonymizer"
    assert witnesses.ask(ip_address("77.88.8.9")).hidden == ""


def test_an_asn_database_is_no_evidence_but_names_operators(tmp_path: Path) -> None:
    asn = {"autonomous_system_number": 13238, "autonomous_system_organization": "Yandex"}
    path = write_mmdb(tmp_path / "asn.mmdb", {"77.88.0.0/16": asn}, kind="GeoLite2-ASN")
    with pytest.raises(EvidenceError, match="no country"):
        open_database(path)
    operators = Operators(path)
    assert operators.operator(ip_address("77.88.8.8")) == "Yandex"
    assert operators.operator(ip_address("8.8.8.8")) == "unknown"
    with pytest.raises(EvidenceError, match="operators"):
        Operators(write_mmdb(tmp_path / "city.mmdb", {"77.88.0.0/16": flat("RU")}))


def test_overwriting_the_file_in_place_hurts_nobody_who_reads_it(tmp_path: Path) -> None:
    path = write_mmdb(tmp_path / "a.mmdb", {"77.88.0.0/16": flat("RU"), "8.8.0.0/16": flat("US")})
    database = open_database(path)
    for damage in (b"", path.read_bytes()[:100], b"\0" * 100_000, b"<html>"):
        path.write_bytes(damage)
        assert database.places(ip_address("77.88.8.8"))[0].country == "RU"
    path.unlink()
    assert database.places(ip_address("8.8.8.8"))[0].country == "US"


def test_the_private_copy_cannot_be_written_to_and_goes_with_its_last_reader(tmp_path: Path) -> None:
    database = open_database(write_mmdb(tmp_path / "a.mmdb", {"77.88.0.0/16": flat("RU")}))
    descriptor = database.descriptor
    with pytest.raises(OSError, match="not permitted"):
        os.ftruncate(descriptor, 0)
    del database
    gc.collect()
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(descriptor)


DAMAGED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "garbage": lambda whole: random.Random(1).randbytes(len(whole)),
    "half": lambda whole: whole[: len(whole) // 2],
    "ten bytes short": lambda whole: whole[:-10],
    "packed": gzip.compress,
    "a web page": lambda _: b"<!doctype html><title>Sign in</title>",
    "a tree in circles": lambda whole: bytes(300) + whole[300:],
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_file_that_is_no_whole_database_is_refused_by_name(tmp_path: Path, damage: str) -> None:
    path = write_mmdb(tmp_path / "a.mmdb", {f"{n}.0.0.0/12": flat("RU") for n in range(20, 60)})
    path.write_bytes(DAMAGED[damage](path.read_bytes()))
    with pytest.raises(EvidenceError, match=r"a\.mmdb"):
        open_database(path)


def test_a_missing_file_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"nowhere.mmdb: cannot be read \(No such file"):
        open_database(tmp_path / "nowhere.mmdb")


def test_a_damaged_place_in_a_file_is_silence_and_counted(tmp_path: Path) -> None:
    networks = [f"77.{n}.0.0/16" for n in range(250)]
    path = write_mmdb(tmp_path / "a.mmdb", {net: flat("RU") | {"city": f"c-{n}"} for n, net in enumerate(networks)})
    data = path.read_bytes()
    path.write_bytes(data.replace(b"\x45c-249", b"\xff" * 6))
    database = open_database(path)
    assert database.places(ip_address("77.248.0.1"))[0].country == "RU"
    assert database.places(ip_address("77.249.0.1")) == ()
    assert database.failures == 1
