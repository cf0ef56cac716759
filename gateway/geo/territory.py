"""The vocabulary of places: what vendors print, as ISO 3166-1 country and ISO 3166-2 subdivision.

Order of evidence in one record: subdivision code, subdivision geoname_id, scoped name, time zone, country. Names are
matched whole, after normalising, and only under the countries that vendors print for the territory: "Crimea" under RU
or UA, never anywhere else. Why: `policies/README.md`.
"""

from __future__ import annotations

import json
import unicodedata
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path

import pycountry

from gateway.geo.region import Place

PSEUDO_CODES = frozenset({"EU", "AP", "ZZ", "XX", "T1", "A1", "A2", "A3", "O1", "??", "--"})
"""What vendors print where there is no country: "somewhere in Europe", anonymizer, satellite, Tor, nothing."""

HIDING_CODES = {"T1": "anonymizer", "A1": "anonymizer", "A2": "satellite"}
"""Pseudo-codes that say the network hides where its users are."""

KOSOVO = "XK"
_ENGLISH = {
    "RU": "Russia", "UA-09": "Luhansk region", "UA-14": "Donetsk region", "UA-23": "Zaporizhzhia region",
    "UA-40": "Sevastopol", "UA-43": "Crimea", "UA-65": "Kherson region",
}  # fmt: skip
"""Names that readers of English know, where ISO 3166 writes them otherwise."""

