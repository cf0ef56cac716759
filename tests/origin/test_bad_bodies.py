"""Whatever a CMS sends, readers get whole pages: the one that was kept, or a plain word that there is none (O3, O6–O9, O11)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.content.origin_care import Care
from tests.origin.faults import faults
from tests.origin.newsroom import Newsroom, healthy, newsroom, page, story
from tests.origin.scripted import Heard, Script

FAULTS = faults(Care().body_bytes)
RSS_BYTES = 64 * 2**20


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("bad"), origin_first_byte_seconds="0.5", origin_total_seconds="1") as running:
        yield running


def memory(news: Newsroom) -> int:
    """Bytes of the gateway's memory that are in use."""
    status = Path(f"/proc/{news.running.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def read(news: Newsroom, name: str) -> list[tuple[int, bool]]:
    """What a reader gets of a page that was kept before it went bad, and of one that was never good: the status, and
    whether it is right.
    """
    kept, never = f"/story/{FAULTS_NUMBERED[name]}", f"/never/{FAULTS_NUMBERED[name]}"
    news.warm(kept)
    whole = news.get(kept).body
    script = FAULTS[name][0]

    def bad(heard: Heard) -> Script:
        return healthy(heard) if heard.method == "HEAD" else script

    news.cms.answers[kept] = news.cms.answers[never] = bad
    first, again, none = news.get(kept), news.get(kept), news.get(never)
    news.cms.answers[never] = [page("healed")]
    return [
        (first.status, first.body == whole),
        (again.status, again.body == whole),
        (none.status, b"All the news" not in none.body and none.headers["retry-after"].isdecimal()),
    ]


FAULTS_NUMBERED = {name: number for number, name in enumerate(FAULTS)}


def test_no_bad_body_is_served_or_kept(news: Newsroom) -> None:
    before = memory(news)
    with ThreadPoolExecutor(6) as readers:
        got = dict(zip(FAULTS, readers.map(lambda name: read(news, name), FAULTS), strict=True))
    wrong = {
        name: found
        for name, found in got.items()
        if found[:2] != [(200, True)] * 2 or found[2][0] not in (502, 503, 504) or not found[2][1]
    }
    assert not wrong
    assert len(got) >= 50
    assert memory(news) - before < RSS_BYTES
    for event in news.running.events("origin_fault"):
        assert str(event["url.path"]).startswith(("/story/", "/never/"))


def test_a_page_that_is_well_again_is_served_again(news: Newsroom) -> None:
    news.cms.answers["/healing"] = FAULTS["gzip cut, length right"][0]
    assert news.get("/healing").status == 502
    news.cms.answers["/healing?b"] = [page("healed")]
    assert story("healed") == news.get("/healing?b").body
