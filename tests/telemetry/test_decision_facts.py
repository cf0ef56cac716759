"""Hourly counts from which no reader can be told, and which lose no reading."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.content.article import Facts
from gateway.geo.location import Location
from gateway.geo.region import Place
from gateway.policy.decision import Decision, Treatments
from gateway.telemetry.decision_facts import SMALLEST_CELL, DecisionFacts

NOW = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)
FACTS = Facts("ferry", "v1", "en", "world", frozenset(), datetime(2026, 1, 1, tzinfo=UTC))
DECISION = Decision(Treatments(protect=frozenset({"sharing"})), (), True, None, "f1")


def at(country: str, subdivision: str | None = None) -> Location:
    return Location(evidence=(Place("dbip", country, subdivision),))


def cells_of(facts: DecisionFacts, **closing: bool) -> list[dict[str, object]]:
    told = facts.flush(NOW + timedelta(hours=1), **closing)
    return [cell for event in told for cell in event["cells"]]  # type: ignore[attr-defined]


def test_a_cell_of_ten_is_told_whole() -> None:
    facts = DecisionFacts()
    for _ in range(10):
        facts.record(at("UA", "UA-43"), DECISION, FACTS, "html", NOW)
    assert cells_of(facts) == [
        {
            "article": "ferry",
            "version": "v1",
            "door": "html",
            "evidence": [{"source": "dbip", "country": "UA", "subdivision": "UA-43"}],
            "treatments": ["protect:sharing"],
            "count": 10,
        }
    ]


def test_fewer_than_ten_are_merged_first_by_place_then_by_article() -> None:
    facts = DecisionFacts()
    for subdivision in ("UA-43", "UA-40"):
        for _ in range(6):
            facts.record(at("UA", subdivision), DECISION, FACTS, "html", NOW)
    for slug in ("a", "b", "c"):
        for _ in range(4):
            facts.record(at("LV"), DECISION, replace(FACTS, slug=slug), "html", NOW)
    facts.record(at("NG"), DECISION, FACTS, "html", NOW)
    cells = cells_of(facts)
    assert [(cell["article"], cell["evidence"], cell["count"]) for cell in cells] == [
        ("ferry", [{"source": "dbip", "country": "UA"}], 12),
        ("*", [{"source": "dbip", "country": "LV"}], 12),
        ("*", [], 1),
    ]


READINGS = st.lists(
    st.tuples(st.sampled_from(["RU", "UA", "LV"]), st.sampled_from([None, "UA-43", "UA-40"]), st.sampled_from("abc")),
    max_size=150,
)


@given(READINGS)
def test_no_cell_that_says_anything_is_under_ten_and_no_reading_is_lost(
    readings: list[tuple[str, str | None, str]],
) -> None:
    facts = DecisionFacts()
    for country, subdivision, slug in readings:
        facts.record(at(country, subdivision), DECISION, replace(FACTS, slug=slug), "html", NOW)
    cells = cells_of(facts)
    assert sum(int(str(cell["count"])) for cell in cells) == len(readings)
    assert all(int(str(cell["count"])) >= SMALLEST_CELL for cell in cells if not cell.get("merged"))


def test_hours_are_told_when_they_have_ended() -> None:
    facts = DecisionFacts()
    for _ in range(10):
        facts.record(at("LV"), DECISION, FACTS, "html", NOW)
    assert facts.flush(NOW + timedelta(minutes=50)) == []
    facts.record(at("LV"), DECISION, FACTS, "html", NOW + timedelta(hours=1))
    (event,) = facts.flush(NOW + timedelta(hours=1))
    assert event["hour"] == "2026-11-23T10:00:00Z"
    (event,) = facts.flush(NOW + timedelta(hours=1), closing=True)
    assert event["hour"] == "2026-11-23T11:00:00Z"
    assert facts.flush(NOW + timedelta(hours=9)) == []


def test_many_cells_are_told_in_lines_of_ten() -> None:
    facts = DecisionFacts()
    for n in range(45):
        for _ in range(10):
            facts.record(at("LV"), DECISION, replace(FACTS, slug=f"a{n}"), "html", NOW)
    assert [len(event["cells"]) for event in facts.flush(NOW, closing=True)] == [10, 10, 10, 10, 5]  # type: ignore[arg-type]


@given(READINGS, st.integers(1, 9))
def test_an_hour_told_a_few_steps_at_a_time_is_the_same_hour(
    readings: list[tuple[str, str | None, str]], steps: int
) -> None:
    whole, little, told = DecisionFacts(), DecisionFacts(), []
    for facts in (whole, little):
        for country, subdivision, slug in readings:
            facts.record(at(country, subdivision), DECISION, replace(FACTS, slug=slug), "html", NOW)
    little.flush(NOW + timedelta(hours=1), steps=0)
    while little.telling:
        at_once = little.flush(NOW + timedelta(hours=1), steps=steps)
        assert len(at_once) <= steps
        told += at_once
    assert told == whole.flush(NOW + timedelta(hours=1))
