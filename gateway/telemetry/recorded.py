"""Reads back the decision facts that a log holds: what `gateway impact` replays. A log may be torn anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

import orjson

from gateway.geo.region import Place
from gateway.policy.impact import Recorded
from gateway.telemetry.catalogue import FIELDS
from gateway.telemetry.decision_facts import ANY

_MARK = b'"decision_facts"'


class RecordedFacts:
    """Takes a log's lines, gives the cells. `torn`: lines or cells that say `decision_facts` and cannot be read."""

    def __init__(self) -> None:
        self.torn = 0

    def read(self, lines: Iterable[bytes]) -> Iterator[Recorded]:
        """Every cell of every line that holds decision facts."""
        for line in lines:
            if _MARK not in line:
                continue
            try:
                event = orjson.loads(line)
                if event["event.action"] != "decision_facts":
                    continue
                hour = datetime.fromisoformat(event[FIELDS["hour"].name]).astimezone(UTC)
                cells = list(event[FIELDS["cells"].name])
            except (ValueError, KeyError, TypeError, OverflowError):
                self.torn += 1
                continue
            for cell in cells:
                recorded = _recorded(hour, cell)
                if recorded is None:
                    self.torn += 1
                else:
                    yield recorded


def _recorded(hour: datetime, cell: object) -> Recorded | None:
    try:
        if not isinstance(cell, Mapping) or type(cell["count"]) is not int or cell["count"] < 1:
            return None
        evidence = tuple(_place(place) for place in cell["evidence"])
        unknown = _text(cell.get("unknown", ""))
        article = _text(cell["article"]) if evidence or unknown else ANY
        version, door = (_text(cell.get(name, ANY)) for name in ("version", "door"))
        treatments = tuple(map(_text, cell.get("treatments", ())))
    except (KeyError, TypeError, AttributeError):
        return None
    return Recorded(hour, article, version, door, evidence, unknown, treatments, cell["count"])


def _place(place: Mapping[str, object]) -> Place:
    subdivision, registered = (
        None if place.get(name) is None else _text(place[name]) for name in ("subdivision", "registered")
    )
    return Place(_text(place["source"]), _text(place["country"]), subdivision, registered)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
