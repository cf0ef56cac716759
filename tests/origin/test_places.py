"""How many requests are at an origin at once, and that nobody who is slow takes the places of the others (fault O13)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.content.message import Request
from gateway.content.origin import Care, Fault, Origin
from tests.origin.asking import asking, fault_of, page
from tests.origin.scripted import HANG, Scripted, response, scripted


@pytest.fixture
async def cms() -> AsyncIterator[Scripted]:
    async with scripted() as origin:
        yield origin


async def test_at_most_so_many_requests_are_at_the_origin_at_once(cms: Scripted) -> None:
    cms.default = lambda heard: [0.1, *page(heard)]
    async with asking(cms, Care(concurrency=8, per_path=8)) as (origin, _):
        assert set(await asyncio.gather(*(fault_of(origin, f"/{n}") for n in range(40)))) == {None}
        assert (cms.at_once, cms.connections) == (8, 8)


async def test_one_slow_path_leaves_places_for_the_others_whatever_its_query(cms: Scripted) -> None:
    cms.default = page
    cms.answers["/slow"] = [HANG]
    async with asking(cms, Care(concurrency=8, per_path=4, queue_seconds=0.2)) as (origin, _):
        slow = [asyncio.create_task(fault_of(origin, f"/slow?{n}")) for n in range(50)]
        await asyncio.sleep(0.05)
        assert {await fault_of(origin, f"/{n}") for n in range(50)} == {None}
        assert sorted(map(str, await asyncio.gather(*slow))) == ["busy"] * 46 + ["first-byte-timeout"] * 4


async def test_slow_readers_of_films_and_slow_writers_leave_places_for_pages(cms: Scripted) -> None:
    cms.default = page
    cms.answers["/film"] = [response(b"x", length=10), HANG]
    waiting = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"x"
        await waiting.wait()

    async def watch(origin: Origin, number: int) -> None:
        async with origin.exchange(Request("GET", f"/film?{number}")) as got:
            async for _ in got.chunks():
                await waiting.wait()

    async def write(origin: Origin, number: int) -> None:
        async with origin.exchange(Request("POST", f"/form/{number}"), slowly()):
            pass

    async with asking(cms, Care(concurrency=4, per_path=2, uploads=3, queue_seconds=0.2)) as (origin, _):
        tasks = [asyncio.create_task(kind(origin, number)) for kind in (watch, write) for number in range(10)]
        await asyncio.sleep(0.3)
        assert [await fault_of(origin, f"/{number}") for number in range(20)] == [None] * 20
        busy = [task.exception() for task in tasks if task.done()]
        assert [str(error) for error in busy] == ["busy"] * 7  # of those who write
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert (
            await asyncio.gather(*(fault_of(origin, f"/film?{number}") for number in range(2))) == [Fault.TIMEOUT] * 2
        )
