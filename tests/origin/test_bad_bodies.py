"""Whatever a CMS sends, readers get whole pages: what was kept, or a plain word that there is none (O3, O6–O9, O11)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.origin.bad_bodies import FAULTS, memory, wrong
from tests.origin.newsroom import MOSCOW, Newsroom, newsroom, page, story
from tests.origin.scripted import response


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("bad"), origin_first_byte_seconds="0.5", origin_total_seconds="1") as running:
        yield running


def test_no_bad_body_is_served_or_kept(news: Newsroom) -> None:
    before = memory(news)
    assert len(FAULTS) >= 50
    assert not wrong(news)
    assert memory(news) - before < 64 * 2**20
    for event in news.running.events("origin_fault"):
        assert str(event["url.path"]).startswith(("/story/", "/never/"))


def test_a_page_that_is_well_again_is_served_again(news: Newsroom) -> None:
    news.cms.answers["/healing"] = FAULTS["gzip cut, length right"][0]
    assert news.get("/healing").status == 502
    news.cms.answers["/healing?b"] = [page("healed")]
    assert story("healed") == news.get("/healing?b").body


@pytest.mark.parametrize("cookie", ["", "wordpress_logged_in_1=me"])
def test_a_piece_of_a_page_that_was_asked_for_whole_is_no_page(news: Newsroom, cookie: str) -> None:
    """No notice could stand in it."""
    whole = story("whole")
    news.cms.answers["/story/piece"] = [
        response(
            whole[:900], "206 Partial Content", "Content-Type: text/html", f"Content-Range: bytes 0-899/{len(whole)}"
        )
    ]
    assert news.get(f"/story/piece?{len(cookie)}", MOSCOW, **({"Cookie": cookie} if cookie else {})).status == 502
