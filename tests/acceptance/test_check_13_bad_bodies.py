"""Every fault of an answer, three times over, while others read: nothing bad is served, kept or held in memory."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.acceptance.recorder import Recording
from tests.load import Ask, readers, undisturbed
from tests.origin.bad_bodies import FAULTS, memory, wrong
from tests.origin.newsroom import LAGOS, MOSCOW, newsroom, page

RATE, ROUNDS = 100, 3

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(400)]


def ask(number: int) -> Ask:
    """A page that is well, for a reader whom a policy warns and one whom none does."""
    warned = number % 2 == 0
    request = f"GET /story/well HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {MOSCOW if warned else LAGOS}\r\n\r\n"
    return Ask(request.encode(), 200, frozenset({"warned"} if warned else ()), holds=b"<h1>well</h1>")


async def test_bad_bodies(tmp_path: Path, check: Recording) -> None:
    row = check(13)
    with newsroom(tmp_path, origin_first_byte_seconds="0.5", origin_total_seconds="1") as news:
        news.cms.answers["/story/well"] = [page("well", "Cache-Control: max-age=2")]
        control = await undisturbed(news.running.port, ask, RATE, 10)
        before = memory(news)
        async with readers(news.running.port, ask, RATE) as seen:
            found = [await asyncio.to_thread(wrong, news) for _ in range(ROUNDS)]
        grown = memory(news) - before
    row.figure(
        f"{len(FAULTS)} faults, {ROUNDS} times: {sum(map(len, found))} bad answers, memory +{grown / 2**20:.0f} MB"
    )
    row.seen(seen, control)
    assert found == [{}] * ROUNDS
    assert grown < 64 * 2**20
    assert not seen.faults
