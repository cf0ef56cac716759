"""A CMS that is down for a minute, in three ways, at 300 readers a second: nobody notices, and it is not hurried."""

from __future__ import annotations

import asyncio
import time
from itertools import count
from pathlib import Path

import pytest

from tests.acceptance.recorder import Recording
from tests.acceptance.steady import said, told
from tests.load import Ask, readers, undisturbed
from tests.origin.newsroom import LAGOS, MOSCOW, WARNED, Newsroom, healthy, newsroom, page
from tests.origin.scripted import HANG, Heard, Script, response
from tests.sites import policy, write_policies

RATE, ARTICLES, OUTAGE_SECONDS = 300, 500, 60.0
NOW = policy("note", "notice: {id: noted}", articles="{paths: [/now/*]}")

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(400)]


def ask(number: int) -> Ask:
    """Every article in turn, of every sixth by a reader whom a policy warns."""
    path, warned = f"/story/{number % ARTICLES}", number % 6 == 0
    address = MOSCOW if warned else LAGOS
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {address}\r\n\r\n".encode()
    return Ask(request, 200, frozenset({"warned"} if warned else ()), holds=f"<h1>{path}</h1>".encode())


def well(heard: Heard) -> Script:
    if heard.method == "HEAD":
        return healthy(heard)
    return [page(heard.target, "Cache-Control: max-age=5")]


def down(kind: str) -> Script:
    return [HANG] if kind == "hangs" else [response(b"sorry", "503 Service Unavailable")]


@pytest.mark.parametrize("kind", ["refuses", "hangs", "answers 503"])
async def test_a_cms_that_is_down(tmp_path: Path, check: Recording, kind: str) -> None:
    row = check(12, kind)
    deadlines = {"origin_connect_seconds": "0.25", "origin_first_byte_seconds": "2", "origin_total_seconds": "5"}
    with newsroom(tmp_path, **deadlines) as news:
        news.cms.answers.clear()
        news.cms.default = well
        await asyncio.to_thread(warm, news)
        control = await undisturbed(news.running.port, ask, RATE, 20)
        async with readers(news.running.port, ask, RATE) as seen:
            if kind == "refuses":
                await asyncio.to_thread(news.apart.refuse)
            else:
                news.cms.default = down(kind)
            began = time.monotonic()
            await told(news.running, "origin_lost", 1, seconds=40)
            opened, probes, asked = time.monotonic(), news.cms.probes, news.cms.asked.total()
            await asyncio.sleep(OUTAGE_SECONDS / 2)
            write_policies(news.policies, [WARNED, NOW])
            changed = time.monotonic()
            while 'data-notice="noted"' not in (await asyncio.to_thread(news.get, "/now/1")).text:
                assert time.monotonic() - changed < 15
            taken = time.monotonic() - changed
            await asyncio.sleep(max(0.0, began + OUTAGE_SECONDS - time.monotonic()))
            open_seconds = time.monotonic() - opened
            probes, asked = news.cms.probes - probes, news.cms.asked.total() - asked
            until = time.monotonic()
            if kind == "refuses":
                await asyncio.to_thread(news.apart.listen)
            news.cms.default = well
            await told(news.running, "origin_restored", 1, seconds=40)
            back = time.monotonic() - until
            await asyncio.sleep(5)
        lost = said(news.running, "origin_lost")
    while_open = sorted(took for took, due in zip(seen.seconds, seen.began, strict=True) if opened <= due < until)
    row.seen(seen, control)
    row.time("p99 while open", while_open[int(len(while_open) * 0.99)], limit=0.1, control=control.percentile(0.99))
    row.time("given up after", opened - began)
    row.time("back after", back, limit=5.0)
    row.time("a new policy on what is stale after", taken, limit=2.0)
    row.figure(f"{probes} probes and {asked} requests reached it in {open_seconds:.0f} s")
    assert not seen.faults
    assert not control.faults
    assert seen.sent > RATE * OUTAGE_SECONDS * 0.9
    assert probes <= open_seconds + 1
    assert asked == 0
    assert lost == 1


def warm(news: Newsroom) -> None:
    news.read("/now/1", *(f"/story/{number}" for number in range(ARTICLES)))


async def test_after_the_outage_it_is_asked_a_little_more_every_moment(tmp_path: Path, check: Recording) -> None:
    row = check(12, "recovery")
    numbers = count()
    with newsroom(tmp_path) as news:
        news.cms.answers.clear()
        news.cms.default = lambda heard: healthy(heard) if heard.method == "HEAD" else [page(heard.target)]
        await asyncio.to_thread(warm, news)
        await asyncio.to_thread(news.apart.refuse)
        async with readers(news.running.port, lambda _: ask(next(numbers)), RATE) as seen:
            await told(news.running, "origin_lost", 1, seconds=40)
            await asyncio.to_thread(news.apart.listen)
            await told(news.running, "origin_restored", 1, seconds=40)
            per_step = []
            for _ in range(14):
                before = news.cms.asked.total()
                await asyncio.sleep(0.4)
                per_step.append(news.cms.asked.total() - before)
    row.figure(f"requests to the CMS in each 0.4 s after it was back: {', '.join(map(str, per_step))}")
    assert not seen.faults
    assert per_step[0] < RATE * 0.4 * 0.35
    assert sum(per_step[:3]) < sum(per_step[-3:])
