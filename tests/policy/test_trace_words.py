"""The sentences of the trace, word for word."""

from __future__ import annotations

import dataclasses

import pytest

from gateway.content.doors import Door
from gateway.geo.location import Location
from gateway.geo.region import Standing
from gateway.policy.decide import decide
from gateway.policy.decision import Decision, Reason, Treatments
from tests.policy.world import CONFIRMED, INSIDE, NOW, POSSIBLE, article, policies, policy, reader

WARN = "notice: warn"
BLOCK = "block: {notice: gone}"
AWAY = "redirect: {to: /away}"
SUBSTITUTE = "substitute: {part: p3, with: texts/t.md}"
LETTERS = ("p9", "p1", "p5", "p3", "p7", "p2")


def at_home(*actions: str, name: str = "p", door: Door = Door.HTML, **more: str) -> Decision:
    made = policies(policy("\n".join(actions), name=name), **more)
    return decide(made, article(), reader({"RU": CONFIRMED}), door, NOW)


def sentence(readers: str, location: Location) -> str:
    """The part of the trace that says where the reader stands."""
    decision = decide(policies(policy(WARN, readers=readers)), article(), location, Door.HTML, NOW)
    return decision.trace[0].reason.rpartition("; ")[0]


@pytest.mark.parametrize(
    ("readers", "standings", "said"),
    [
        ("all", {}, "the policy is for all readers"),
        ("{in: [RU, DE, FR]}", {}, "the reader is outside RU, DE or FR"),
        ("{in: [RU, DE, FR]}", {"RU": INSIDE, "DE": POSSIBLE, "FR": INSIDE}, "the reader is inside RU or FR"),
        ("{not_in: [office]}", {}, "the reader is outside office, which 'not_in' leaves out"),
        ("{not_in: [office]}", {"office": CONFIRMED}, "the reader is confirmed in office, which 'not_in' leaves out"),
        ("{not_in: [AT, CH]}", {"AT": POSSIBLE}, "the reader may be in AT, which 'not_in' leaves out"),
        ("{in: [RU], not_in: [AT, CH]}", {"RU": CONFIRMED}, "the reader is confirmed in RU"),
    ],
)
def test_the_trace_says_where_the_reader_stands(readers: str, standings: dict[str, Standing], said: str) -> None:
    assert sentence(readers, reader(standings)) == said


def test_the_trace_of_an_unknown_reader_names_only_regions_that_the_policy_names() -> None:
    assert sentence("{in: [RU]}", reader({"RU": POSSIBLE}, unknown="no-record")) == "the reader may be in RU"


def test_the_trace_of_a_registration_names_the_list_taken_together() -> None:
    registered = reader({"RU": POSSIBLE, "held": POSSIBLE}, registered_holders=frozenset({"RU"}))
    said = sentence("{in: [RU, held]}", registered)
    assert said == "the reader is inside RU or held taken together, by the network's registration"


def test_a_policy_that_cannot_be_decided_says_so_and_nobody_keeps_the_page() -> None:
    made = dataclasses.replace(policies(policy(WARN, readers="all")), notices={})
    decision = decide(made, article(), reader(), Door.HTML, NOW)
    assert decision.trace == (Reason("p", False, None, "it could not be decided (KeyError: 'warn')", failed=True),)
    assert decision.depends_on_place
    assert decision.treatments == Treatments()


def test_a_policy_in_shadow_outside_its_time_is_still_told_as_a_shadow() -> None:
    made = policies(policy(WARN, more="state: shadow\neffective: [{until: 2026-01-01T00:00:00Z}]"))
    trace = decide(made, article(), reader({"RU": CONFIRMED}), Door.HTML, NOW).trace
    assert trace == (Reason("p", False, None, "the policy ended 2026-01-01T00:00:00+00:00", (), True),)


CONFIRMED_RU = "the reader is confirmed in RU; enough for what needs"


@pytest.mark.parametrize(
    ("actions", "door", "reason", "applied"),
    [
        ([WARN], Door.HTML, f"{CONFIRMED_RU} possible", ("notice:warn",)),
        ([WARN, BLOCK], Door.HTML, f"{CONFIRMED_RU} possible or confirmed", ("notice:warn", "block:gone")),
        (
            [BLOCK, AWAY],
            Door.HTML,
            f"{CONFIRMED_RU} confirmed; outranked: redirect",
            ("block:gone",),
        ),
        (
            ["protect: [sharing]"],
            Door.JSON,
            "the reader is confirmed in RU; whoever fetches the json is not its reader, so protection goes with it"
            " wherever it goes",
            ("protect:sharing",),
        ),
        ([WARN], Door.MEDIA, "the reader is confirmed in RU; nothing of it concerns this page", ()),
    ],
)
def test_the_trace_tells_the_whole_reason(
    actions: list[str], door: Door, reason: str, applied: tuple[str, ...]
) -> None:
    assert at_home(*actions, door=door).trace == (Reason("p", bool(applied), CONFIRMED, reason, applied),)


def test_the_trace_says_for_whom_alone_a_policy_acts_now() -> None:
    window = "effective: [{in: [DE], from: 2026-01-01T00:00:00Z}, {in: [FR, DE], from: 2026-01-01T00:00:00Z}]"
    made = policies(policy(WARN, more=window))
    reason = decide(made, article(), reader({"RU": CONFIRMED, "DE": POSSIBLE}), Door.HTML, NOW).trace[0]
    assert reason.reason == (
        "the reader is confirmed in RU; now it acts only for readers in DE, FR; enough for what needs possible"
    )
    assert reason.standing is POSSIBLE


def test_the_whole_trace_has_every_policy_in_order() -> None:
    made = policies(
        policy(WARN, name="a", articles="{slugs: [other]}"),
        policy(WARN, name="b"),
        policy(WARN, name="c", more="state: off"),
    )
    decision = decide(made, article(), reader({"RU": CONFIRMED}), Door.HTML, NOW, whole_trace=True)
    assert decision.trace == (
        Reason("a", False, None, "the policy means other articles: its slug is not named"),
        Reason("b", True, CONFIRMED, f"{CONFIRMED_RU} possible", ("notice:warn",)),
        Reason("c", False, None, "the policy is off"),
    )
    assert len(decide(made, article(), reader(), Door.HTML, NOW).trace) == 1


@pytest.mark.parametrize(
    ("actions", "door", "end"),
    [
        (
            [BLOCK, AWAY, "withhold: {parts: [p3], notice: gone}"],
            Door.HTML,
            "confirmed; outranked: redirect, withhold:p3",
        ),
        ([WARN, "withhold: {parts: [p9], notice: gone}"], Door.HTML, "; enough for what needs possible"),
    ],
)
def test_the_trace_ends_with_what_decided(actions: list[str], door: Door, end: str) -> None:
    assert at_home(*actions, door=door).trace[0].reason.endswith(end)


def test_the_trace_of_a_block_that_does_not_apply_says_nothing_of_protection() -> None:
    made = policies(policy(BLOCK))
    reason = decide(made, article(), reader(), Door.FEED, NOW).trace[0].reason
    assert reason == "the reader is outside RU; not enough for what needs confirmed"


def test_the_trace_of_a_policy_whose_time_is_over_says_when_it_ended_not_when_it_began() -> None:
    made = policies(policy(WARN, more="effective: [{from: 2025-01-01T00:00:00Z, until: 2026-01-01T00:00:00Z}]"))
    reason = decide(made, article(), reader(), Door.HTML, NOW).trace[0].reason
    assert reason == "the policy ended 2026-01-01T00:00:00+00:00"
