"""What a reader gets: who is meant, how surely, until when. Each test is a promise of the interface."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.content.doors import Door
from gateway.geo.region import Standing
from gateway.policy.decide import decide, next_boundary
from gateway.policy.decision import Decision
from gateway.policy.match import path_matches
from gateway.policy.model import PROTECTIONS, PolicySet
from tests.policy.world import CONFIRMED, INSIDE, NOW, OUTSIDE, POSSIBLE, article, notice, policies, policy, reader

BLOCK = "block: {notice: gone}"
WARN = "notice: warn"
NOT_ENOUGH = "not enough for what needs possible"
LEFT_OUT = "which 'not_in' leaves out"


def names(decision: Decision) -> set[str]:
    return set(decision.treatments.names())


def decided(policy_set: PolicySet, standing: Standing, region: str = "RU", door: Door = Door.HTML) -> Decision:
    return decide(policy_set, article(), reader({region: standing}), door, NOW)


@pytest.mark.parametrize(
    ("action", "certainty", "applies_from"),
    [
        (WARN, "", POSSIBLE),
        ("protect: all", "", POSSIBLE),
        (BLOCK, "", CONFIRMED),
        ("withhold: {parts: [p3], notice: gone}", "", CONFIRMED),
        ("withhold: {media: [photo.jpg], notice: gone}", "", CONFIRMED),
        ("redirect: {to: /elsewhere}", "", CONFIRMED),
        ("substitute: {part: p3, with: texts/p3.md}", "", CONFIRMED),
        ("headers: {X-Robots-Tag: noindex}", "", CONFIRMED),
        (BLOCK, "anyone", OUTSIDE),
        (BLOCK, "possible", POSSIBLE),
        (BLOCK, "inside", INSIDE),
        (WARN, "anyone", OUTSIDE),
        (WARN, "inside", INSIDE),
        (WARN, "confirmed", CONFIRMED),
    ],
)
def test_an_action_applies_from_its_certainty_upwards_and_never_below(
    action: str, certainty: str, applies_from: Standing
) -> None:
    text = policy("x").replace("  - x", f"  - {action}" + (f"\n    certainty: {certainty}" if certainty else ""))
    made = policies(text, **{"texts/p3.md": "Other words."})
    for standing in Standing:
        decision = decided(made, standing)
        assert bool(names(decision)) == (standing >= applies_from), standing


@pytest.mark.parametrize("inside", Standing)
@pytest.mark.parametrize("lifted", Standing)
def test_in_and_not_in_combine_as_kleenes_and(inside: Standing, lifted: Standing) -> None:
    made = policies(policy(WARN, readers="{in: [RU], not_in: [DE]}"))
    complement = {OUTSIDE: CONFIRMED, POSSIBLE: POSSIBLE, INSIDE: OUTSIDE, CONFIRMED: OUTSIDE}[lifted]
    decision = decide(made, article(), reader({"RU": inside, "DE": lifted}), Door.HTML, NOW)
    assert decision.trace[0].standing == min(inside, complement)


@pytest.mark.parametrize("first", Standing)
@pytest.mark.parametrize("second", Standing)
def test_within_a_list_the_highest_standing_counts(first: Standing, second: Standing) -> None:
    made = policies(policy(WARN, readers="{in: [RU, DE]}"))
    decision = decide(made, article(), reader({"RU": first, "DE": second}), Door.HTML, NOW)
    assert decision.trace[0].standing == max(first, second)


def test_a_block_never_rests_on_doubt() -> None:
    made = policies(policy(BLOCK, readers="{in: [DE]}"))
    assert decided(made, POSSIBLE, "DE").treatments.status == 200
    assert decided(made, INSIDE, "DE").treatments.status == 200
    assert decided(made, CONFIRMED, "DE").treatments.status == 451


def test_a_reader_registered_with_the_holder_is_inside_the_union_and_possible_in_each_part() -> None:
    here = reader({"RU": POSSIBLE, "held": POSSIBLE}, registered_holders=frozenset({"RU"}))
    union = policies(policy(WARN + "\nheaders: {X-Robots-Tag: noindex}", readers="{in: [RU, held]}"))
    part = policies(policy(WARN, readers="{in: [RU]}"))
    assert decide(union, article(), here, Door.HTML, NOW).trace[0].standing == INSIDE
    assert decide(part, article(), here, Door.HTML, NOW).trace[0].standing == POSSIBLE
    lifted = policies(policy(WARN, readers="{not_in: [RU, held]}"))
    assert decide(lifted, article(), here, Door.HTML, NOW).trace[0].standing == OUTSIDE


def test_an_unknown_reader_may_be_in_a_region_whose_standing_nobody_worked_out() -> None:
    made = policies(policy(WARN))
    assert names(decide(made, article(), reader(unknown="no-record"), Door.HTML, NOW)) == {"notice:warn"}
    assert not names(decide(made, article(), reader(), Door.HTML, NOW))


def test_where_readers_are_everyone_a_block_is_410() -> None:
    assert decided(policies(policy(BLOCK, readers="all")), OUTSIDE).treatments.status == 410
    for_some = policy(BLOCK, readers="all", more="effective: [{in: [RU], from: 2026-01-01T00:00:00Z}]")
    assert decided(policies(for_some), CONFIRMED).treatments.status == 451


def test_a_block_goes_before_a_redirect_and_a_redirect_before_the_page() -> None:
    redirect = policy("redirect: {to: /away}", name="a")
    block = policy(BLOCK, name="b")
    withhold = policy("withhold: {parts: [p3], notice: gone}", name="c")
    both = decided(policies(redirect, block, withhold), CONFIRMED)
    assert names(both) == {"block:gone"}
    assert "outranked: redirect" in both.trace[0].reason
    assert names(decided(policies(redirect, withhold), CONFIRMED)) == {"redirect"}


def test_protection_and_notices_go_with_a_refusal() -> None:
    made = policies(policy(f"{BLOCK}\n{WARN}\nprotect: [sharing]"))
    assert names(decided(made, CONFIRMED)) == {"block:gone", "notice:warn", "protect:sharing"}


def test_the_higher_priority_speaks_and_then_the_name() -> None:
    first = policy(BLOCK, name="a")
    second = policy("block: {notice: warn}", name="b", more="priority: 5")
    assert decided(policies(first, second), CONFIRMED).policies == ("b",)
    assert decided(policies(first, second.replace("priority: 5", "")), CONFIRMED).policies == ("a",)


def test_an_identical_notice_shows_once_in_the_place_of_the_first() -> None:
    one = policy("notice: {id: warn, place: banner}", name="a")
    two = policy("notice: {id: warn, place: after-body}", name="b")
    decision = decided(policies(one, two), CONFIRMED)
    assert [(due.id, due.place.value) for due in decision.treatments.notices] == [("warn", "banner")]
    assert decision.policies == ("a", "b")


def test_a_due_notice_is_never_dropped_for_want_of_a_language() -> None:
    made = policies(policy("notice: {id: warn, fallback: [ru]}"))
    for language, shown in {"ru": "ru", "en-GB": "en", "de": "ru"}.items():
        decision = decide(made, article(language=language), reader({"RU": CONFIRMED}), Door.HTML, NOW)
        assert decision.treatments.notices[0].text.language == shown
    last = policies(policy("notice: {id: warn, fallback: [fr]}"))
    assert decide(last, article(language="de"), reader({"RU": CONFIRMED}), Door.HTML, NOW).treatments.notices


def test_a_policy_in_shadow_is_decided_and_named_but_does_nothing() -> None:
    decision = decided(policies(policy(f"{BLOCK}\n{WARN}", more="state: shadow")), CONFIRMED)
    assert not names(decision)
    assert decision.shadow == ("p=block:gone", "p=notice:warn")
    assert decision.policies == ()
    assert not decision.depends_on_place


def test_a_policy_that_is_off_is_only_explained() -> None:
    made = policies(policy(BLOCK, more="state: off"))
    decision = decide(made, article(), reader({"RU": CONFIRMED}), Door.HTML, NOW, whole_trace=True)
    assert not names(decision)
    assert [reason.reason for reason in decision.trace] == ["the policy is off"]


@pytest.mark.parametrize(
    ("selector", "meant"),
    [
        ("all", True),
        ("{slugs: [a]}", True),
        ("{slugs: [b]}", False),
        ("{slugs: [b, a], sections: [world]}", True),
        ("{slugs: [a], sections: [local]}", False),
        ("{tags: [courts, x]}", True),
        ("{tags: [x]}", False),
        ("{languages: [en]}", True),
        ("{languages: [ru]}", False),
        ("{published: {from: 2026-01-01T00:00:00Z}}", True),
        ("{published: {until: 2026-01-01T00:00:00Z}}", False),
        ("{published: {from: 2025-12-31T00:00:00Z, until: 2026-01-01T00:00:01Z}}", True),
        ("{sections: [world], except: {tags: [courts]}}", False),
        ("{sections: [world], except: {tags: [x]}}", True),
        ("{paths: [/articles/*]}", True),
        ("{paths: [/x/*]}", False),
        ("{media: {rights: [us-only]}}", True),
        ("{media: {rights: [eu-only]}}", False),
    ],
)
def test_kinds_of_selector_combine_by_and_and_their_values_by_or(selector: str, meant: bool) -> None:
    facts = article(media_rights=(("photo.jpg", frozenset({"us-only"})),))
    decision = decide(policies(policy(BLOCK, articles=selector)), facts, reader({"RU": CONFIRMED}), Door.HTML, NOW)
    assert bool(names(decision)) == meant


def test_rights_that_change_beside_an_unchanged_article_change_which_policies_mean_it() -> None:
    made = policies(policy("withhold: {media: all, notice: gone}", articles="{media: {rights: [us-only]}}"))
    there = reader({"RU": CONFIRMED})
    for rights, withheld in (((), 0), ((("photo.jpg", frozenset({"us-only"})),), 1), ((), 0)):
        facts = article(media_rights=rights)
        assert len(decide(made, facts, there, Door.HTML, NOW).treatments.withheld) == withheld


def test_translations_come_along_unless_told_not_to() -> None:
    original = article("a", tags=frozenset({"x"}))
    translation = article("b", language="de", translation_of="a", tags=frozenset())
    here = reader({"RU": CONFIRMED})

    def blocked(selector: str) -> bool:
        made = policies(policy(BLOCK, articles=selector))
        return decide(made, translation, here, Door.HTML, NOW, original=original).treatments.status == 451

    assert blocked("{slugs: [a]}")
    assert blocked("{tags: [x]}")
    assert not blocked("{slugs: [a], translations: false}")
    assert not blocked("{tags: [x], translations: false}")
    assert not blocked("{tags: [x], languages: [en]}")
    assert blocked("{tags: [x], languages: [de]}")
    assert not blocked("{tags: [x], except: {slugs: [a]}}")
    by_slug_alone = policies(policy(BLOCK, articles="{slugs: [a]}"))
    assert decide(by_slug_alone, translation, here, Door.HTML, NOW).treatments.status == 451


def test_what_an_article_does_not_have_cannot_be_withheld_from_it() -> None:
    made = policies(policy("withhold: {parts: [p3], notice: gone}"))
    bare = decide(made, article(parts=frozenset()), reader({"RU": CONFIRMED}), Door.HTML, NOW)
    assert not names(bare)
    assert not bare.depends_on_place


def test_media_are_withheld_by_their_rights_alone() -> None:
    made = policies(
        policy(
            "withhold: {media: all, notice: gone}", readers="{not_in: [US]}", articles="{media: {rights: [us-only]}}"
        )
    )
    facts = article(
        media=("a.jpg", "b.jpg"), media_rights=(("a.jpg", frozenset({"us-only"})), ("b.jpg", frozenset({"worldwide"})))
    )
    decision = decide(made, facts, reader({"US": OUTSIDE}), Door.HTML, NOW)
    assert decision.treatments.withheld[0].media == {"a.jpg"}
    assert not decide(made, facts, reader({"US": CONFIRMED}), Door.HTML, NOW).treatments.withheld


def test_what_is_withheld_is_not_replaced() -> None:
    one = policy("substitute: {part: p3, with: texts/p3.md}", name="a")
    two = policy("withhold: {parts: [p3], notice: gone}", name="b")
    made = policies(one, two, **{"texts/p3.md": "Other words."})
    assert names(decided(made, CONFIRMED)) == {"withhold:p3"}
    assert decided(policies(one, **{"texts/p3.md": "Other words."}), CONFIRMED).treatments.substitutes == (
        ("part:p3", "Other words."),
    )


def test_a_rule_acts_in_its_second_and_the_answer_says_until_when_it_holds() -> None:
    made = policies(policy(BLOCK, more="effective: [{from: 2026-11-23T13:00:00+01:00, until: 2026-11-23T14:00:00Z}]"))
    start, end = datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 23, 14, tzinfo=UTC)
    here = reader({"RU": CONFIRMED})
    for now, status, until in [
        (start - timedelta(seconds=1), 200, start),
        (start, 451, end),
        (end - timedelta(microseconds=1), 451, end),
        (end, 200, None),
    ]:
        decision = decide(made, article(), here, Door.HTML, now)
        assert (decision.treatments.status, decision.valid_until) == (status, until)
    assert next_boundary(made, start) == end


def test_a_window_for_a_region_acts_for_readers_there_and_for_those_meant() -> None:
    window = "effective: [{in: [DE], until: 2027-01-01T00:00:00Z}, {in: [RU], until: 2026-01-01T00:00:00Z}]"
    made = policies(policy(WARN, readers="{in: [RU, DE]}", more=window))
    assert names(decide(made, article(), reader({"DE": CONFIRMED}), Door.HTML, NOW))
    assert not names(decide(made, article(), reader({"RU": CONFIRMED}), Door.HTML, NOW))


def test_a_policy_until_lifted_has_no_end() -> None:
    made = policies(
        policy(BLOCK, more="review_by: 2027-01-01\neffective: [{from: 2026-01-01T00:00:00Z, until: lifted}]")
    )
    decision = decided(made, CONFIRMED)
    assert (decision.treatments.status, decision.valid_until) == (451, None)


def test_only_a_policy_that_asks_for_the_place_makes_the_page_depend_on_it() -> None:
    assert decided(policies(policy(WARN)), OUTSIDE).depends_on_place
    assert not decided(policies(policy(WARN, readers="all")), OUTSIDE).depends_on_place
    anyone = policy("x").replace("  - x", "  - notice: warn\n    certainty: anyone")
    assert not decided(policies(anyone), OUTSIDE).depends_on_place
    assert not decided(policies(policy(BLOCK, articles="{slugs: [other]}")), OUTSIDE).depends_on_place
    later = policies(policy(BLOCK, more="effective: [{from: 2027-01-01T00:00:00Z}]"))
    assert not decided(later, OUTSIDE).depends_on_place
    now = policies(policy(BLOCK, readers="all", more="effective: [{in: [RU], from: 2026-01-01T00:00:00Z}]"))
    assert decided(now, OUTSIDE).depends_on_place


@pytest.mark.parametrize("door", [Door.FEED, Door.JSON])
def test_protection_goes_with_what_is_fetched_by_others_than_the_reader(door: Door) -> None:
    made = policies(policy(f"{WARN}\nprotect: all"))
    decision = decided(made, OUTSIDE, door=door)
    assert names(decision) == {"notice:warn", *(f"protect:{what}" for what in PROTECTIONS)}
    assert not decision.depends_on_place


def test_a_block_at_the_feed_still_asks_who_fetches_it() -> None:
    made = policies(policy(BLOCK))
    assert decided(made, OUTSIDE, door=Door.FEED).treatments.status == 200
    assert decided(made, CONFIRMED, door=Door.FEED).treatments.status == 451


def test_metadata_carry_the_notice_for_whoever_passes_them_on() -> None:
    made = policies(policy(WARN))
    decision = decided(made, OUTSIDE)
    assert not decision.treatments.notices
    assert [due.id for due in decision.treatments.social] == ["warn"]


def test_a_notice_shows_where_it_says() -> None:
    both = policies(policy("notice: {id: warn, show: [article, listing]}"))
    article_only = policies(policy(WARN))
    assert names(decided(both, CONFIRMED, door=Door.LISTING)) == {"notice:warn"}
    assert not names(decided(article_only, CONFIRMED, door=Door.LISTING))
    assert not names(decided(both, CONFIRMED, door=Door.SITEMAP))


def test_the_answer_ends_with_the_correction_on_which_it_rests() -> None:
    until = NOW + timedelta(days=1)
    decision = decide(policies(policy(WARN)), article(), reader({"RU": CONFIRMED}, valid_until=until), Door.HTML, NOW)
    assert decision.valid_until == until


def test_equal_outcomes_have_one_fingerprint_whatever_brought_them_about() -> None:
    here, there = reader({"RU": CONFIRMED}), reader({"DE": CONFIRMED})
    made = policies(policy(WARN, name="a"), policy(WARN, name="b", readers="{in: [DE]}"))
    assert (
        decide(made, article(), here, Door.HTML, NOW).fingerprint
        == decide(made, article(), there, Door.HTML, NOW).fingerprint
    )
    renamed = policies(policy(WARN, name="c", more="owner: x@y.example"))
    assert decided(renamed, CONFIRMED).fingerprint == decided(policies(policy(WARN)), CONFIRMED).fingerprint


@pytest.mark.parametrize(
    "other",
    [
        policy("notice: {id: warn, place: banner}"),
        policy(f"{WARN}\nprotect: [sharing]"),
        policy(f"{WARN}\nheaders: {{X-Robots-Tag: noindex}}"),
        policy(f"{WARN}\nwithhold: {{parts: [p3], notice: gone}}"),
        policy(f"{WARN}\nredirect: {{to: /away}}"),
        policy(f"{WARN}\n{BLOCK}"),
    ],
)
def test_another_outcome_has_another_fingerprint(other: str) -> None:
    assert decided(policies(other), CONFIRMED).fingerprint != decided(policies(policy(WARN)), CONFIRMED).fingerprint


def test_another_wording_of_a_notice_has_another_fingerprint() -> None:
    reworded = policies(policy(WARN), **{"notices/warn/en.md": notice(text="If you are there, take care.")})
    assert decided(reworded, CONFIRMED).fingerprint != decided(policies(policy(WARN)), CONFIRMED).fingerprint


def test_one_policy_that_cannot_be_decided_leaves_the_others_in_force() -> None:
    made = policies(policy(WARN, name="a"), policy(BLOCK, name="b"))
    broken = replace(made, notices={"gone": made.notices["gone"]})
    decision = decided(broken, CONFIRMED)
    assert names(decision) == {"block:gone"}
    assert [reason.policy for reason in decision.trace if reason.failed] == ["a"]
    assert decision.depends_on_place


@pytest.mark.parametrize(
    ("standings", "sentence"),
    [
        ({}, "the reader is outside RU; not enough for what needs possible"),
        ({"RU": POSSIBLE}, "the reader may be in RU; enough for what needs possible"),
        ({"RU": INSIDE}, "the reader is inside RU; enough for what needs possible"),
        (
            {"RU": CONFIRMED, "office": CONFIRMED},
            f"the reader is confirmed in RU, and is confirmed in office, {LEFT_OUT}; {NOT_ENOUGH}",
        ),
    ],
)
def test_the_trace_says_why_and_why_not(standings: dict[str, Standing], sentence: str) -> None:
    made = policies(policy(WARN, readers="{in: [RU], not_in: [office]}"))
    assert decide(made, article(), reader(standings), Door.HTML, NOW).trace[0].reason == sentence


def test_the_trace_says_when_a_policy_begins_and_that_it_ended() -> None:
    begins = policies(policy(WARN, more="effective: [{from: 2027-01-01T00:00:00Z}]"))
    ended = policies(policy(WARN, more="effective: [{until: 2026-01-01T00:00:00Z}]"))
    assert decided(begins, CONFIRMED).trace[0].reason == "the policy is not in effect before 2027-01-01T00:00:00+00:00"
    assert decided(ended, CONFIRMED).trace[0].reason == "the policy ended 2026-01-01T00:00:00+00:00"


def test_of_several_windows_the_next_start_and_the_last_end_are_told() -> None:
    first, second = "{from: 2027-01-01T00:00:00Z, until: 2027-02-01T00:00:00Z}", "{from: 2028-01-01T00:00:00Z}"
    coming = policies(policy(WARN, more=f"effective: [{second}, {first}]"))
    assert decided(coming, CONFIRMED).trace[0].reason == "the policy is not in effect before 2027-01-01T00:00:00+00:00"
    assert next_boundary(coming, NOW) == datetime(2027, 1, 1, tzinfo=UTC)
    assert decided(coming, CONFIRMED).valid_until == datetime(2027, 1, 1, tzinfo=UTC)
    past = policies(policy(WARN, more="effective: [{until: 2025-01-01T00:00:00Z}, {until: 2026-01-01T00:00:00Z}]"))
    assert decided(past, CONFIRMED).trace[0].reason == "the policy ended 2026-01-01T00:00:00+00:00"


def test_the_trace_says_for_whom_alone_a_policy_acts_now() -> None:
    somewhere = "effective: [{in: [DE], until: 2027-01-01T00:00:00Z}, {in: [FR], from: 2026-01-01T00:00:00Z}]"
    reason = decided(policies(policy(WARN, more=somewhere)), CONFIRMED).trace[0].reason
    assert "; now it acts only for readers in DE, FR; " in reason
    everywhere = "effective: [{in: [DE], until: 2027-01-01T00:00:00Z}, {from: 2026-01-01T00:00:00Z}]"
    assert "only for readers" not in decided(policies(policy(WARN, more=everywhere)), CONFIRMED).trace[0].reason


def test_the_trace_tells_what_was_enough_and_what_was_not() -> None:
    reason = decided(policies(policy(f"{WARN}\n{BLOCK}")), POSSIBLE).trace[0].reason
    assert reason == "the reader may be in RU; enough for what needs possible, not enough for what needs confirmed"


def test_the_whole_trace_names_every_policy_in_order_of_precedence() -> None:
    made = policies(
        policy(WARN, name="a", more="state: off"),
        policy(BLOCK, name="b", articles="{tags: [x]}", more="priority: 1"),
        policy(WARN, name="c"),
    )
    trace = decide(made, article(), reader({"RU": CONFIRMED}), Door.HTML, NOW, whole_trace=True).trace
    assert [(one.policy, one.matched) for one in trace] == [("b", False), ("a", False), ("c", True)]
    assert trace[0].reason == "the policy means other articles: it has none of the tags"
    assert [one.policy for one in decided(made, CONFIRMED).trace] == ["c"]


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/a", "/a", True),
        ("/a", "/ab", False),
        ("/a/*", "/a/", True),
        ("/a/*", "/a", False),
        ("*", "", True),
        ("/*/b/*/d", "/x/b/y/d", True),
        ("/*/b/*/d", "/x/c/y/d", False),
        ("/a*a", "/a", False),
        ("/a*b*b", "/axb", False),
        ("/a*b*b", "/abb", True),
        ("*b*", "aba", True),
    ],
)
def test_a_path_fits_a_pattern_with_stars(pattern: str, path: str, fits: bool) -> None:
    assert path_matches(pattern, path) == fits


def test_no_pattern_takes_more_than_linear_time() -> None:
    began = time.process_time()
    assert not path_matches("/" + "a*" * 200 + "b", "/" + "a" * 100_000)
    assert time.process_time() - began < 0.5


def test_while_any_window_is_open_to_all_the_page_does_not_depend_on_place() -> None:
    both = "effective: [{in: [DE], from: 2026-01-01T00:00:00Z}, {from: 2026-01-01T00:00:00Z}]"
    assert not decided(policies(policy(BLOCK, readers="all", more=both)), OUTSIDE).depends_on_place


def test_one_of_several_paths_is_enough() -> None:
    assert names(decided(policies(policy(BLOCK, articles="{paths: [/articles/*, /x]}")), CONFIRMED))


@pytest.mark.parametrize(("language", "fits"), [("en", True), ("en-GB", True), ("de", False), ("eng", False)])
def test_a_language_means_its_variants_too(language: str, fits: bool) -> None:
    made = policies(policy(BLOCK, articles="{languages: [en, pt-BR]}"))
    decision = decide(made, article(language=language), reader({"RU": CONFIRMED}), Door.HTML, NOW)
    assert bool(names(decision)) == fits


def test_the_trace_names_the_region_that_decided_among_several() -> None:
    made = policies(policy(WARN, readers="{in: [RU, DE, FR], not_in: [AT, CH]}"))
    reason = (
        decide(made, article(), reader({"DE": INSIDE, "FR": POSSIBLE, "CH": POSSIBLE}), Door.HTML, NOW).trace[0].reason
    )
    assert reason.startswith("the reader is inside DE, and may be in CH, which 'not_in' leaves out; ")
    registered = reader({"RU": POSSIBLE, "held": POSSIBLE}, registered_holders=frozenset({"RU"}))
    union = policies(policy(WARN, readers="{in: [RU, held]}"))
    assert "inside RU or held taken together" in decide(union, article(), registered, Door.HTML, NOW).trace[0].reason


def test_the_trace_at_the_feed_says_that_the_fetcher_is_not_the_reader() -> None:
    both = decided(policies(policy(f"{WARN}\n{BLOCK}")), CONFIRMED, door=Door.FEED).trace[0].reason
    alone = decided(policies(policy(WARN)), OUTSIDE, door=Door.FEED).trace[0].reason
    assert "is not its reader" in alone
    assert "is not its reader" not in both


@pytest.mark.parametrize(("end", "sentence"), [
    ("2026-11-23T12:00:00Z", "the policy ended 2026-11-23T12:00:00+00:00"),
    ("2026-11-23T11:59:59Z", "the policy ended 2026-11-23T11:59:59+00:00"),
])  # fmt: skip
def test_the_trace_says_of_the_very_second_that_the_policy_ended_in_it(end: str, sentence: str) -> None:
    assert decided(policies(policy(WARN, more=f"effective: [{{until: {end}}}]")), CONFIRMED).trace[0].reason == sentence
