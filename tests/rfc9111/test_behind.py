"""What a miss costs behind memory: responses written many at a time, and nothing asked for that cannot be there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from gateway.cache.http.behind import WAITING_LIMIT, Behind
from gateway.cache.http.profile import RFC9111
from gateway.cache.http.redis import RedisResponses
from gateway.cache.http.store import New
from gateway.cache.http.stored import Stored
from gateway.cache.http.written import Written
from gateway.cache.redis import RedisPages
from tests.cache.conftest import KEY, Remembered
from tests.rfc9111.test_stores import stored
from tests.rfc9111.world import ORIGIN
from tests.servers import Server, valkey

BOUND = 10.0


class Journeys:
    """A shared store that only notes what is brought to it, and when `closed`, lets whoever brings it wait."""

    def __init__(self) -> None:
        self.brought: list[list[str]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def put_all(self, news: Sequence[New]) -> None:
        self.brought.append([new.stored.uri for new in news])
        await self.open.wait()

    async def get(self, uri: str) -> tuple[Stored, ...]:
        raise NotImplementedError

    async def put(self, stored: Stored, *, instead_of: Stored | None = None) -> None:
        raise NotImplementedError

    async def remove(self, uri: str) -> None:
        raise NotImplementedError

    async def purge(self, tags: frozenset[str] | None) -> int:
        raise NotImplementedError


async def test_what_comes_within_a_moment_is_written_in_one_journey_and_in_order() -> None:
    shared = Journeys()
    behind = Behind(shared)
    for number in range(20):
        await behind.put(New(stored(f"/{number}")))
    assert shared.brought == [], "nobody waits"
    async with asyncio.timeout(BOUND):
        while not shared.brought:  # noqa: ASYNC110  (by itself, after a moment)
            await asyncio.sleep(0.001)
    await behind.settled()
    assert shared.brought == [[f"/{number}" for number in range(20)]]


async def test_what_comes_while_one_journey_lasts_goes_with_the_next() -> None:
    shared = Journeys()
    behind = Behind(shared)
    shared.open.clear()
    await behind.put(New(stored("/a")))
    waiting = asyncio.create_task(behind.settled())
    async with asyncio.timeout(BOUND):
        while not shared.brought:  # noqa: ASYNC110  (a state, not an event)
            await asyncio.sleep(0)
        await behind.put(New(stored("/b")))
        await behind.put(New(stored("/c")))
        assert shared.brought == [["/a"]]
        shared.open.set()
        await waiting
        await behind.settled()
    assert shared.brought == [["/a"], ["/b", "/c"]]


async def test_large_responses_do_not_travel_together() -> None:
    shared = Journeys()
    behind = Behind(shared)
    for number in range(3):
        await behind.put(New(stored(f"/{number}", body=bytes(700_000))))
    await behind.settled()
    assert shared.brought == [["/0"], ["/1"], ["/2"]]


async def test_whoever_brings_too_much_waits_until_it_is_written() -> None:
    shared = Journeys()
    behind = Behind(shared)
    shared.open.clear()
    for number in range(WAITING_LIMIT):
        await behind.put(New(stored(f"/{number}")))
    one_more = asyncio.create_task(behind.put(New(stored("/more"))))
    async with asyncio.timeout(BOUND):
        while not shared.brought:  # noqa: ASYNC110  (a state, not an event)
            await asyncio.sleep(0)
        assert not one_more.done()
        shared.open.set()
        await one_more
        await behind.settled()
    assert sum(map(len, shared.brought)) == WAITING_LIMIT + 1


# In Redis.


@asynccontextmanager
async def opened(server: Server, *, alone: bool = False) -> AsyncIterator[RedisResponses]:
    pages = RedisPages(server.url, KEY, Remembered(), deadline_seconds=5.0)
    await pages.start()
    try:
        yield RedisResponses(pages, KEY, RFC9111, ORIGIN, alone=alone)
    finally:
        await pages.aclose()


async def test_one_journey_keeps_what_is_there_of_each_target_beside_what_comes(tmp_path: Path) -> None:
    with valkey(tmp_path / "valkey") as server:
        async with opened(server) as one, opened(server) as two:
            await one.put(stored("/a", foo="1"))
            await one.put(stored("/b", foo="1"))
            old = stored("/b", foo="2")
            news = [
                New(stored("/a", foo="2")), New(old), New(stored("/a", foo="3")), New(stored("/b", foo="4"), old),
                New(stored("/c", foo="1", body=b"old")), New(stored("/c", foo="1", body=b"new")),
            ]  # fmt: skip
            await two.put_all(news)
            found = {uri: [one.selected_by["foo"] for one in await one.get(uri)] for uri in ("/a", "/b", "/c")}
            assert found == {"/a": ["1", "2", "3"], "/b": ["1", "4"], "/c": ["1"]}
            assert [kept.response.body for kept in await one.get("/c")] == [b"new"]


async def test_a_process_alone_asks_redis_for_nothing_that_cannot_be_there(tmp_path: Path) -> None:
    with valkey(tmp_path / "valkey") as server:
        async with opened(server) as before:
            await before.put(stored("/kept"))
        async with opened(server, alone=True) as alone:
            asked = -1
            async with asyncio.timeout(BOUND):
                while asked != (asked := _reads(server)):  # until it has learnt what is there
                    assert await alone.get("/none") == ()
                    await asyncio.sleep(0.01)
            assert len(await alone.get("/kept")) == 1, "what outlived the process before"
            await alone.put(stored("/own"))
            assert len(await alone.get("/own")) == 1
            assert _reads(server) == asked + 2
        async with opened(server) as among_others:
            assert await among_others.get("/none") == ()
            assert _reads(server) == asked + 3


def _reads(server: Server) -> int:
    """How many values were read so far."""
    stats = cast("dict[str, dict[str, int]]", server.command("INFO", "commandstats"))
    return stats.get("cmdstat_getrange", {}).get("calls", 0)


@pytest.mark.parametrize("there", [0, 2])
async def test_more_keys_than_are_remembered_may_all_be_there(there: int) -> None:
    async def walk(_cursor: int) -> tuple[int, list[bytes]]:
        return 0, [b"%d" % number for number in range(there)]

    written = Written(walk, limit=2)
    assert written.may_hold("9"), "nothing is known yet"
    await asyncio.sleep(0)
    assert not written.may_hold("9")
    assert written.may_hold("0") is (there > 0)
    written.add("one")
    written.add("two")
    written.add("three")
    assert written.may_hold("9")


async def test_while_redis_cannot_be_asked_nothing_is_known() -> None:
    answers: list[tuple[int, list[bytes]] | None] = [None, (7, [b"a"]), (0, [b"b"])]

    async def walk(_cursor: int) -> tuple[int, list[bytes]] | None:
        return answers.pop(0)

    written = Written(walk)
    assert written.may_hold("c")
    await asyncio.sleep(0)
    assert written.may_hold("c"), "the walk is begun anew"
    await asyncio.sleep(0)
    assert [written.may_hold(key) for key in "abc"] == [True, True, False]
