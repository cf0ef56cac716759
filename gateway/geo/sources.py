"""The sources of evidence: whose data, how old, under which licence. Values, and the vendors that are known by name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import PurePath


@dataclass(frozen=True, slots=True)
class Source:
    """One vendor's data of one day. `licence`: an SPDX identifier, or the licence's name."""

    name: str
    title: str = ""
    built: datetime | None = None
    licence: str = ""
    link: str = ""
    not_understood: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DatabaseInfo:
    """A GeoIP file in service. `kind`: "fused", "geoip2", "flat", "anonymizers"; `has_subdivisions`: for lint.

    `digest`: twelve hex digits over the file's bytes. A fused file has several sources, another is its own source.
    """

    name: str
    path: str
    built: datetime
    kind: str
    ip_version: int
    sources: tuple[Source, ...]
    licence: str
    nodes: int
    size_bytes: int = 0
    has_subdivisions: bool = False
    digest: str = ""


ATTRIBUTION: tuple[tuple[str, str], ...] = (
    ("IP Geolocation by DB-IP", "https://db-ip.com"),
    ("IPFire Location (CC BY-SA 4.0)", "https://location.ipfire.org"),
    ("NRO statistics (CC BY 4.0)", "https://www.nro.net"),
    ("IPtoASN", "https://iptoasn.com"),
)
"""What pages that use the embedded evidence say: text and link. DB-IP's licence asks for the first on each page."""

KNOWN: Mapping[str, Source] = {
    source.name: source
    for source in (
        Source("dbip-city", "DB-IP IP to City Lite", None, "CC-BY-4.0", "https://db-ip.com"),
        Source("dbip-country", "DB-IP IP to Country Lite", None, "CC-BY-4.0", "https://db-ip.com"),
        Source("geo-whois-asn-country", "RIR whois, geofeeds and ASN (NRO)", None, "CC-BY-4.0", "https://www.nro.net"),
        Source("iptoasn-country", "IPtoASN", None, "PDDL-1.0", "https://iptoasn.com"),
        Source("ipfire", "IPFire Location", None, "CC-BY-SA-4.0", "https://location.ipfire.org"),
        Source("geolite2-city", "MaxMind GeoLite2 City", None, "GeoLite2 EULA", "https://www.maxmind.com"),
        Source("geolite2-country", "MaxMind GeoLite2 Country", None, "GeoLite2 EULA", "https://www.maxmind.com"),
    )
}
"""Vendors whose licence is known. GeoLite2 may be read, but nothing made of it may be passed on."""

REDISTRIBUTABLE = frozenset({"CC-BY-4.0", "CC-BY-SA-4.0", "PDDL-1.0", "CC0-1.0"})

_ADDED = re.compile(r"([-_.](ipv?[46]|v[46]|lite|num|\d{4}-\d{2}(-\d{2})?|\d{8}))+$")


def source_name(path: str) -> str:
    """What a file's source is called: its name without family, edition and date ("dbip-city-ipv4.mmdb": dbip-city)."""
    stem = PurePath(path).name.lower().removesuffix(".mmdb").removesuffix(".gz")
    stem = "ipfire" if stem in ("geoip", "geoip6") else stem
    return _ADDED.sub("", stem) or stem


def source_of(name: str, built: datetime | None, not_understood: Sequence[str] = ()) -> Source:
    """The source of that name, with what is known of its vendor."""
    known = KNOWN.get(name, Source(name, name))
    return Source(name, known.title, built, known.licence, known.link, tuple(not_understood))


def sources_to_text(sources: Sequence[Source]) -> str:
    """Sources as JSON: how a fused file carries them."""
    return json.dumps([{**asdict(source), "built": _day(source.built)} for source in sources], ensure_ascii=False)


def sources_from_text(text: str) -> tuple[Source, ...]:
    """The opposite. Raises ValueError, KeyError or TypeError for anything else."""
    found = []
    for entry in json.loads(text):
        built = datetime.fromisoformat(entry["built"]) if entry["built"] else None
        labels = tuple(map(str, entry["not_understood"]))
        found.append(Source(entry["name"], entry["title"], built, entry["licence"], entry["link"], labels))
    return tuple(found)


def _day(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""


def licence_of(sources: Sequence[Source]) -> str:
    """Under which licence data made of several sources can be passed on; "" if it cannot, or nobody knows."""
    licences = {source.licence for source in sources}
    if not licences or not licences <= REDISTRIBUTABLE:
        return ""
    for strictest in ("CC-BY-SA-4.0", "CC-BY-4.0", "PDDL-1.0"):
        if strictest in licences:
            return strictest
    return "CC0-1.0"
