"""Little GeoIP files of every schema, written with mmdb-writer, and regions to hold readers against."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet

from gateway.geo.region import CONTROLLED_BY, Place, Region

HELD = CONTROLLED_BY["RU"]
REGIONS: dict[str, Region] = {
    "RU": Region("RU", wholly=frozenset({"RU"})),
    "UA": Region("UA", wholly=frozenset({"UA"})),
    "UA-43": Region("UA-43", wholly=frozenset({"UA-43"})),
    "UA-40": Region("UA-40", wholly=frozenset({"UA-40"})),
    "UA-14": Region("UA-14", wholly=frozenset({"UA-14"})),
    "UA-30": Region("UA-30", wholly=frozenset({"UA-30"})),
    "held": Region("held", wholly=frozenset(HELD.wholly), partly=frozenset(HELD.partly)),
    "realm": Region("realm", wholly=frozenset({"RU", *HELD.wholly}), partly=frozenset(HELD.partly)),
    "mixed": Region("mixed", wholly=frozenset({"DE", "UA-43"})),
    "union": Region("union", wholly=frozenset({"DE", "FR"})),
    "AL": Region("AL", wholly=frozenset({"AL"})),
    "DE": Region("DE", wholly=frozenset({"DE"})),
}


class DatedWriter(MMDBWriter):
    """Says when the file was built: mmdb-writer itself knows only now."""

    built = 0

    def _build_meta(self) -> dict[str, object]:
        return {**super()._build_meta(), "build_epoch": self.built or int(time.time())}


def write_mmdb(
    path: Path,
    records: Mapping[str, object],
    *,
    kind: str = "Test-City",
    version: int = 6,
    built: int = 0,
) -> Path:
    """An MMDB with a record a network."""
    writer = DatedWriter(
        ip_version=version, ipv4_compatible=version == 6, database_type=kind, description={"en": "made by a test"}
    )
    writer.built = built
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return path


def geoip2(country: str, *codes: object, registered: str = "", zone: str = "", **more: object) -> dict[str, object]:
    """A record as MaxMind writes it."""
    record: dict[str, object] = dict(more)
    if country:
        record["country"] = {"iso_code": country, "names": {"en": country}}
    if registered:
        record["registered_country"] = {"iso_code": registered}
    if codes:
        record["subdivisions"] = [{"iso_code": code} for code in codes]
    if zone:
        record["location"] = {"time_zone": zone}
    return record


def flat(country: str, state: str = "") -> dict[str, object]:
    """A record as ip-location-db writes DB-IP's."""
    return {"country_code": country, "state1": state, "city": "", "timezone": ""}


def said(text: str, index: int = 0) -> Place:
    """A place from `RU`, `RU/UA-43` or `UA~RU` (registered in RU)."""
    country, _, registered = text.partition("~")
    country, _, subdivision = country.partition("/")
    return Place(f"source-{index}", country, subdivision or None, registered or None)


def evidence(text: str) -> tuple[Place, ...]:
    """Places from a list such as `RU, UA/UA-43`, each by a source of its own; nothing from an empty text."""
    return tuple(said(item.strip(), index) for index, item in enumerate(text.split(",")) if item.strip())
