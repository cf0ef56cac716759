"""Markdown, parts, and what the sanitiser leaves of hostile HTML."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from gateway.content.front_matter import parse_article
from gateway.content.markdown import article_body, prose, segments
from gateway.content.sanitise import clean_article, clean_prose, media_path, plain_text
from gateway.errors import Problem
from tests.content.writing import FRONT
from tests.payloads import PAYLOADS, dangers


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_runs_or_is_fetched_survives_in_an_article_or_a_notice(payload: str) -> None:
    for clean in (clean_article(payload), clean_prose(payload), prose(payload), article_body(payload, "x").html):
        assert dangers(f"<body>{clean}</body>") == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_sanitised_html_cannot_close_or_hide_what_stands_around_it(payload: str) -> None:
    around = '<div id="a">{}</div><aside id="b">after</aside>'
    for clean in (clean_article(payload), clean_prose(payload), article_body(payload, "x", markdown=False).html):
        tree = LexborHTMLParser(f"<!doctype html><html><body>{around.format(clean)}</body></html>")
        assert [node.attributes.get("id") for node in tree.css("body > *")] == ["a", "b"]
        assert tree.css_first("#b").text() == "after"


def test_a_foreign_picture_or_frame_becomes_a_link() -> None:
    clean = clean_article(
        '<p><img src="https://far.example/a.png" alt="A mast"> <iframe src="https://tv.example/1"></iframe></p>'
    )
    assert re.findall(r'<a href="([^"]+)" class="embed"[^>]*>([^<]+)</a>', clean) == [
        ("https://far.example/a.png", "A mast"),
        ("https://tv.example/1", "tv.example"),
    ]


def test_a_local_picture_stays_with_an_alternative_text_even_if_empty() -> None:
    assert clean_article("<img src=boat.svg>") == '<img alt="" src="/media/boat.svg" loading="lazy">'
    assert 'alt="A boat"' in article_body("![A boat](media/boat.svg)", "x").html


def test_the_headline_stays_the_only_h1() -> None:
    assert article_body("# Shout", "x").html == "<h2>Shout</h2>"
    assert prose("# Shout") == "<h2>Shout</h2>"


@pytest.mark.parametrize(
    ("src", "path"),
    [
        ("a.svg", "a.svg"),
        ("/media/a.svg", "a.svg"),
        ("media/x/a.svg", "x/a.svg"),
        ("//e.example/a", None),
        ("https://e.example/a", None),
        ("../a", None),
        ("/media/../a", None),
        ("a/./b", None),
        ("\\\\e\\a", None),
        ("", None),
        ("data:image/svg+xml,x", None),
        ("?x", None),
        ("/media//a", None),
        ("a.svg?x#y", "a.svg"),
    ],
)
def test_a_source_means_a_file_under_media_or_nothing(src: str, path: str | None) -> None:
    assert media_path(src) == path


def test_fences_inside_a_code_block_are_code() -> None:
    found, problems = segments("```\n::: part id=x\n```\n~~~ md\n```\n:::\n~~~\n", "x")
    assert [one.part for one in found] == [""]
    assert not problems


def test_a_line_of_inline_code_opens_no_block_that_would_swallow_a_part() -> None:
    found, _ = segments("```a``` is code\n::: part id=x\nsecret\n:::\n", "x")
    assert [one.part for one in found] == ["", "x"]


def test_link_references_hold_across_parts() -> None:
    body = article_body("[a][r]\n\n::: part id=x\n[b][r]\n:::\n\n[r]: https://e.example/\n", "x")
    assert 'href="https://e.example/"' in body.parts["x"]
    assert body.html.count('href="https://e.example/"') == 2


def test_plain_text_has_no_markup_and_no_lost_spaces() -> None:
    assert plain_text("<p>One &amp; <em>two</em></p><p>three<br>four</p>") == "One & two three four"


lines = st.lists(
    st.one_of(
        st.sampled_from(
            [
                ":::",
                "::: part id=p1",
                "::: part id=p2",
                "```",
                "~~~",
                "",
                "> :::",
                "    :::",
                "</section>",
                "# h",
                "<div>",
                "<!--",
                "[x]: y",
                "* * *",
                "<section class=part id=part-p1>",
            ]
        ),
        st.text(max_size=30),
    ),
    max_size=20,
)


@given(lines)
def test_any_text_is_cut_and_rendered_or_refused_but_never_raises(written: list[str]) -> None:
    text = "\n".join(written)
    found, problems = segments(text, "x")
    assert all(isinstance(problem, Problem) and problem.line >= 1 for problem in problems)
    body = article_body(text, "x")
    assert (
        len(re.findall("<section", body.html))
        == len(re.findall("</section>", body.html))
        == len([one for one in found if one.part])
    )
    for part, html in body.parts.items():
        assert f'<section class="part" id="part-{part}">{html}</section>' in body.html


@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
        lines.map(lambda written: (FRONT + "\n".join(written)).encode("utf-8", "surrogatepass")),
    )
)
def test_any_bytes_are_an_article_or_problems(raw: bytes) -> None:
    source, problems = parse_article(raw, "articles/en/x.md")
    assert (source is None) == bool(problems)


@given(
    st.dictionaries(
        st.sampled_from(
            ["title", "published", "updated", "authors", "tags", "section", "image", "language", "kicker", "x"]
        ),
        st.one_of(
            st.text(max_size=20),
            st.sampled_from(["[]", "[a]", "{}", "{src: a.svg}", "2026-01-01T00:00:00Z", "en", "null", "!x", "&a b"]),
        ),
    )
)
def test_any_front_matter_is_facts_or_problems(fields: dict[str, str]) -> None:
    raw = "---\n" + "".join(f"{name}: {value}\n" for name, value in fields.items()) + "---\ntext\n"
    source, problems = parse_article(raw.encode("utf-8", "surrogatepass"), "articles/en/x.md")
    assert (source is None) == bool(problems)
