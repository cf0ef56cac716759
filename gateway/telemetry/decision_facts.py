"""Hourly counts of what was decided on what evidence: what `gateway impact` replays. No reader can be told from it.

A cell (evidence, article, door, treatments) under ten is merged: first without subdivisions, then without the
article, and what is left is one number for the hour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from gateway.content.article import Facts
from gateway.geo.location import Location
from gateway.geo.region import Place
from gateway.policy.decision import Decision

SMALLEST_CELL = 10
CELLS_LIMIT = 50_000
CELLS_A_LINE = 10
ANY = "*"
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Cell:
    evidence: tuple[Place, ...]
    article: str
    version: str
    door: str
    treatments: tuple[str, ...]
    unknown: str


class DecisionFacts:
    """Counts of the hour that runs. `record` is a dictionary's increment; `flush` tells hours that have ended."""

    def __init__(self) -> None:
        self._counts: dict[tuple[object, ...], list[int]] = {}
        self._cells: dict[tuple[object, ...], _Cell] = {}
        self._beyond = 0
        self._hour: datetime | None = None
        self._ended: list[dict[str, object]] = []

    def record(
        self, location: Location, decision: Decision, facts: Facts, door: str, now: datetime, times: int = 1
    ) -> None:
        """Count a decision of this moment, met so many times."""
        if self._hour is None or not self._hour <= now < self._hour + HOUR:
            self._end_hour()
            self._hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        key = (location.evidence, location.unknown, decision.fingerprint, facts.slug, facts.version, door)
        count = self._counts.get(key)
        if count is not None:
            count[0] += times
        elif len(self._counts) < CELLS_LIMIT:
            self._counts[key] = [times]
            treatments = decision.treatments.names()
            self._cells[key] = _Cell(location.evidence, facts.slug, facts.version, door, treatments, location.unknown)
        else:
            self._beyond += times

    def flush(self, now: datetime, *, closing: bool = False) -> list[dict[str, object]]:
        """The hours that have ended (`closing`: the one that runs too), as fields of events `decision_facts`: one event
        for every ten cells.
        """
        if self._hour is not None and (closing or not self._hour <= now < self._hour + HOUR):
            self._end_hour()
        ended, self._ended = self._ended, []
        return ended

    def _end_hour(self) -> None:
        if self._hour is None:
            return
        counted: Counter[_Cell] = Counter()
        for key, (count,) in self._counts.items():
            counted[self._cells[key]] += count
        cells = [_told(cell, count) for cell, count in merged(counted.items(), self._beyond)]
        hour = self._hour.isoformat().replace("+00:00", "Z")
        self._ended += [
            {"hour": hour, "cells": cells[at : at + CELLS_A_LINE]} for at in range(0, len(cells), CELLS_A_LINE)
        ]
        self._counts, self._cells, self._beyond, self._hour = {}, {}, 0, None


def merged(counted: Iterable[tuple[_Cell, int]], beyond: int = 0) -> list[tuple[_Cell | None, int]]:
    """Cells of at least ten each, and at last, under None, what could not be told apart. The sum stays the same."""
    kept: list[tuple[_Cell | None, int]] = []
    left = Counter(dict(counted))
    for coarser in (None, _without_subdivisions, _without_article):
        if coarser is not None:
            coarse: Counter[_Cell] = Counter()
            for cell, count in left.items():
                coarse[coarser(cell)] += count
            left = coarse
        kept += [(cell, count) for cell, count in left.items() if count >= SMALLEST_CELL]
        left = Counter({cell: count for cell, count in left.items() if count < SMALLEST_CELL})
    rest = sum(left.values()) + beyond
    return [*kept, (None, rest)] if rest else kept


def _without_subdivisions(cell: _Cell) -> _Cell:
    return replace(cell, evidence=tuple(replace(place, subdivision=None, registered=None) for place in cell.evidence))


def _without_article(cell: _Cell) -> _Cell:
    return replace(_without_subdivisions(cell), article=ANY, version=ANY)


def _told(cell: _Cell | None, count: int) -> dict[str, object]:
    if cell is None:
        return {"article": ANY, "evidence": [], "merged": True, "count": count}
    evidence = [
        {
            name: value
            for name, value in (
                ("source", place.source),
                ("country", place.country),
                ("subdivision", place.subdivision),
                ("registered", place.registered),
            )
            if value is not None
        }
        for place in cell.evidence
    ]
    told: dict[str, object] = {
        "article": cell.article,
        "version": cell.version,
        "door": cell.door,
        "evidence": evidence,
        "treatments": list(cell.treatments),
        "count": count,
    }
    return told | ({"unknown": cell.unknown} if cell.unknown else {})
