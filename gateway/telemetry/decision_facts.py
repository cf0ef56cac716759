"""Hourly counts of what was decided on what evidence: what `gateway impact` replays. No reader can be told from it.

A cell (evidence, article, door, treatments) under ten is merged: first without subdivisions, then without the
article, and what is left is one number for the hour.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
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
_OVER: dict[str, object] = {}


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
        self._ended: deque[Iterator[dict[str, object] | None]] = deque()

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

    @property
    def telling(self) -> bool:
        """Whether `flush` has more to tell of an hour that has ended."""
        return bool(self._ended)

    def flush(self, now: datetime, *, closing: bool = False, steps: int | None = None) -> list[dict[str, object]]:
        """The hours that have ended (`closing`: the one that runs too), as fields of events `decision_facts`: one event
        for every ten cells. `steps`: do so many at most, some microseconds each, and go on at the next call.
        """
        if self._hour is not None and (closing or not self._hour <= now < self._hour + HOUR):
            self._end_hour()
        found: list[dict[str, object]] = []
        done = 0
        while self._ended and (steps is None or done < steps):
            step = next(self._ended[0], _OVER)
            if step is _OVER:
                self._ended.popleft()
            elif step is not None:
                found.append(step)
            done += 1
        return found

    def _end_hour(self) -> None:
        if self._hour is None:
            return
        hour = self._hour.isoformat().replace("+00:00", "Z")
        cells = self._cells
        counted = ((cells[key], count) for key, (count,) in self._counts.items())
        self._ended.append(_events(hour, merged(counted, self._beyond)))
        self._counts, self._cells, self._beyond, self._hour = {}, {}, 0, None


def _events(hour: str, cells: Iterable[tuple[_Cell | None, int] | None]) -> Iterator[dict[str, object] | None]:
    """The fields of each event, and None wherever a step was done that made none."""
    told: list[dict[str, object]] = []
    for found in cells:
        if found is not None:
            told.append(_told(*found))
        full = len(told) == CELLS_A_LINE
        yield {"hour": hour, "cells": told} if full else None
        if full:
            told = []
    if told:
        yield {"hour": hour, "cells": told}


def merged(counted: Iterable[tuple[_Cell, int]], beyond: int = 0) -> Iterator[tuple[_Cell | None, int] | None]:
    """Cells of at least ten each, and at last, with no cell, what could not be told apart. The sum stays the same.
    None wherever a step was done that found none.
    """
    for coarser in (_as_it_is, _without_subdivisions, _without_article):
        coarse: Counter[_Cell] = Counter()
        for cell, count in counted:
            coarse[coarser(cell)] += count
            yield None
        small: list[tuple[_Cell, int]] = []
        for cell, count in coarse.items():
            if count >= SMALLEST_CELL:
                yield cell, count
            else:
                small.append((cell, count))
                yield None
        counted = small
    rest = sum(count for _, count in counted) + beyond
    if rest:
        yield None, rest


def _as_it_is(cell: _Cell) -> _Cell:
    return cell


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
