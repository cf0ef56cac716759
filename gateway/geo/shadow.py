"""Other GeoIP files beside those in service: asked about each new location, heard by nobody but the counts.

What comes out is how many locations would stand otherwise to which region. A reader's answer never depends on it, and
no address is kept: a change that fewer than ten locations share is merged with the other rare ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from gateway.errors import EvidenceError
from gateway.events import Events
from gateway.geo.cdn import SILENT
from gateway.geo.client_address import ClientAddress
from gateway.geo.evidence import Evidence, Witnesses, load_witnesses
from gateway.geo.locate import locate
from gateway.geo.location import Location
from gateway.geo.region import Correction, Region, Standing

SMALLEST_CELL = 10
CELLS_A_LINE = 50
ANY = "*"
HOUR = timedelta(hours=1)


class Shadow:
    """Counts, by hour. `results`: locations since the start, "same" or "differs" in any region."""

    def __init__(self, witnesses: Witnesses) -> None:
        self.results: Counter[str] = Counter({"same": 0, "differs": 0})
        self._witnesses = witnesses
        self._moves: Counter[tuple[str, Standing, Standing]] = Counter()
        self._hour: datetime | None = None
        self._ended: list[dict[str, object]] = []

    def compare(
        self, client: ClientAddress, host: str, live: Location, regions: Mapping[str, Region],
        corrections: Sequence[Correction], now: datetime, cdn: Evidence = SILENT,
    ) -> None:  # fmt: skip
        """Look the address up here too, and count what would differ. Never raises."""
        try:
            standings = locate(client, host, self._witnesses, regions, corrections, now, cdn).standings
        except Exception:  # noqa: BLE001  (nothing that is wrong with a shadow may reach a reader)
            self.results["failed"] += 1
            return
        self._end(now)
        moves = [(name, was, standings[name]) for name, was in live.standings.items() if was != standings[name]]
        self.results["differs" if moves else "same"] += 1
        self._moves.update(moves)

    def flush(self, now: datetime, *, closing: bool = False) -> list[dict[str, object]]:
        """The hours that have ended (`closing`: the one that runs too), as fields of events `geoip_shadow`."""
        self._end(now, closing=closing)
        ended, self._ended = self._ended, []
        return ended

    def _end(self, now: datetime, *, closing: bool = False) -> None:
        """Gather the hour that is over, and begin the one that runs."""
        if self._hour is not None and (closing or not self._hour <= now < self._hour + HOUR):
            common = [(move, count) for move, count in self._moves.most_common() if count >= SMALLEST_CELL]
            cells = [
                {"region": name, "live": str(was), "shadow": str(would_be), "count": count}
                for (name, was, would_be), count in common
            ]
            rare = self._moves.total() - sum(count for _, count in common)
            cells += [{"region": ANY, "count": rare}] if rare else []
            hour = self._hour.isoformat().replace("+00:00", "Z")
            self._ended += [
                {"hour": hour, "cells": cells[at : at + CELLS_A_LINE]} for at in range(0, len(cells), CELLS_A_LINE)
            ]
            self._moves.clear()
        self._hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def load_shadow(paths: Sequence[str], events: Events) -> Shadow | None:
    """The shadow that these files cast; None where there are none, or one cannot be used: that is said, and costs
    nothing else.
    """
    try:
        return Shadow(load_witnesses(paths, events)) if paths else None
    except EvidenceError:
        return None
