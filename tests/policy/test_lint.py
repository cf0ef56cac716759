"""Findings about sets that can be used: each with its place, and none where all is well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from gateway.content.article import Article, Facts
from gateway.geo.sources import DatabaseInfo
from gateway.policy.lint import lint, unchecked
from tests.policy.world import article, files, notice, policies, policy

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SOUND = """basis: [{kind: order, authority: A court, act: An order}]
owner: legal@a.example
review_by: 2027-01-01
"""
EXTENT = "as_of: 2026-11-01, source: A map"
REGIONS = {
    "regions.yaml": f"regions:\n  held: {{wholly: [UA-43, UA-40], partly: [UA-09, UA-14, UA-23, UA-65], {EXTENT}}}\n"
}


@dataclass
class Shelf:
    """A few articles as an index."""

    facts: Mapping[str, Facts] = field(default_factory=dict)
    version: str = "1"

    def translations(self, slug: str) -> tuple[Facts, ...]:
        return (self.facts[slug],)

    def newest(self, now: datetime, *, section: str | None = None) -> tuple[Facts, ...]:
        del now, section
        return tuple(self.facts.values())

    def next_publication(self, now: datetime) -> datetime | None:
        del now

    def read(self, slug: str) -> Article:
        raise NotImplementedError(slug)


def shelf(*facts: Facts) -> Shelf:
    return Shelf({one.slug: one for one in facts})


def found(do: str, index: Shelf | None = None, **more: str) -> list[str]:
    """`code` or `file:line:column code` of every finding about one policy that is otherwise sound."""
    made = policies(policy(do, **{"more": SOUND, "readers": "{in: [RU, held]}"} | more), **REGIONS)
    problems = lint(made, index=index, now=NOW)
    return [problem.code for problem in problems if problem.code != "unused-notice"]


def test_a_sound_policy_has_no_findings() -> None:
    assert found("notice: warn\nprotect: all") == []
    assert found("block: {notice: gone}", shelf(article())) == []


@pytest.mark.parametrize(
    ("do", "more", "code"),
    [
        ("block: {notice: gone}", {"more": "owner: a@b.example\nreview_by: 2027-01-01"}, "no-basis"),
        ("block: {notice: gone}", {"more": SOUND.replace(", act: An order", "")}, "thin-basis"),
        ("notice: warn", {"more": SOUND.replace("owner: legal@a.example\n", "")}, "no-owner"),
        ("notice: warn", {"more": SOUND.replace("2027-01-01", "2026-11-22")}, "review-overdue"),
        ("notice: warn", {"more": SOUND.replace("review_by: 2027-01-01\n", "")}, "no-review"),
        ("notice: warn", {"more": SOUND + "effective: [{until: 2026-11-23T00:00:00Z}]"}, "over"),
        ("protect: all", {}, "protected-without-notice"),
    ],
)
def test_each_flaw_of_a_policy_is_found(do: str, more: dict[str, str], code: str) -> None:
    assert found(do, **more) == [code]


def test_a_country_without_the_territories_that_it_controls_is_found() -> None:
    made = policies(policy("notice: warn", more=SOUND))
    (problem,) = [one for one in lint(made, now=NOW) if one.code == "territories-left-out"]
    assert str(problem) == (
        "p0.yaml:3:16: policy 'p' means RU, but not the parts of UA that it controls; "
        "if they are meant, add 'controlled_by(RU)'"
    )


def test_a_notice_that_goes_with_every_feed_should_say_if() -> None:
    sure = policy("x", more=SOUND).replace("  - x", "  - notice: gone\n    certainty: confirmed")
    assert "notice-in-feeds" in {problem.code for problem in lint(policies(sure), now=NOW)}


def test_two_blocks_that_may_meet_are_found_unless_priority_settles_it() -> None:
    one = policy("block: {notice: gone}", name="a", more=SOUND.replace("An order", "Another order"))
    two = policy("block: {notice: gone}", name="b", more=SOUND)
    assert "two-blocks" in {problem.code for problem in lint(policies(one, two), now=NOW)}
    settled = policy("block: {notice: gone}", name="b", more=SOUND + "priority: 1")
    assert "two-blocks" not in {problem.code for problem in lint(policies(one, settled), now=NOW)}
    elsewhere = policy("block: {notice: gone}", name="b", more=SOUND, readers="{in: [DE]}")
    assert "two-blocks" not in {problem.code for problem in lint(policies(one, elsewhere), now=NOW)}


@pytest.mark.parametrize(
    ("articles", "codes"),
    [
        ("{slugs: [a]}", []),
        ("{slugs: [a, aa]}", ["dead-selector"]),
        ("{slugs: [zzz]}", ["dead-selector", "means-nothing"]),
        ("{sections: [wrold]}", ["means-nothing", "dead-selector"]),
        ("{tags: [courts, court]}", ["dead-selector"]),
        ("{languages: [fr]}", ["means-nothing", "dead-selector"]),
        ("{sections: [world], except: {tags: [none]}}", ["dead-selector"]),
        ("{slugs: [b]}", ["translation-named"]),
        ("{media: {rights: [us-only]}}", []),
        ("{media: {rights: [us-only, eu-only]}}", ["dead-selector"]),
        ("{media: {rights: [us-onyl]}}", ["dead-selector", "means-nothing"]),
        ("{paths: [/articles/a, '/articles/*']}", []),
        ("{paths: [/articles/a, /artikel/a]}", ["dead-selector"]),
    ],
)
def test_selectors_that_mean_nothing_in_the_content_are_found(articles: str, codes: list[str]) -> None:
    index = shelf(article("a", media_rights=(("photo.jpg", frozenset({"us-only"})),)), article("b", translation_of="a"))
    assert sorted(found("block: {notice: gone}", index, articles=articles)) == sorted(codes)


def test_a_part_that_no_text_or_not_every_text_has_is_found() -> None:
    index = shelf(article("a"), article("b", parts=frozenset()))
    assert found("withhold: {parts: [p3], notice: gone}", index) == ["part-missing"]
    assert found("withhold: {parts: [p9], notice: gone}", index) == ["dead-part"]
    assert found("withhold: {media: [x.jpg], notice: gone}", index) == ["dead-media"]


def test_a_language_of_articles_that_a_notice_does_not_speak_is_found() -> None:
    index = shelf(article("a", language="uk"), article("b", language="en-GB"))
    problems = lint(
        policies(policy("notice: warn", readers="{in: [RU, held]}", more=SOUND), **REGIONS), index=index, now=NOW
    )
    assert [problem.what for problem in problems if problem.code == "missing-translation"] == [
        "the notice 'warn' is not there in 'uk', a language of articles that show it"
    ]


def test_a_rule_for_subdivisions_without_a_database_that_has_any_is_found() -> None:
    made = policies(policy("notice: warn", readers="{in: [held]}", more=SOUND), **REGIONS)

    def info(subdivisions: bool) -> DatabaseInfo:
        return DatabaseInfo("d", "d.mmdb", NOW, "flat", 6, (), "", 1, has_subdivisions=subdivisions)

    assert "no-subdivisions" in {one.code for one in lint(made, databases=[info(False)])}
    assert "no-subdivisions" not in {one.code for one in lint(made, databases=[info(False), info(True)])}


def test_unused_notices_and_regions_are_mentioned() -> None:
    made = policies(policy("notice: warn", more=SOUND), **{"notices/more/en.md": notice()})
    assert {(one.code, str(one.severity)) for one in lint(made, now=NOW)} >= {
        ("unused-notice", "info"),
        ("unused-region", "info"),
    }


def test_what_could_not_be_checked_is_said() -> None:
    assert len(unchecked(index=None, databases=(), redirect_hosts=False)) == 3
    assert files()


@pytest.mark.parametrize(
    ("region", "codes"),
    [
        (f"{{wholly: [UA-43], partly: [UA-09], controlled_by: RU, sovereign: UA, from: 2014-03-18, {EXTENT}}}", []),
        ("{wholly: [UA-43]}", ["undated-extent"]),
        ("{wholly: [UA-43], as_of: 2026-11-01}", ["undated-extent"]),
        ("{wholly: [CY], controlled_by: TR}", ["undated-extent"]),
        ("{wholly: [DE]}", []),
        (f"{{wholly: [UA-43, UA-09], controlled_by: RU, {EXTENT}}}", ["held-in-part"]),
        (f"{{wholly: [UA-43, UA-09], {EXTENT}}}", []),
        (f"{{wholly: [UA-43], controlled_by: RU, sovereign: RU, {EXTENT}}}", ["other-sovereign"]),
    ],
)
def test_a_disputed_region_is_held_to_what_is_known_of_it(region: str, codes: list[str]) -> None:
    written = {"regions.yaml": f"regions:\n  plain: {{wholly: [FR]}}\n  area: {region}\n"}
    made = policies(policy("notice: warn", more=SOUND, readers="{in: [area, plain]}"), **written)
    problems = [one for one in lint(made, now=NOW) if one.path == "regions.yaml"]
    assert [one.code for one in problems] == codes
    assert {(one.line, one.column) for one in problems} <= {(3, 3)}


def test_a_region_that_no_policy_names_is_found_where_it_stands() -> None:
    written = {"regions.yaml": f"regions:\n  held: {{wholly: [UA-43], {EXTENT}}}\n  idle: {{wholly: [FR]}}\n"}
    made = policies(policy("notice: warn", more=SOUND, readers="{in: [RU, held]}"), **written)
    (problem,) = [one for one in lint(made, now=NOW) if one.code == "unused-region"]
    assert (problem.path, problem.line, problem.column) == ("regions.yaml", 3, 3)
    assert "'idle'" in problem.what


@pytest.mark.parametrize(
    ("region", "listed", "codes"),
    [
        ("networks_file: networks/l.txt", "# Fetched on 2026-09-01, from a list.\n192.0.2.0/24\n", []),
        ("networks_file: networks/l.txt", "# Of 2026-08-24\n192.0.2.0/24 # new 2026-11-01\n", ["old-list"]),
        ("networks_file: networks/l.txt", "# No 2026-13-01 here\n192.0.2.0/24\n", ["undated-list"]),
        ("networks_file: networks/l.txt, as_of: 2026-11-01", "# Of 2025-01-01\n192.0.2.0/24\n", []),
        ("networks: [192.0.2.0/24]", "", ["undated-list"]),
        ("networks: [192.0.2.0/24], as_of: 2026-01-01", "", ["old-list"]),
    ],
)
def test_a_list_of_networks_that_hide_people_is_dated_and_recent(region: str, listed: str, codes: list[str]) -> None:
    written = {
        "regions.yaml": f"regions:\n  hidden: {{{region}, kind: relay}}\n",
        "networks/l.txt": listed or "192.0.2.0/24\n",
    }
    made = policies(policy("notice: warn", more=SOUND, readers="{in: [RU]}"), **written)
    assert [one.code for one in lint(made, now=NOW) if one.path == "regions.yaml"] == codes
    assert not [one for one in lint(made) if one.path == "regions.yaml"]
