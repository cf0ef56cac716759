"""An article's front matter comes back as it was written, or with every slip named; whatever stands there, nothing raises."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from gateway.content.front_matter import one_line, parse_article

PATH = "articles/en/a-story.md"
PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=40).filter(
    str.strip
)
WORDS = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
MOMENTS = st.integers(631_152_000, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(
    PLAIN,
    PLAIN,
    st.lists(PLAIN, min_size=1, max_size=3),
    WORDS,
    st.lists(WORDS, min_size=1, max_size=4),
    MOMENTS,
    PLAIN,
)
def test_what_was_written_comes_back(
    title: str, summary: str, authors: list[str], section: str, tags: list[str], published: datetime, body: str
) -> None:
    written = {
        "title": title, "summary": summary, "authors": authors, "section": section, "tags": sorted(set(tags)),
        "published": published.isoformat(), "language": "en",
    }  # fmt: skip
    front = "\n".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in written.items())
    source, problems = parse_article(f"---\n{front}\n---\n{body.replace(':::', '')}".encode("utf-8", "replace"), PATH)
    assert source is not None, problems
    facts = source.facts
    assert (facts.title, facts.summary) == (one_line(title), one_line(summary))
    assert facts.authors == tuple(map(one_line, authors))
    assert (facts.section, facts.tags, facts.published) == (section, frozenset(tags), published)


LINES = st.lists(
    st.sampled_from([
        "title: A", "title:", "title: [a]", "published: 2026-05-01T08:00:00Z", "published: yesterday", "published: 2026-05-01",
        "tags: [a, NO]", "tags: {a: b}", "authors: x", "image: {src: a.svg}", "image: {src: ../a}", "image: x", "language: de",
        "section: No Section", "translation_of: '../x'", "&a b: *a", "? x", "- x", "title: B", "unknown: 1", "\t", "...", "---", "%YAML 1.1",
    ]) | st.text(max_size=30),
    max_size=8,
)  # fmt: skip


@given(LINES, st.booleans())
def test_whatever_stands_there_is_an_article_or_problems_with_the_file(lines: list[str], html: bool) -> None:
    path = PATH.replace(".md", ".html") if html else PATH
    raw = "\n".join(["---", *lines, "---", "Text."]).encode("utf-8", "surrogatepass")
    source, problems = parse_article(raw, path)
    assert (source is None) == bool(problems)
    assert all(problem.path == path and problem.remedy for problem in problems)
    if source is not None:
        assert source.facts.slug == "a-story"
        assert source.facts.published.tzinfo is not None
