"""Decisions where their rules meet, sentences word for word: each test is one that a small fault would break."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.content.doors import Door
from gateway.policy.decide import decide, next_boundary
from gateway.policy.decision import Decision, DueNotice, Treatments, Withheld
from gateway.policy.merge import Due, fingerprint
from gateway.policy.model import PROTECTIONS, NoticePlace, NoticeText
from gateway.policy.readers import standing_in
from tests.policy.world import CONFIRMED, NOW, OUTSIDE, POSSIBLE, article, notice, policies, policy, reader

WARN = "notice: warn"
BLOCK = "block: {notice: gone}"
AWAY = "redirect: {to: /away}"
SUBSTITUTE = "substitute: {part: p3, with: texts/t.md}"
LETTERS = ("p9", "p1", "p5", "p3", "p7", "p2")


def at_home(*actions: str, name: str = "p", door: Door = Door.HTML, **more: str) -> Decision:
    made = policies(policy("\n".join(actions), name=name), **more)
    return decide(made, article(), reader({"RU": CONFIRMED}), door, NOW)


def test_where_no_standing_was_worked_out_only_an_unknown_reader_may_be_there() -> None:
    assert standing_in(reader(unknown="no-record"), "DE") is POSSIBLE
    assert standing_in(reader(), "DE") is OUTSIDE


def test_a_refusal_falls_back_to_english_before_any_other_language() -> None:
    german = {"notices/gone/de.md": notice("Nicht hier", conditional=False, text="Ein Gericht verbietet es.")}
    made = policies(policy(BLOCK), **german)
    refusal = decide(made, article(language="fr"), reader({"RU": CONFIRMED}), Door.HTML, NOW).treatments.refusal
    assert refusal
    assert refusal.notice.language == "en"


def test_what_an_action_touches_is_told_in_order() -> None:
    facts = article(parts=frozenset(LETTERS), media=LETTERS)
    held = f"withhold: {{parts: [{', '.join(LETTERS)}], media: [{', '.join(LETTERS)}], notice: gone}}"
    made = policies(policy(f"{held}\nprotect: all\n{WARN}\n{SUBSTITUTE}"), **{"texts/t.md": "Other."}).policies[0]
    withhold, protect, warn, substitute = (Due(made, action) for action in made.actions)
    assert withhold.scope(facts) == (*sorted(LETTERS), *sorted(LETTERS))
    assert protect.scope(facts) == tuple(sorted(PROTECTIONS))
    assert warn.scope(facts) == ("page",)
    assert substitute.scope(facts) == ("part:p3",)
    assert substitute.scope(article(parts=frozenset({"p4"}))) == ()
    assert warn.media(facts) == frozenset()


def test_protection_goes_with_a_redirect_and_notices_into_the_metadata_of_a_refusal() -> None:
    away = at_home(AWAY, "protect: [sharing]").treatments
    assert (away.status, away.protect) == (302, {"sharing"})
    refused = at_home(BLOCK, WARN, "protect: [sharing]").treatments
    assert [due.id for due in refused.social] == ["warn"]
    assert refused.protect == {"sharing"}


@pytest.mark.parametrize("action", [BLOCK, AWAY])
def test_a_refusal_or_redirect_is_the_same_outcome_whatever_the_policy_is_called(action: str) -> None:
    assert at_home(action, name="a").fingerprint == at_home(action, name="b").fingerprint


def test_a_fingerprint_is_the_same_in_every_process_whatever_order_sets_have_there() -> None:
    text = NoticeText("warn", "en", "Title", "<p>Text</p>", "Text")
    due = DueNotice("warn", NoticePlace.BANNER, text)
    treatments = Treatments(
        notices=(due,),
        protect=frozenset(PROTECTIONS),
        withheld=(Withheld(frozenset(LETTERS), frozenset(LETTERS), text),),
        substitutes=(("title", "Other \ud800"),),
        headers=(("X-Robots-Tag", "noindex"),),
        social=(due,),
    )
    assert fingerprint(treatments) == "50c4dfe07474192faee1836af40503c6"


@pytest.mark.parametrize("what", ["parts: [p3]", "media: [photo.jpg]"])
def test_what_two_policies_withhold_is_marked_once_by_the_first(what: str) -> None:
    first = policy(f"withhold: {{{what}, notice: warn}}", name="a")
    second = policy(f"withhold: {{{what}, notice: gone}}", name="b")
    decision = decide(policies(first, second), article(), reader({"RU": CONFIRMED}), Door.HTML, NOW)
    assert [held.notice.id for held in decision.treatments.withheld] == ["warn"]
    assert decision.policies == ("a", "b")


def test_of_two_texts_for_one_place_the_first_policys_stands() -> None:
    first, second = (policy(f"substitute: {{part: p3, with: texts/{name}.md}}", name=name) for name in ("a", "b"))
    made = policies(first, second, **{"texts/a.md": "The first.", "texts/b.md": "The second."})
    decision = decide(made, article(), reader({"RU": CONFIRMED}), Door.HTML, NOW)
    assert decision.treatments.substitutes == (("part:p3", "The first."),)


def test_of_two_values_for_one_header_the_first_policys_stands() -> None:
    first, second = (
        policy(f"headers: {{X-Robots-Tag: {value}}}", name=name) for name, value in (("a", "noindex"), ("b", "none"))
    )
    decision = decide(policies(first, second), article(), reader({"RU": CONFIRMED}), Door.HTML, NOW)
    assert decision.treatments.headers == (("X-Robots-Tag", "noindex"),)


@pytest.mark.parametrize("door", list(Door))
@pytest.mark.parametrize(
    ("show", "doors"),
    [
        ("[article]", {Door.HTML, Door.JSON, Door.FEED}),
        ("[listing]", {Door.LISTING, Door.FEED}),
        ("[article, listing]", {Door.HTML, Door.JSON, Door.FEED, Door.LISTING}),
    ],
)
def test_a_notice_shows_at_these_doors_and_no_others(door: Door, show: str, doors: set[Door]) -> None:
    decision = at_home(f"notice: {{id: warn, show: {show}}}", door=door)
    assert [due.id for due in decision.treatments.notices] == (["warn"] if door in doors else [])
    assert [due.id for due in decision.treatments.social] == (["warn"] if door is Door.HTML and door in doors else [])
    assert decision.depends_on_place == (door in doors and door in {Door.HTML, Door.LISTING})


@pytest.mark.parametrize("articles", ["all", "{sections: [sport]}"])
@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_a_decision_ends_with_a_correction_that_has_not_ended(seconds: int, articles: str) -> None:
    until, made = NOW + timedelta(seconds=seconds), policies(policy(WARN, articles=articles))
    decision = decide(made, article(), reader({"RU": CONFIRMED}, valid_until=until), Door.HTML, NOW)
    assert bool(decision.treatments.notices) == (articles == "all")
    assert decision.valid_until == (until if seconds > 0 else None)


def test_the_next_boundary_is_that_of_any_policy_that_is_not_off() -> None:
    window = "effective: [{{from: {}T00:00:00Z}}]"
    made = policies(
        policy(WARN, name="a", more=window.format("2027-03-01")),
        policy(WARN, name="b", more="state: shadow\n" + window.format("2027-02-01")),
        policy(WARN, name="c", more="state: off\n" + window.format("2027-01-01")),
    )
    assert next_boundary(made, NOW) == datetime(2027, 2, 1, tzinfo=UTC)
    assert next_boundary(policies(policy(WARN)), NOW) is None


def test_only_what_the_article_has_is_withheld_from_it() -> None:
    held = at_home("withhold: {parts: [p3, p9], media: [photo.jpg, other.jpg], notice: gone}").treatments.withheld
    assert [(one.parts, one.media) for one in held] == [({"p3"}, {"photo.jpg"})]


def test_headers_come_in_the_order_of_their_names() -> None:
    headers = at_home("headers: {X-Robots-Tag: noindex, TDM-Reservation: 1}").treatments.headers
    assert headers == (("TDM-Reservation", "1"), ("X-Robots-Tag", "noindex"))
    two = policies(policy("headers: {X-Robots-Tag: none}", name="a"), policy("headers: {TDM-Policy: /a}", name="b"))
    headers = decide(two, article(), reader({"RU": CONFIRMED}), Door.HTML, NOW).treatments.headers
    assert headers == (("TDM-Policy", "/a"), ("X-Robots-Tag", "none")), "whichever policy sets them"
