"""Which articles a policy means, where the rules meet: each test is one that a small fault would break."""

from __future__ import annotations

import pytest

from gateway.content.article import Facts
from gateway.policy.match import MEMO_SIZE, candidates, media_matching, path_matches, why_not
from tests.policy.world import article, policies, policy

WARN = "notice: warn"
BLOCK = "block: {notice: gone}"
AWAY = "redirect: {to: /away}"
SUBSTITUTE = "substitute: {part: p3, with: texts/t.md}"
LETTERS = ("p9", "p1", "p5", "p3", "p7", "p2")


def test_media_without_rights_of_their_own_are_not_meant_by_rights() -> None:
    made = policies(policy(WARN, articles="{media: {rights: [us-only]}}")).policies[0]
    facts = article(media=("a.jpg", "b.jpg"), media_rights=(("a.jpg", frozenset({"us-only"})), ("b.jpg", frozenset())))
    assert media_matching(made.articles, facts) == {"a.jpg"}
    anything = policies(policy(WARN)).policies[0]
    assert media_matching(anything.articles, facts) == {"a.jpg", "b.jpg"}


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


@pytest.mark.parametrize(
    ("pattern", "slug", "fits"),
    [
        ("/articles/a", "a", True),
        ("/articles/a/", "a/", True),
        ("/world/story", "/world/story", True),
        ("/articles/*", "/world/story", False),
    ],
)
def test_a_path_is_the_slugs_own_or_the_one_under_which_it_is_served(pattern: str, slug: str, fits: bool) -> None:
    made = policies(policy(WARN, articles=f"{{paths: [{pattern}]}}")).policies[0]
    assert (why_not(made.articles, article(slug)) == "") == fits


@pytest.mark.parametrize(
    ("wanted", "language", "fits"),
    [("pt-BR", "pt-BR", True), ("pt-BR", "pt", False), ("zh", "zh-Hant-TW", True), ("zh-Hant", "zh-Hant-TW", False)],
)
def test_a_language_is_itself_or_a_variant_of_what_is_wanted(wanted: str, language: str, fits: bool) -> None:
    made = policies(policy(WARN, articles=f"{{languages: [{wanted}]}}")).policies[0]
    assert (why_not(made.articles, article(language=language)) == "") == fits


def origins(slug: str, **more: object) -> Facts:
    """An article of an origin: its slug is its path."""
    return article(slug, **more)


@pytest.mark.parametrize("selector", ["slugs", "paths"])
def test_an_origins_article_is_meant_under_its_own_path_under_its_others_and_with_its_translations(
    selector: str,
) -> None:
    one = origins("/story", paths=("/story", "/amp/story"), kin=("/de/story",))
    for path in ("/story", "/amp/story", "/de/story"):
        made = policies(policy(WARN, articles=f"{{{selector}: ['{path}']}}"))
        assert [found.name for found in candidates(made, one)] == ["p"], path
    assert candidates(policies(policy(WARN, articles=f"{{{selector}: ['/other']}}")), one) == ()


@pytest.mark.parametrize("selector", ["slugs", "paths"])
def test_where_translations_stay_behind_an_origins_article_is_not_meant_by_their_paths(selector: str) -> None:
    one = origins("/story", kin=("/de/story",))
    alone = policies(policy(WARN, articles=f"{{{selector}: ['/de/story'], translations: false}}"))
    assert candidates(alone, one) == ()


def test_a_directorys_article_is_known_by_the_path_under_which_it_is_served() -> None:
    made = policies(policy(WARN, articles="{paths: ['/articles/a']}"))
    assert [found.name for found in candidates(made, article())] == ["p"]
    assert candidates(policies(policy(WARN, articles="{paths: ['/a']}")), article()) == ()
