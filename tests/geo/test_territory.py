"""The vocabulary: every spelling that vendors were seen to use, and nothing that merely sounds alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gateway.geo
from gateway.geo.region import Place
from gateway.geo.territory import (
    PSEUDO_CODES,
    country_of,
    is_country,
    is_subdivision_code,
    normalised,
    place_of,
    suggest,
    understood,
)

ALIASES = json.loads((Path(gateway.geo.__file__).parent / "data" / "ua-aliases.json").read_text("utf-8"))
SPELLINGS = [(pair, code) for code, entry in ALIASES.items() for pair in entry["seen_as"]]


def subdivision(country: str, **labels: object) -> str | None:
    place = place_of("test", country, **labels)  # type: ignore[arg-type]
    return place.subdivision if place else None


@pytest.mark.parametrize(("pair", "code"), SPELLINGS, ids=[pair for pair, _ in SPELLINGS])
def test_every_spelling_seen_in_six_databases_is_recognised_under_both_countries(pair: str, code: str) -> None:
    name = pair.partition("|")[2]
    for country in ("UA", "RU"):
        assert subdivision(country, names=(name,)) == code
        assert subdivision(country, names=(f"  {name.upper()} ",)) == code


@pytest.mark.parametrize(
    ("country", "name"), [("PR", "San Sebastián"), ("LV", "Krimulda"), ("ES", "Crimea"), ("US", "Moscow")]
)
def test_a_name_counts_only_under_the_countries_that_vendors_print_for_it(country: str, name: str) -> None:
    found = subdivision(country, names=(name,))
    assert found is None or found.startswith(country)


def test_codes_come_in_every_shape() -> None:
    for code in ("43", "UA-43", "ua-43", " 43 "):
        assert subdivision("UA", codes=(code,)) == "UA-43"
    assert subdivision("UA", codes=("9",)) == "UA-09"
    assert subdivision("US", codes=("CA",)) == "US-CA"
    assert subdivision("RU", codes=("MOW",)) == "RU-MOW"
    assert subdivision("RU", codes=("UA-43",)) == "UA-43"
    assert subdivision("RU", codes=("43",)) is None  # FIPS 43 would be Lipetsk


def test_evidence_in_one_record_has_an_order() -> None:
    known: dict[str, object] = {"geoname_ids": (703883,), "names": ("Sevastopol",), "time_zone": "Europe/Simferopol"}
    assert subdivision("UA", codes=("14",), **known) == "UA-14"
    assert subdivision("UA", **known) == "UA-43"
    assert subdivision("UA", names=("Gorod Sevastopol",), time_zone="Europe/Simferopol") == "UA-40"
    assert subdivision("UA", time_zone="Europe/Simferopol") == "UA-43"
    assert subdivision("UA", time_zone="Europe/Kyiv") is None


def test_fips_numbers_count_only_where_declared() -> None:
    assert subdivision("UA", codes=("14",)) == "UA-14"
    assert subdivision("UA", codes=("14",), fips=True) == "UA-09"
    assert subdivision("UA", codes=("UP11",), fips=True) == "UA-43"
    assert subdivision("UA", codes=("5",), fips=True) == "UA-14"


def test_registration_is_kept_only_where_it_decides_something() -> None:
    assert place_of("test", "UA", registered="RU") == Place("test", "UA", None, "RU")
    assert place_of("test", "UA", codes=("30",), registered="RU") == Place("test", "UA", "UA-30", None)
    assert place_of("test", "DE", registered="RU") == Place("test", "DE", None, None)
    assert place_of("test", "UA", registered="UA") == Place("test", "UA", None, None)


@pytest.mark.parametrize("code", sorted(PSEUDO_CODES))
def test_a_pseudo_code_is_no_country(code: str) -> None:
    assert not is_country(code)
    assert place_of("test", code) is None
    assert understood(code, (), ())


def test_codes_are_told_from_inventions() -> None:
    assert all(map(is_country, ("UA", "RU", "XK", "NO", "GB")))
    assert not any(map(is_country, ("UK", "ua", "", "EU", "UA-43", "ZZZ")))
    assert is_subdivision_code("UA-43")
    assert not is_subdivision_code("UA-99")
    assert country_of("UK") == "GB"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("UK", "GB"), ("uk", "GB"), ("el", "GR"), ("ru", "RU"), ("ua-43", "UA-43"), ("UA43", "UA-43"),
        ("UA_43", "UA-43"),
        ("Germany", "DE"), ("Germny", "DE"), ("DEU", "DE"), ("Crimea", "UA-43"), ("Kosovo", "XK"), ("qq", ""), ("", ""),
    ],
)  # fmt: skip
def test_what_was_probably_meant_is_suggested(written: str, meant: str) -> None:
    assert suggest(written) == meant


def test_labels_outside_the_vocabulary_are_noticed() -> None:
    assert understood("UA", (), ("Crimea",))
    assert understood("UA", (), ())
    assert understood("DE", (), ("Bayern und so",))
    assert not understood("UA", (), ("New Name Oblast",))
    assert not understood("CS", (), ())


@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=3), st.lists(st.text(max_size=12), max_size=3))
def test_no_record_makes_the_vocabulary_raise(country: str, codes: list[str], names: list[str]) -> None:
    place = place_of("test", country, codes=tuple(codes), names=tuple(names), time_zone=country, registered=country)
    assert place is None or (
        is_country(place.country) and (not place.subdivision or is_subdivision_code(place.subdivision))
    )
    assert isinstance(suggest(country), str)


@given(st.text(max_size=20))
def test_normalising_twice_changes_nothing_more(name: str) -> None:
    assert normalised(normalised(name)) == normalised(name)
