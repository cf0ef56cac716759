"""New GeoIP files come into service while the gateway serves; unusable ones do not, and the old stay.

A file counts as changed once two looks in a row find it the same and different from what is in service: whoever still
writes it is left to finish.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway.geo.evidence import EMBEDDED, Witnesses
from gateway.geo.maxmind import Database, open_database
from gateway.geo.verify import not_older, verify, verify_apart

SPREAD_SECONDS = 0.2
LONGEST_SPREAD_SECONDS = 2.0

Stamp = tuple[int, int, int]
"""Inode, size and time of change of a file."""


@dataclass(slots=True)
class EvidenceWatch:
    """Watches the files of the settings; none named: the embedded one, which does not change."""

    paths: Sequence[Path | str]
    _served: dict[str, Stamp | None] = field(default_factory=dict)
    _seen: dict[str, Stamp | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._served = self._stamps()

    def changed(self) -> bool:
        """Whether to ask for a replacement now: cheap, to be asked about once a second. A file that is gone is none."""
        now = self._stamps()
        settled = [path for path, stamp in now.items() if stamp and self._seen.get(path) == stamp]
        self._seen = now
        return any(now[path] != self._served.get(path) for path in settled)

    def gone(self) -> list[str]:
        """The files that are not there any more, by their names alone; what was read of them is still in service."""
        return [Path(path).name for path, stamp in self._stamps().items() if stamp is None]

    def replacement(self, current: Witnesses, *, allow_older: bool = False, apart: bool = True) -> Witnesses:
        """The files as they are now, checked whole; those that did not change are kept as they are.

        Raises EvidenceError, and then asks again only when a file changes again. Blocks for seconds: call it in a
        thread. `apart`: the check runs in a process of its own.
        """
        self._served = self._stamps()
        before = {database.info.path: database for database in current.databases}
        found: list[Database] = []
        for path in self.paths or (EMBEDDED,):
            fresh = open_database(path)
            old = before.get(str(path))
            if old is not None and old.info.digest == fresh.info.digest:
                found.append(old)
                continue
            if not allow_older:
                not_older(fresh.info, old.info if old else None, "name it under another path")
            (verify_apart if apart else verify)(fresh)
            found.append(fresh)
        return Witnesses(found)

    def _stamps(self) -> dict[str, Stamp | None]:
        return {str(path): _stamp(Path(path)) for path in self.paths}


def wait_seconds(workers: int, chance: float) -> float:
    """How long a worker waits before it replaces files, so that the workers of a machine do not all read and check the
    same ones at once: each takes a second copy and a processor while it does. `chance`: its own, from 0 to 1.
    """
    return min(SPREAD_SECONDS * (workers - 1), LONGEST_SPREAD_SECONDS) * chance


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
