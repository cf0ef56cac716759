"""Decisions where their rules meet, sentences word for word: each test is one that a small fault would break."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from gateway.content.doors import Door
from gateway.geo.location import Location
from gateway.geo.region import Standing
from gateway.policy.decide import decide, next_boundary
from gateway.policy.decision import Decision, DueNotice, Reason, Treatments, Withheld
from gateway.policy.match import MEMO_SIZE, candidates, media_matching, path_matches, why_not
from gateway.policy.merge import Due, fingerprint
from gateway.policy.model import PROTECTIONS, NoticePlace, NoticeText
from gateway.policy.readers import standing_in
from tests.policy.world import CONFIRMED, INSIDE, NOW, OUTSIDE, POSSIBLE, article, notice, policies, policy, reader

WARN = "notice: warn"
BLOCK = "block: {notice: gone}"
AWAY = "redirect: {to: /away}"
SUBSTITUTE = "substitute: {part: p3, with: texts/t.md}"
LETTERS = ("p9", "p1", "p5", "p3", "p7", "p2")


def sentence(readers: str, location: Location) -> str:
    """The part of the trace that says where the reader stands."""
    decision = decide(policies(policy(WARN, readers=readers)), article(), location, Door.HTML, NOW)
    return decision.trace[0].reason.rpartition("; ")[0]


def at_home(*actions: str, name: str = "p", door: Door = Door.HTML, **more: str) -> Decision:
    made = policies(policy("\n".join(actions), name=name), **more)
    return decide(made, article(), reader({"RU": CONFIRMED}), door, NOW)


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


def test_media_without_rights_of_their_own_are_not_meant_by_rights() -> None:
    made = policies(policy(WARN, articles="{media: {rights: [us-only]}}")).policies[0]
    facts = article(media=("a.jpg", "b.jpg"), media_rights=(("a.jpg", frozenset({"us-only"})), ("b.jpg", frozenset())))
    assert media_matching(made.articles, facts) == {"a.jpg"}
    anything = policies(policy(WARN)).policies[0]
    assert media_matching(anything.articles, facts) == {"a.jpg", "b.jpg"}


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


def test_a_translation_whose_original_is_not_at_hand_is_known_by_its_originals_slug() -> None:
    made = policies(policy(BLOCK, articles="{slugs: [one]}"))
    assert [one.name for one in candidates(made, article("eins", translation_of="one"))] == ["p"]
    assert candidates(made, article("zwei")) == ()


def test_policies_are_asked_in_the_order_of_precedence_however_far_apart_they_stand() -> None:
    meant = [policy(AWAY, name=f"p{number}", articles="{slugs: [a]}") for number in (1, 8)]
    others = [policy(BLOCK, name=f"p{number}", articles="{slugs: [other]}") for number in (0, 2, 3, 4, 5, 6, 7, 9)]
    assert [one.name for one in candidates(policies(*meant, *others), article())] == ["p1", "p8"]


def test_a_translation_is_told_why_it_is_not_meant_itself() -> None:
    made = policies(policy(WARN, articles="{sections: [world], tags: [courts]}")).policies[0]
    original = article("one", tags=frozenset())
    told = why_not(made.articles, article("eins", section="local", translation_of="one"), original)
    assert told == "its section is 'local'"


@pytest.mark.parametrize(("before", "after"), [(65_535, 65_536), (65_536, 1)])
def test_the_memo_of_candidates_forgets_all_rather_than_grow_for_good(before: int, after: int) -> None:
    made = policies(policy(WARN))
    made.found.update({("made up", number): () for number in range(before)})
    assert [one.name for one in candidates(made, article())] == ["p"]
    assert len(made.found) == after
    assert MEMO_SIZE == 65_536


@pytest.mark.parametrize(
    ("articles", "told"),
    [
        ("{slugs: [other]}", "its slug is not named"),
        ("{sections: [local]}", "its section is 'world'"),
        ("{tags: [health]}", "it has none of the tags"),
        ('{published: {from: "2026-01-01T00:00:01Z"}}', "it was published before"),
        ('{published: {from: "2026-01-01T00:00:00Z"}}', ""),
        ('{published: {until: "2026-01-01T00:00:00Z"}}', "it was published after"),
        ('{published: {until: "2026-01-01T00:00:01Z"}}', ""),
        ("{paths: [/sections/*]}", "its path is not named"),
        ("{paths: [/articles/*]}", ""),
        ("{media: {rights: [us-only]}}", "none of its media has these rights"),
        ("{languages: [de]}", "its language is 'en'"),
        ("{sections: [world], except: {slugs: [a]}}", "it is excepted"),
        ("{sections: [world], except: {slugs: [b]}}", ""),
    ],
)
def test_the_trace_says_why_an_article_is_not_meant(articles: str, told: str) -> None:
    assert why_not(policies(policy(WARN, articles=articles)).policies[0].articles, article()) == told


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*/articles/*", "/articles/a", True),
        ("/*b*b*", "/xb", False),
        ("/*b*b*", "/xbb", True),
        ("/*bb*b*", "/xbbb", True),
        ("/*ab*ba*", "/xaba", False),
        ("/a*a", "/a", False),
    ],
)
def test_no_letter_of_a_path_serves_two_pieces_of_a_pattern(pattern: str, path: str, fits: bool) -> None:
    assert path_matches(pattern, path) == fits


def test_a_translation_can_be_named_itself() -> None:
    made = policies(policy(BLOCK, articles="{slugs: [eins]}"))
    assert [one.name for one in candidates(made, article("eins", translation_of="one"))] == ["p"]


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


@pytest.mark.parametrize("seconds", [-1, 0])
def test_a_correction_that_has_ended_ends_nothing(seconds: int) -> None:
    here = reader({"RU": CONFIRMED}, valid_until=NOW + timedelta(seconds=seconds))
    assert decide(policies(policy(WARN)), article(), here, Door.HTML, NOW).valid_until is None


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


def test_the_next_boundary_is_that_of_any_policy_that_is_not_off() -> None:
    window = "effective: [{{from: {}T00:00:00Z}}]"
    made = policies(
        policy(WARN, name="a", more=window.format("2027-03-01")),
        policy(WARN, name="b", more="state: shadow\n" + window.format("2027-02-01")),
        policy(WARN, name="c", more="state: off\n" + window.format("2027-01-01")),
    )
    assert next_boundary(made, NOW) == datetime(2027, 2, 1, tzinfo=UTC)
    assert next_boundary(policies(policy(WARN)), NOW) is None


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
