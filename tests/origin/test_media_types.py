"""However a CMS names the type of a page: where browsers show it as a page, it has its notices."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.content.message import media_type
from tests.origin.newsroom import MOSCOW, Newsroom, newsroom, story
from tests.origin.scripted import response

PAGES = [
    "", "text/html", "TEXT/HTML ;charset=utf-8", "*/*", "unknown/unknown", "application/unknown", "html", ";charset=utf-8",
    "text/plain, text/html", "text/html, text/plain", "*/*, text/html", "x, text/html", 'text/plain; x="a", text/html',
    "text/plain\r\nContent-Type: text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml", "application/xml",
]  # fmt: skip
"""As WHATWG's Fetch and MIME Sniffing have browsers read them; what they save or show as text is none."""


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("types")) as running:
        yield running


@pytest.mark.parametrize("number", range(len(PAGES)), ids=PAGES)
def test_what_browsers_take_for_a_page_has_its_notices(news: Newsroom, number: int) -> None:
    body = story("told")
    if "xml" in PAGES[number]:
        body = b'<?xml version="1.0" encoding="utf-8"?>\n' + body
    news.cms.answers[f"/story/{number}"] = [response(body, "200 OK", f"Content-Type: {PAGES[number]}")]
    answer = news.get(f"/story/{number}", MOSCOW)
    assert (answer.status, 'data-notice="warned"' in answer.text) == (200, True)


@pytest.mark.parametrize("said", ["application/octet-stream", "text/plain; charset=utf-8", "image/png", "text/css"])
def test_what_browsers_take_for_none_passes_as_it_came(news: Newsroom, said: str) -> None:
    news.cms.answers[f"/story/{said[:5]}"] = [response(story("told"), "200 OK", f"Content-Type: {said}")]
    answer = news.get(f"/story/{said[:5]}", MOSCOW)
    assert (answer.body, answer.headers["content-type"]) == (story("told"), said)


@given(st.lists(st.text(st.sampled_from('a/*,;="\\ \t'), max_size=12), max_size=3))
def test_a_media_type_is_one_name_or_none(lines: list[str]) -> None:
    found = media_type(tuple(("Content-Type", line) for line in lines))
    assert found == "" or (found.count("/") == 1 and not set(found) & set(',;=" \t') and found != "*/*")
    if found != "text/html":
        assert media_type((*(("Content-Type", line) for line in lines), ("content-type", "TEXT/HTML;x"))) == "text/html"
