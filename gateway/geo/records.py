"""A record of any schema, as places in ISO's words: GeoIP2's (through geoip2's models), flat ones, our fused one.

The schema is told by the record, not by the file's name for itself: vendors call flat files "city" too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from geoip2.models import AnonymousIP, City

from gateway.geo.region import Place
from gateway.geo.territory import HIDING_CODES, PSEUDO_CODES, place_of

FUSED = "fused"
GEOIP2 = "geoip2"
FLAT = "flat"
ANONYMIZERS = "anonymizers"

PSEUDO_CODE = "pseudo-code"

Record = Mapping[str, object]

_COUNTRY = ("country_code", "country_iso_code", "country")
_CODES = ("subdivision_code", "region_code", "state_code", "region_iso_code", "subdivision_iso_code")
_NAMES = ("state1", "subdivision", "region", "region_name", "state", "subdivision_1_name", "stateprov")
_GEONAMES = ("subdivision_geoname_id", "region_geoname_id", "state_geoname_id")
_ZONES = ("timezone", "time_zone")
_REGISTERED = ("registered_country_code", "registered_country")


@dataclass(frozen=True, slots=True)
class Labels:
    """What a vendor printed, unchanged: for the vocabulary, and for the list of labels that it does not understand."""

    country: str = ""
    codes: tuple[str, ...] = ()
    geoname_ids: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    time_zone: str = ""
    registered: str = ""
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one file says of an address. No places: it abstains. `hidden`: why its users may be elsewhere."""

    places: tuple[Place, ...] = ()
    hidden: str = ""
    failed: bool = False


def schema_of(record: object) -> str:
    """Which schema a record has; "" if none that names a country or a network that hides one."""
    if not isinstance(record, dict):
        return ""
    if isinstance(record.get("evidence"), list):
        return FUSED
    if any(isinstance(record.get(key), dict) for key in ("country", "registered_country", "continent", "traits")):
        return GEOIP2
    if any(isinstance(record.get(key), str) for key in _COUNTRY):
        return FLAT
    return ANONYMIZERS if any(key.startswith("is_") for key in record) else ""


def read_record(record: object, source: str, *, fips: bool = False) -> Finding:
    """The places in a record, and whether it hides its users. Never raises: what is not understood is not said."""
    try:
        schema = schema_of(record)
        if not schema or not isinstance(record, dict):
            return Finding(failed=record is not None and not isinstance(record, dict))
        if schema == FUSED:
            return Finding(tuple(_fused(entry) for entry in record["evidence"]))
        if schema == ANONYMIZERS:
            return Finding(hidden=_hiding(AnonymousIP("0.0.0.0", **record)))  # noqa: S104  (the model wants one)
        labels = labels_of(record)
    except (TypeError, ValueError, AttributeError, KeyError):
        return Finding(failed=True)
    place = place_of(
        source,
        labels.country,
        codes=labels.codes,
        geoname_ids=labels.geoname_ids,
        names=labels.names,
        time_zone=labels.time_zone,
        registered=labels.registered,
        fips=fips,
    )
    code = labels.country.strip().upper()
    hidden = labels.hidden or HIDING_CODES.get(code, "")
    if place is None:
        return Finding(hidden=hidden or (PSEUDO_CODE if code in PSEUDO_CODES else ""))
    return Finding((place,), hidden)


def labels_of(record: Record) -> Labels:
    """What a GeoIP2 or flat record prints. May raise what a malformed record makes geoip2's models raise."""
    return _labels_of_geoip2(record) if schema_of(record) == GEOIP2 else _labels_of_flat(record)


def _fused(entry: Record) -> Place:
    subdivision, registered = entry.get("subdivision"), entry.get("registered")
    return Place(
        str(entry["source"]),
        str(entry["country"]),
        str(subdivision) if subdivision else None,
        str(registered) if registered else None,
    )


def _labels_of_geoip2(record: Mapping[str, object]) -> Labels:
    known = {
        key: record[key]
        for key in ("country", "registered_country", "location", "subdivisions", "traits")
        if key in record
    }
    city = City(["en"], **known)  # type: ignore[arg-type]  # the file's own structure, which the model checks as it reads
    subdivisions = tuple(city.subdivisions)
    return Labels(
        country=city.country.iso_code or "",
        codes=tuple(str(part.iso_code) for part in subdivisions if part.iso_code is not None),
        geoname_ids=tuple(part.geoname_id for part in subdivisions if part.geoname_id),
        names=tuple(part.name for part in subdivisions if part.name),
        time_zone=city.location.time_zone or "",
        registered=city.registered_country.iso_code or "",
        hidden=_hiding(city.traits),
    )


def _labels_of_flat(record: Mapping[str, object]) -> Labels:
    def first(keys: tuple[str, ...]) -> str:
        return next((str(record[key]) for key in keys if record.get(key) not in (None, "")), "")

    code, name, geoname, zone = first(_CODES), first(_NAMES), first(_GEONAMES), first(_ZONES)
    return Labels(
        country=first(_COUNTRY),
        codes=(code,) if code else (),
        geoname_ids=(int(geoname),) if geoname.isdecimal() else (),
        names=(name,) if name else (),
        time_zone=zone,
        registered=first(_REGISTERED),
    )


def _hiding(flags: object) -> str:
    """Why users of the network may be elsewhere, from the flags of geoip2's Traits or AnonymousIP; or ""."""
    if getattr(flags, "is_satellite_provider", False):
        return "satellite"
    for name in (
        "is_tor_exit_node",
        "is_anonymous_vpn",
        "is_public_proxy",
        "is_residential_proxy",
        "is_anonymous_proxy",
    ):
        if getattr(flags, name, False):
            return "anonymizer"
    if getattr(flags, "is_hosting_provider", False):
        return "hosting"
    return "anonymizer" if getattr(flags, "is_anonymous", False) else ""
