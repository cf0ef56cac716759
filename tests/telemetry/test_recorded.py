"""What the log says of decisions is read back as it was meant, however the log was torn."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gateway.content.article import Facts
from gateway.geo.location import Location
from gateway.geo.region import Place
from gateway.policy.decision import Decision, Treatments
from gateway.policy.impact import Recorded
from gateway.telemetry.decision_facts import DecisionFacts
from gateway.telemetry.logs import start_logging
from gateway.telemetry.recorded import RecordedFacts

NOW = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)
HOUR = NOW.replace(minute=0)
FACTS = Facts("ferry", "v1", "en", "world", frozenset(), NOW)
DECISION = Decision(Treatments(protect=frozenset({"sharing"})), (), True, None, "f1")
CRIMEA = (Place("dbip", "UA", "UA-43"), Place("whois", "RU"), Place("asn", "UA", None, "RU"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
PLACES = st.lists(JSON | st.fixed_dictionaries({"source": JSON, "country": JSON}, optional={"subdivision": JSON}))
CELLS = st.fixed_dictionaries(
    {"article": JSON, "count": JSON | st.integers(1, 99), "evidence": JSON | PLACES},
    optional={"treatments": JSON, "unknown": JSON, "door": JSON},
)


def logged(path: Path) -> list[bytes]:
    """Ten readings on three sources, eleven at an unknown place, two that are merged; through the real log."""
    facts = DecisionFacts()
    facts.record(Location(CRIMEA), DECISION, FACTS, "html", NOW, 10)
    facts.record(Location(unknown="relay"), DECISION, FACTS, "json", NOW, 11)
    facts.record(Location((Place("dbip", "NG"),)), DECISION, FACTS, "html", NOW, 2)
    events = start_logging("json", path)
    events.emit("gateway_started", policies=1)
    for fields in facts.flush(NOW, closing=True):
        events.emit("decision_facts", hour=fields["hour"], cells=fields["cells"])
    events.close()
    return path.read_bytes().splitlines(keepends=True)


def test_what_was_logged_is_read_back(tmp_path: Path) -> None:
    reading = RecordedFacts()
    assert list(reading.read(logged(tmp_path / "log"))) == [
        Recorded(HOUR, "ferry", "v1", "html", CRIMEA, "", ("protect:sharing",), 10),
        Recorded(HOUR, "ferry", "v1", "json", (), "relay", ("protect:sharing",), 11),
        Recorded(HOUR, "*", "*", "*", (), "", (), 2),
    ]
    assert not reading.torn


def test_a_line_torn_anywhere_is_counted_and_the_others_are_read(tmp_path: Path) -> None:
    started, told = logged(tmp_path / "log")
    for length in range(1, len(told) - 2):
        reading = RecordedFacts()
        found = list(reading.read([started, told[:length] + b"\n", b"\xff\xfe{not json", told]))
        assert sum(recorded.count for recorded in found) == 23
        assert reading.torn == (b'"decision_facts"' in told[:length])


@given(st.lists(JSON | CELLS) | JSON, JSON | st.just("2026-11-23T10:00:00Z"))
def test_no_cell_can_break_the_reading(cells: object, hour: object) -> None:
    line = json.dumps({"event.action": "decision_facts", "gateway.facts.hour": hour, "gateway.facts.cells": cells})
    for recorded in RecordedFacts().read([line.encode()]):
        assert recorded.count > 0