_ALIASES = {"UK": "GB", "EL": "GR"}
_DATA = Path(__file__).parent / "data"
_DISPUTED = frozenset({"UA", "RU"})
_SIMFEROPOL = "Europe/Simferopol"
_CRIMEA = "UA-43"
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘`ʹʼ\"ʻ′"))


def is_country(code: str) -> bool:
    """Whether it is an ISO 3166-1 alpha-2 code, or XK."""
    return code in _countries()


def is_subdivision_code(code: str) -> bool:
    """Whether it is an ISO 3166-2 code, as UA-43."""
    return code in _subdivisions()


def suggest(code: str) -> str:
    """The code that was probably meant ("UK" → "GB", "ua-43" → "UA-43", "Germany" → "DE"), "" if none comes near."""
    wanted = code.strip().upper().replace("_", "-")
    if wanted in _ALIASES:
        return _ALIASES[wanted]
    if is_country(wanted) or is_subdivision_code(wanted):
        return wanted
    named = _country_names().get(normalised(code)) or _scoped_names().get(normalised(code))
    if named:
        return named
    if len(wanted) > 2 and is_subdivision_code(f"{wanted[:2]}-{wanted[2:].lstrip('-')}"):
        return f"{wanted[:2]}-{wanted[2:].lstrip('-')}"
    near = get_close_matches(normalised(code), _country_names(), 1, 0.8) if len(wanted) > 3 else []
    return _country_names()[near[0]] if near else ""


@lru_cache(maxsize=8192)
def place_of(
    source: str,
    country: str,
    *,
    codes: tuple[str, ...] = (),
    geoname_ids: tuple[int, ...] = (),
    names: tuple[str, ...] = (),
    time_zone: str = "",
    registered: str = "",
    fips: bool = False,
) -> Place | None:
    """What a vendor's record says, in ISO's words; None where it names no country: the source then abstains.

    `codes`, `geoname_ids`, `names`: those of its subdivisions, the largest first. `fips`: the source was declared to
    number regions by FIPS 10-4, whose numbers mean other regions than ISO's.
    """
    country = country_of(country)
    if not country:
        return None
    subdivision = _subdivision(country, codes, geoname_ids, names, time_zone, fips=fips)
    registered = country_of(registered)
    holds = registered == "RU" and country == "UA" and subdivision is None
    return Place(source, country, subdivision, registered if holds else None)


def country_of(printed: str) -> str:
    """The country that a vendor's code means; "" for pseudo-codes and whatever ISO does not know."""
    code = printed.strip().upper()
    code = _ALIASES.get(code, code)
    return code if is_country(code) else ""


def understood(country: str, codes: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Whether a record's labels are in the vocabulary: what `geo status` counts. Only UA and RU need subdivisions."""
    country = country.strip().upper()
    if not country_of(country):
        return country in PSEUDO_CODES or not country
    if country not in _DISPUTED or not any((*codes, *names)):
        return True
    return _subdivision(country, codes, (), names, "", fips=False) is not None


def normalised(name: str) -> str:
    """A name as it is compared: without marks, case, apostrophes and superfluous spaces."""
    apart = unicodedata.normalize("NFKD", name)
    bare = "".join(char for char in apart if not unicodedata.combining(char))
    return " ".join(bare.translate(_APOSTROPHES).replace("–", "-").casefold().split())


def _subdivision(
    country: str, codes: tuple[str, ...], ids: tuple[int, ...], names: tuple[str, ...], time_zone: str, *, fips: bool
) -> str | None:
    for code in codes:
        found = _of_fips(country, code) if fips else _of_code(country, code)
        if found:
            return found
    if country in _DISPUTED:
        for geoname_id in ids:
            if geoname_id in _geonames():
                return _geonames()[geoname_id]
        for name in names:
            found = _scoped_names().get(normalised(name))
            if found:
                return found
        return _CRIMEA if time_zone == _SIMFEROPOL else None
    for name in names:
        found = _names_in(country).get(normalised(name))
        if found:
            return found
    return None


def _of_code(country: str, code: str) -> str | None:
    code = code.strip().upper()
    if not code:
        return None
    if "-" in code:
        return code if is_subdivision_code(code) else None
    plain = f"{country}-{code}"
    if is_subdivision_code(plain):
        return plain
    padded = f"{country}-{code.zfill(2)}"  # a lost leading zero: 9 is 09
    return padded if code.isdecimal() and is_subdivision_code(padded) else None


def _of_fips(country: str, code: str) -> str | None:
    code = code.strip().upper()
    if country not in _DISPUTED:
        return None
    if code.startswith("UP"):
        return _fips().get(code)
    return _fips().get(f"UP{code.zfill(2)}") if country == "UA" else None


@cache
def _countries() -> frozenset[str]:
    return frozenset(country.alpha_2 for country in pycountry.countries) | {KOSOVO}


@cache
def _subdivisions() -> frozenset[str]:
    return frozenset(entry.code for entry in pycountry.subdivisions)


@cache
def _country_names() -> dict[str, str]:
    names: dict[str, str] = {"kosovo": KOSOVO}
    for country in pycountry.countries:
        for attribute in ("alpha_3", "name", "official_name", "common_name"):
            if hasattr(country, attribute):
                names.setdefault(normalised(getattr(country, attribute)), country.alpha_2)
    return names


@cache
def _names_in(country: str) -> dict[str, str]:
    return {normalised(entry.name): entry.code for entry in pycountry.subdivisions if entry.country_code == country}


@cache
def _ukraine() -> dict[str, dict[str, object]]:
    tables: dict[str, dict[str, object]] = json.loads((_DATA / "ua-aliases.json").read_text("utf-8"))
    return tables


@cache
def _geonames() -> dict[int, str]:
    return {int(str(entry["geoname_id"])): code for code, entry in _ukraine().items()}


@cache
def _fips() -> dict[str, str]:
    return {str(entry["fips10_4"]): code for code, entry in _ukraine().items()}


@cache
def _scoped_names() -> dict[str, str]:
    """Names of Ukraine's and Russia's subdivisions, valid under either country."""
    names: dict[str, str] = {}
    for code, known in json.loads((_DATA / "ru-aliases.json").read_text("utf-8")).items():
        names |= {normalised(name): code for name in known}
    for country in sorted(_DISPUTED):
        names |= {name: code for name, code in _names_in(country).items() if name not in names}
    for code, entry in _ukraine().items():
        seen = entry["seen_as"]
        names |= {normalised(str(pair).partition("|")[2]): code for pair in (seen if isinstance(seen, list) else ())}
    return names


def name_of(code: str) -> str:
    """The name that ISO 3166 gives a country or a subdivision, in English or as it is written there; "" for others."""
    return _ENGLISH.get(code) or _names().get(code, "")


@cache
def _names() -> dict[str, str]:
    names = {entry.code: entry.name for entry in pycountry.subdivisions}
    names |= {entry.alpha_2: getattr(entry, "common_name", entry.name) for entry in pycountry.countries}
    return names | {KOSOVO: "Kosovo"}
