"""What policies may say of an origin's articles: paths, and parts by selector or by their words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.policy.cases import locate_in
from gateway.policy.decide import decide
from gateway.policy.parse import parse
from gateway.policy.parts import part_label

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FERRY = Facts(
    "/2026/11/ferry/",
    "v",
    "en",
    "world",
    frozenset({"boats"}),
    NOW,
    paths=("/2026/11/ferry/", "/amp/ferry"),
    kin=("/ru/parom",),
    also_in=frozenset({"borders"}),
)


def files(do: str, articles: str = "all") -> dict[str, bytes]:
    policy = f"policy: order\ntitle: By order\nreaders: {{in: [DE]}}\narticles: {articles}\ndo:\n  - {do}\n"
    return {
        "order.yaml": policy.encode(),
        "notices/held/en.md": b"---\ntitle: Held\n---\nBy order.\n",
        "regions.yaml": b"regions: {}\n",
        "new.md": b"New.\n",
    }


def treatments(do: str, articles: str = "all", facts: Facts = FERRY) -> tuple[str, ...]:
    policies = parse(files(do, articles)).required()
    return decide(policies, facts, locate_in("DE", policies.regions), Door.HTML, NOW).treatments.names()


def problems(do: str) -> list[str]:
    return [problem.code for problem in parse(files(do)).problems]


def test_a_part_is_named_by_selector_or_by_its_words() -> None:
    do = 'withhold: {parts: ["selector:.lead > p:first-child", "quote:He was seen at the pier"], notice: held}'
    assert treatments(do) == (
        f"withhold:{part_label('quote:He was seen at the pier')}",
        "withhold:selector:.lead > p:first-child",
    )
    assert treatments('substitute: {part: "selector:#x", with: new.md}') == ("substitute:part:selector:#x",)


def test_no_log_ever_quotes_what_is_withheld() -> None:
    [name] = treatments('withhold: {parts: ["quote:He was seen at the pier"], notice: held}')
    assert "pier" not in name
    assert name.startswith("withhold:quote-")


def test_such_parts_are_of_an_origins_articles_only() -> None:
    own = replace(FERRY, slug="ferry", paths=(), kin=())
    assert treatments('withhold: {parts: ["selector:.lead"], notice: held}', facts=own) == ()


@pytest.mark.parametrize(
    ("part", "code"),
    [("selector:..x", "bad-selector"), ("selector:", "bad-selector"), ("selector:a{", "bad-selector"), ("quote:", "bad-quote"), ("quote:a.", "bad-quote"), ("quotation:x", "bad-part"),
     ("xpath://a", "bad-part"), (f"selector:{'a ' * 600}", "bad-selector")],
)  # fmt: skip
def test_a_part_that_cannot_be_meant_is_refused_with_a_remedy(part: str, code: str) -> None:
    assert problems(f"withhold: {{parts: ['{part}'], notice: held}}") == [code]
    assert problems(f"substitute: {{part: '{part}', with: new.md}}") == [code]


@pytest.mark.parametrize(
    ("articles", "meant"),
    [('{paths: ["/2026/*"]}', True), ('{paths: ["/amp/*"]}', True), ('{paths: ["/ru/*"]}', True), ('{paths: ["/ru/*"], translations: false}', False), ('{paths: ["/2025/*"]}', False),
     ('{slugs: ["/2026/11/ferry/"]}', True), ('{slugs: ["/amp/ferry"]}', True), ('{slugs: ["/ru/parom"]}', True), ('{slugs: ["/ru/parom"], translations: false}', False),
     ("{slugs: [ferry]}", False), ("{sections: [world], tags: [boats]}", True), ("{sections: [sport]}", False), ("{sections: [sport, borders]}", True), ('{paths: ["/2026/*"], except: {tags: [boats]}}', False)],
)  # fmt: skip
def test_an_article_is_meant_under_each_of_its_paths(articles: str, meant: bool) -> None:
    names = treatments("block: {notice: held}", articles)
    assert names == (("block:held",) if meant else ())
