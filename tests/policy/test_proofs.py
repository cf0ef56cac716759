"""What can be proven of a set: each finding where it was planted, and none where all is well."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from gateway.content.article import Facts
from gateway.content.catalogue import Catalogue
from gateway.errors import Problem, Severity
from gateway.geo.sources import DatabaseInfo
from gateway.policy import proofs
from gateway.policy.builtin import GROUPS
from gateway.policy.lint import examine, lint
from gateway.policy.proofs import prove
from gateway.policy.standpoints import standpoints
from tests.policy.world import article, policies, policy

NOW = datetime(2026, 11, 23, tzinfo=UTC)
WARN = "notice: warn\nprotect: all"
BLOCK = "block: {notice: gone}"
LATER = "effective: [{from: 2026-12-01T00:00:00Z, until: 2026-12-24T00:00:00Z}]"


class Shelf(Catalogue):
    """Articles without their texts."""


def shelf(*facts: Facts) -> Shelf:
    return Shelf({one.slug: one for one in facts})


def proven(*texts: str, index: Shelf | None = None, **more: str) -> list[Problem]:
    return list(prove(policies(*texts, **more), index, NOW).findings)


def codes(*texts: str, index: Shelf | None = None, **more: str) -> list[str]:
    return [problem.code for problem in proven(*texts, index=index, **more)]


def basis(act: str) -> str:
    return f"basis: [{{kind: order, authority: A court, act: {act}}}]"


@pytest.mark.parametrize("index", [None, shelf(article("a"), article("b", section="arts"))])
def test_policies_that_each_do_something_of_their_own_have_no_findings(index: Shelf | None) -> None:
    sound = [
        policy(WARN, name="warn", readers="{in: [RU, held, mirrors], not_in: [office]}"),
        policy(BLOCK, name="block", readers="{in: [DE]}", articles="{slugs: [a]}", more=LATER),
        policy("withhold: {parts: [p3], notice: gone}", name="hold", readers="{in: [AT]}", articles="{slugs: [a]}"),
        policy("notice: {id: warn, show: [listing]}", name="lists", readers="{in: [DE]}"),
    ]
    assert codes(*sound, index=index) == []


def test_a_policy_that_a_larger_one_leaves_nothing_to_do_is_found() -> None:
    (problem,) = proven(policy(WARN, name="a", readers="{in: [EU]}"), policy(WARN, name="b", readers="{in: [DE]}"))
    assert str(problem) == (
        "p1.yaml:7:5: policy 'b' never changes anything: whoever it means, 'a' does the same, or more; "
        "remove it, narrow the other, or give it a higher `priority`"
    )
    assert (problem.code, problem.severity) == ("shadowed", Severity.WARNING)


@pytest.mark.parametrize(
    "second",
    [
        policy(WARN, name="b", readers="{in: [DE, GB]}"),
        policy(WARN, name="b", readers="{in: [DE]}", more="priority: 1"),
        policy("notice: warn\nprotect: all\nheaders: {X-Robots-Tag: noindex}", name="b", readers="{in: [DE]}"),
        policy("notice: {id: warn, show: [listing]}", name="b", readers="{in: [DE]}"),
    ],
)
def test_a_policy_that_adds_a_reader_an_action_or_a_door_is_not_shadowed(second: str) -> None:
    first = policy(WARN, name="a", readers="{in: [EU]}")
    assert "shadowed" not in [p.code for p in proven(first, second) if p.path == "p1.yaml"]


def test_a_rule_that_acts_after_the_larger_one_has_ended_is_not_shadowed() -> None:
    first = policy(WARN, name="a", readers="{in: [EU]}", more="effective: [{until: 2026-12-24T00:00:00Z}]")
    assert codes(first, policy(WARN, name="b", readers="{in: [DE]}")) == []
    assert codes(first, policy(WARN, name="b", readers="{in: [DE]}", more=LATER)) == ["shadowed"]


def test_a_policy_that_acts_on_doubt_is_not_shadowed_by_one_that_needs_certainty() -> None:
    sure = policy("notice: warn", name="a", readers="{in: [DE]}").replace("warn\n", "warn\n    certainty: confirmed\n")
    unsure = policy("notice: warn", name="b", readers="{in: [DE]}").replace("warn\n", "warn\n    certainty: inside\n")
    assert codes(sure, unsure) == []
    assert codes(unsure.replace("policy: b", "policy: a"), sure.replace("policy: a", "policy: b")) == ["shadowed"]


def test_an_exception_of_the_larger_policy_leaves_the_smaller_one_its_work() -> None:
    large = policy(WARN, name="a", articles="{languages: [en], except: {tags: [arts]}}")
    small = policy(WARN, name="b", articles="{languages: [en], slugs: [x]}")
    assert codes(large, small) == []
    assert codes(large.replace(", except: {tags: [arts]}", ""), small) == ["shadowed"]
    assert codes(policy(WARN, name="a"), policy(WARN, name="b", articles="{slugs: [x]}")) == ["shadowed"]


def test_one_action_that_another_policy_leaves_nothing_to_do_is_told_without_alarm() -> None:
    first = policy("withhold: {parts: [p3], notice: gone}", name="a", readers="{in: [DE]}")
    second = policy(f"{BLOCK}\nwithhold: {{parts: [p3], notice: gone}}", name="b", readers="{in: [AT]}")
    (problem,) = proven(first, second)
    assert (problem.code, problem.severity, problem.line) == ("shadowed-action", Severity.INFO, 8)
    assert "the withhold of policy 'b' never changes anything: the policy itself" in problem.what


def test_policies_in_shadow_shadow_nobody_and_are_told_what_they_would_lack() -> None:
    trial = policy(WARN, name="b", readers="{in: [EU]}", more="state: shadow")
    real = policy(WARN, name="c", readers="{in: [DE]}")
    assert codes(trial, real) == []
    assert codes(trial.replace("[EU]", "[DE]"), real.replace("policy: c", "policy: a")) == ["shadowed"]


def test_two_different_blocks_that_can_meet_are_found_with_a_reader_and_an_article() -> None:
    one = policy(BLOCK, name="a", readers="{in: [EU]}", more=basis("One"))
    two = policy(BLOCK, name="b", readers="{in: [DE, GB]}", articles="{sections: [world]}", more=basis("Two"))
    (problem,) = [p for p in proven(one, two) if p.code == "two-blocks"]
    assert problem.path == "p1.yaml"
    assert problem.what == (
        "policies 'a' and 'b' refuse with different notices or bases: on an article with section 'world', for a reader "
        "in DE; 'a' speaks, by its name alone"
    )
    for apart in (
        two.replace("[DE, GB]", "[GB]"),
        two.replace("do:", "priority: 1\ndo:"),
        two.replace("do:", "state: shadow\ndo:"),
        two.replace("sections: [world]", "sections: [world], except: {sections: [world, other]}"),
    ):
        assert "two-blocks" not in codes(one, apart)


def test_two_blocks_whose_times_do_not_meet_are_no_contradiction() -> None:
    early = policy(
        BLOCK, name="a", readers="{in: [DE]}", more=basis("One") + "\neffective: [{until: 2026-12-01T00:00:00Z}]"
    )
    late = policy(BLOCK, name="b", readers="{in: [DE]}", more=basis("Two") + f"\n{LATER}")
    assert codes(early, late) == []
    assert "two-blocks" in codes(early.replace("12-01", "12-02"), late)


@pytest.mark.parametrize(
    ("one", "two", "code"),
    [
        ("redirect: {to: https://a.example/1}", "redirect: {to: https://a.example/2}", "two-redirects"),
        ("substitute: {title: true, with: texts/a.md}", "substitute: {title: true, with: texts/b.md}", "two-texts"),
        ("headers: {X-Robots-Tag: noindex}", "headers: {X-Robots-Tag: noarchive}", "two-headers"),
    ],
)
def test_other_contradictions_are_found_too(one: str, two: str, code: str) -> None:
    texts = {"texts/a.md": "One", "texts/b.md": "Two"}
    first, second = (policy(do, name=name, more="basis: [{kind: editorial}]") for do, name in ((one, "a"), (two, "b")))
    assert code in codes(first, second, **texts)
    assert code not in codes(first, second.replace("[RU]", "[DE]"), **texts)


def test_readers_who_are_protected_without_being_told_are_found() -> None:
    silent = policy("protect: all", name="a")
    (problem,) = proven(silent)
    assert problem.code == "protected-without-notice"
    assert "policy 'a' protects without telling why: on any article, a reader in RU gets no notice" in problem.what
    assert codes(silent, policy("notice: warn", name="b")) == []
    assert codes(silent, policy("notice: {id: warn, show: [listing]}", name="b")) == ["protected-without-notice"]
    assert codes(silent, policy("notice: warn", name="b", readers="{in: [DE]}")) == ["protected-without-notice"]


def test_a_notice_that_needs_more_certainty_than_the_protection_leaves_a_gap() -> None:
    both = policy(WARN).replace("notice: warn", "notice: warn\n    certainty: confirmed")
    assert codes(both) == ["protected-without-notice"]


def test_a_rule_for_which_nobody_can_be_sure_enough_is_found() -> None:
    (problem,) = proven(policy(BLOCK, readers="{in: [mirrors]}"))
    assert problem.code == "never-acts"
    assert "needs confirmed, and readers it means can be possible at most" in problem.what
    assert codes(policy(BLOCK, readers="{in: [DE], not_in: [EU]}")) == ["never-acts"]
    assert codes(policy(BLOCK, readers="{in: [DE], not_in: [RU]}")) == []
    elsewhere = "effective: [{in: [RU], from: 2026-12-01T00:00:00Z, until: 2026-12-24T00:00:00Z}]"
    assert codes(policy(BLOCK, readers="{in: [DE]}", more=elsewhere)) == ["never-acts"]
    assert codes(policy(BLOCK, readers="{in: [DE, RU]}", more=elsewhere)) == []


def test_too_many_variants_of_one_article_are_found() -> None:
    notices = {f"notices/n{number}/en.md": "---\ntitle: If\nself_conditional: true\n---\nIf.\n" for number in range(6)}
    many = [
        policy(f"notice: n{n}", name=f"p{n}", readers=f"{{in: [{c}]}}")
        for n, c in enumerate(["AT", "BE", "FR", "NL", "PL"])
    ]
    made = policies(*many, **notices)
    assert prove(made, None, NOW).variants == 17  # none, all five, each alone, each two
    assert [p.code for p in prove(made, None, NOW).findings] == []
    more = [*many, policy("notice: n5", name="p5", readers="{in: [mirrors]}")]
    found = prove(policies(*more, **notices), None, NOW)
    assert found.variants > 17
    codes_found = ["many-variants"] if found.variants > proofs.MANY_VARIANTS else []
    assert [p.code for p in found.findings] == codes_found


def test_what_was_left_out_is_said_and_nothing_is_concluded_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "MOST_STEPS", 60)
    first = policy(WARN, name="a", readers="{in: [EU]}", more="effective: [{until: 2026-12-24T00:00:00Z}]")
    examined = prove(policies(first, policy(WARN, name="b", readers="{in: [DE]}")), None, NOW)
    assert examined.left_out == ("Of 1 kinds of articles not every period between boundaries was tried.",)
    assert examined.findings == ()


def test_a_part_that_one_translation_lacks_is_an_error_for_it_is_served_whole() -> None:
    hold = policy("withhold: {parts: [p3], notice: gone}", articles="{slugs: [a]}")
    both = shelf(article("a"), article("b", translation_of="a", parts=frozenset()))
    (problem,) = [p for p in lint(policies(hold), index=both, now=NOW) if p.severity is Severity.ERROR]
    assert problem.code == "translation-unmarked"
    assert "'b' has no part 'p3', and is shown whole, though another language of it has" in problem.what
    marked = shelf(article("a"), article("b", translation_of="a"))
    assert not [p for p in lint(policies(hold), index=marked, now=NOW) if p.severity is Severity.ERROR]


def test_a_withheld_medium_that_another_article_shows_is_found() -> None:
    hold = policy("withhold: {media: [photo.jpg], notice: gone}", articles="{slugs: [a]}")
    assert "medium-elsewhere" in {
        p.code for p in lint(policies(hold), index=shelf(article("a"), article("b")), now=NOW)
    }
    alone = shelf(article("a"), article("b", media=("other.jpg",)))
    assert "medium-elsewhere" not in {p.code for p in lint(policies(hold), index=alone, now=NOW)}


def test_a_code_that_no_database_knows_is_found() -> None:
    made = policies(policy(BLOCK, readers="{in: [KP, DE], not_in: [UA-43]}"))
    info = DatabaseInfo("d", "d.mmdb", NOW, "flat", 6, (), "", 1, has_subdivisions=True)

    def never(*known: str) -> list[tuple[int, int]]:
        problems = examine(made, databases=[info], codes=frozenset(known), now=NOW).problems
        return [(p.line, p.column) for p in problems if p.code == "code-never-occurs"]

    assert never("KP", "DE", "UA", "UA-43") == []
    assert never("DE", "UA-43") == [(3, 16)]
    assert never("KP", "DE", "UA") == [(3, 34)]


def test_a_notice_that_is_there_in_no_language_of_its_fallback_is_found() -> None:
    do = "notice: {id: warn, fallback: [%s]}"
    assert "no-fallback" in {p.code for p in lint(policies(policy(do % "de")), now=NOW)}
    assert "no-fallback" not in {p.code for p in lint(policies(policy(do % "de, ru")), now=NOW)}


def test_every_way_in_which_russia_and_ukraine_are_printed_is_among_the_readers() -> None:
    labels = {one.label for one in standpoints(policies(policy(WARN, readers="{in: [RU, UA, UA-43, UA-09]}"))).readers}
    assert {
        "in RU",
        "in UA",
        "in UA-43",
        "in UA-43, printed under RU",
        "in UA, registered in RU",
        "elsewhere",
    } <= labels
    assert {"of whom one source says UA, another RU", "whose place is unknown"} <= labels


def test_two_thousand_policies_and_two_hundred_regions_are_proven_within_bounds() -> None:
    countries = sorted(GROUPS["EU"].wholly | GROUPS["africa"].wholly | GROUPS["asia"].wholly)
    regions = "regions:\n" + "".join(
        f"  r{n}: {{wholly: [{', '.join(countries[n % 90 : n % 90 + 9])}]}}\n" for n in range(200)
    )
    starts = [NOW + timedelta(hours=n) for n in range(2000)]
    many = [
        policy(
            WARN if n % 2 else BLOCK,
            name=f"p{n}",
            readers=f"{{in: [r{n % 200}, r{(n + 7) % 200}]}}",
            articles="all" if n % 3 == 0 else f"{{slugs: [s{n}]}}",
            more=f"effective: [{{from: '{starts[n].isoformat()}', until: '{(starts[n] + timedelta(9)).isoformat()}'}}]",
        )
        for n in range(2000)
    ]
    made = policies(*many, **{"regions.yaml": regions})
    began = time.monotonic()
    found = prove(made, None, NOW)
    assert time.monotonic() - began < 20  # 10 s are promised, of a machine that does nothing else
    assert any("period" in sentence for sentence in found.left_out)
