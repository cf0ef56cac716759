"""The witnesses: every GeoIP file in service, asked together; and how a replacement comes into service.

Without files of the operator's own the embedded evidence speaks: starter evidence, frozen, aged openly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from gateway.errors import EvidenceError
from gateway.events import Events
from gateway.geo.maxmind import Address, Database, open_database
from gateway.geo.records import PSEUDO_CODE
from gateway.geo.region import Place
from gateway.geo.sources import DatabaseInfo

EMBEDDED = Path(__file__).parent / "data" / "evidence.mmdb"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What all witnesses say of one address. `hidden`: why its users may be elsewhere, or "pseudo-code", or ""."""

    places: tuple[Place, ...] = ()
    hidden: str = ""


class Witnesses:
    """Databases that are asked together. A source is heard once: the first file that has an answer of its name counts.

    `lookups` counts answers by (source, "found" | "abstained" | "failed").
    """

    def __init__(self, databases: Sequence[Database]) -> None:
        self._databases = tuple(databases)
        self.lookups: Counter[tuple[str, str]] = Counter()
        names = [source.name for info in self.infos for source in info.sources]
        self._sources = tuple(dict.fromkeys(names))

    @property
    def infos(self) -> tuple[DatabaseInfo, ...]:
        """What is in service, in the order of the settings."""
        return tuple(database.info for database in self._databases)

    @property
    def databases(self) -> tuple[Database, ...]:
        """The open files, for whoever replaces one of them."""
        return self._databases

    @property
    def digest(self) -> str:
        """A stable text for exactly these files in this order."""
        return sha256("\n".join(info.digest for info in self.infos).encode()).hexdigest()[:12]

    def ask(self, address: Address) -> Evidence:
        """The evidence on an address, already unwrapped. Never raises; silence of all is no places."""
        heard: dict[str, Place] = {}
        hidden = pseudo = ""
        failed: set[str] = set()
        for database in self._databases:
            found = database.find(address)
            for place in found.places:
                heard.setdefault(place.source, place)
            if found.hidden == PSEUDO_CODE:
                pseudo = PSEUDO_CODE
            elif found.hidden:
                hidden = hidden or found.hidden
            if found.failed:
                failed.update(source.name for source in database.info.sources)
        for name in self._sources:
            self.lookups[name, "found" if name in heard else "failed" if name in failed else "abstained"] += 1
        return Evidence(tuple(heard.values()), hidden or ("" if heard else pseudo))


def load_witnesses(paths: Sequence[Path | str], events: Events) -> Witnesses:
    """Open the files, or the embedded one where none is named. Raises EvidenceError for the first that is unusable."""
    databases: list[Database] = []
    for path in paths or (EMBEDDED,):
        try:
            databases.append(open_database(path))
        except EvidenceError as error:
            events.emit("geoip_rejected", level="error", path=str(path), reason=str(error))
            raise
    return Witnesses(databases)
