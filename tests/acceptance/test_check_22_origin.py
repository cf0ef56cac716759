"""A thousand readers of a page that nobody has, a slow page that everybody wants, three times the load: the CMS's half."""

from __future__ import annotations

import asyncio
from itertools import count
from pathlib import Path

import pytest

from tests.acceptance.recorder import Recording
from tests.load import TOGETHER, Ask, at_once, readers, undisturbed
from tests.origin.newsroom import LAGOS, newsroom, page
from tests.origin.scripted import HANG, Heard, Script

WORKERS, CMS_SECONDS = 2, 0.3
RATE = 500
DEADLINES = {"origin_connect_seconds": "0.25", "origin_first_byte_seconds": "2", "origin_total_seconds": "5"}
"""As they are where nobody sets them."""

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]


def get(path: str, **expected: object) -> Ask:
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {LAGOS}\r\n\r\n".encode()
    return Ask(request, **expected)  # type: ignore[arg-type]


async def test_a_thousand_readers_of_one_cold_page(tmp_path: Path, check: Recording) -> None:
    row = check(22, "CMS, stampede")
    with newsroom(tmp_path, arguments=["--workers", str(WORKERS)]) as news:
        news.cms.answers["/story/cold"] = [CMS_SECONDS, page("cold", "Cache-Control: max-age=60")]
        news.cms.answers["/story/warm"] = [page("warm", "Cache-Control: max-age=60")]
        for _ in range(8):
            await asyncio.to_thread(news.get, "/story/warm")
        control = await at_once(news.running.port, get("/story/warm", holds=b"<h1>warm</h1>"))
        seen = await at_once(news.running.port, get("/story/cold", holds=b"<h1>cold</h1>"))
        asked = news.cms.asked["/story/cold"]
    row.figure(f"{TOGETHER} readers, {asked} requests to the CMS, {sum(seen.faults.values())} failed")
    limit = CMS_SECONDS + 0.1
    row.time("p99", seen.percentile(0.99), limit=limit, control=control.percentile(0.99))
    assert not seen.faults
    assert asked <= WORKERS


async def test_a_slow_page_that_everybody_wants(tmp_path: Path, check: Recording) -> None:
    row = check(22, "CMS, slow page")
    numbers = count()

    def others(number: int) -> Ask:
        return get(f"/story/{number % 20}", holds=b"<h1>other</h1>")

    def hot(_: int) -> Ask:
        return get(f"/hot?{next(numbers) % 50}", status=503)

    with newsroom(tmp_path, **DEADLINES) as news:
        for number in range(20):
            news.cms.answers[f"/story/{number}"] = [page("other", "Cache-Control: max-age=1")]
        news.cms.answers["/hot"] = [HANG]
        control = await undisturbed(news.running.port, others, 100, 15)
        async with readers(news.running.port, others, 100) as seen, readers(news.running.port, hot, RATE) as slow:
            await asyncio.sleep(30)
        asked = news.cms.asked
    reached = sum(times for target, times in asked.items() if target.startswith("/hot"))
    row.seen(seen, control, p99=0.05)
    row.figure(f"{slow.sent:,} readers of the slow page, {reached} requests to the CMS for it")
    assert not seen.faults
    assert set(slow.statuses) <= {503, 504}


async def test_three_times_the_load(tmp_path: Path, check: Recording) -> None:
    row = check(22, "CMS, three times the load")

    def slowly(heard: Heard) -> Script:
        return [0.02, page(heard.target, "Cache-Control: no-store")]

    def ask(number: int) -> Ask:
        return get(f"/own/{number}", holds=b"<h1>/own/")

    with newsroom(tmp_path, **DEADLINES) as news:
        news.cms.default = slowly
        control = await undisturbed(news.running.port, ask, 100, 10)
        async with readers(news.running.port, ask, 300) as seen:
            await asyncio.sleep(10)
    row.seen(seen, control)
    refused = seen.statuses[503]
    row.figure(f"{refused} of {seen.sent:,} told to come back")
    assert set(seen.faults) <= {"status 503"}
