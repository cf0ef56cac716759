"""Where responses are kept for the fleet: a real Valkey, and memory before it."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.cache.http.levels import Responses
from gateway.cache.http.memory import MemoryResponses
from gateway.cache.http.profile import RFC9111
from gateway.cache.http.redis import RedisResponses, key_of
from gateway.cache.redis import RedisPages
from gateway.cache.seal import VALUE_LIMIT_BYTES
from tests.cache.conftest import KEY, Remembered, page
from tests.rfc9111.test_stores import stored
from tests.rfc9111.world import NOON, ORIGIN
from tests.servers import Server, cluster, valkey


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with valkey(tmp_path / "valkey") as running:
        yield running


@contextlib.asynccontextmanager
async def opened(url: str, key: bytes = KEY, **options: object) -> AsyncIterator[tuple[RedisPages, RedisResponses]]:
    pages = RedisPages(url, key, Remembered(), **options)  # type: ignore[arg-type]
    await pages.start()
    try:
        yield pages, RedisResponses(pages, key, RFC9111, ORIGIN)
    finally:
        await pages.aclose()


# In Redis.


async def test_a_fleet_shares_responses_and_another_does_not(server: Server) -> None:
    async with (
        opened(server.url) as (_, one),
        opened(server.url) as (_, two),
        opened(server.url, b"other") as (_, stranger),
    ):
        await one.put(stored(foo="1"))
        await two.put(stored(foo="2"))
        assert await one.get("/a") == (stored(foo="1"), stored(foo="2"))
        assert await stranger.get("/a") == ()
        assert await one.get("/b") == ()
        left = server.command("TTL", key_of("/a", ORIGIN))
        assert isinstance(left, int)
        assert 0 < left <= 7 * 24 * 3600


async def test_a_purge_by_tag_by_target_and_of_all_reaches_redis_and_the_other_processes(server: Server) -> None:
    heard: list[frozenset[str] | None] = []
    async with opened(server.url) as (pages, one), opened(server.url, forget=heard.append) as (other, two):
        async with asyncio.timeout(10):
            while not other.hears_purges:  # noqa: ASYNC110  (a state, not an event)
                await asyncio.sleep(0.01)
        await pages.put(page("ferry", tags=("tag:sea",)))
        await one.put(stored("/a", Surrogate_Key="sea"))
        await one.put(stored("/b", Surrogate_Key="sky"))
        await one.put(stored("/c"))
        assert await one.purge(frozenset({"url:/c", "url:/none"})) == 1
        assert await two.get("/c") == ()
        assert await one.purge(frozenset({"tag:sea"})) == 2, "page and response alike"
        assert (await two.get("/a"), len(await two.get("/b"))) == ((), 1)
        assert await one.purge(None) == 1
        async with asyncio.timeout(10):
            while None not in heard:  # noqa: ASYNC110  (a state, not an event)
                await asyncio.sleep(0.01)
    for names in (frozenset({"url:/c", "url:/none"}), frozenset({"tag:sea"}), None):
        assert names in heard


async def test_responses_that_are_too_large_together_lose_the_oldest(server: Server) -> None:
    async with opened(server.url, deadline_seconds=5.0) as (_, store):  # megabytes, on a machine that does much else
        for foo in "123":
            await store.put(stored(foo=foo, body=random.Random(int(foo)).randbytes(VALUE_LIMIT_BYTES // 2 - 9000)))
        assert [one.selected_by["foo"] for one in await store.get("/a")] == ["2", "3"]
        await store.put(stored(foo="9", body=bytes(VALUE_LIMIT_BYTES)))
        assert await store.get("/a") == ()


async def test_without_redis_nothing_is_found_nothing_fails_and_a_purge_is_owed(server: Server) -> None:
    async with opened(server.url) as (pages, store):
        await store.put(stored())
        server.kill()
        assert await store.get("/a") == ()
        await store.put(stored(foo="1"))
        assert await store.purge(frozenset({"url:/a"})) == 0
        async with asyncio.timeout(10):
            while frozenset({"url:/a"}) not in pages._owed:  # noqa: ASYNC110  (a state, not an event)
                await asyncio.sleep(0.01)


async def test_a_cluster_shares_responses_and_targets_in_many_slots_go_at_once(tmp_path: Path) -> None:
    with cluster(tmp_path) as nodes:
        url = "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in nodes)
        async with opened(url) as (_, one), opened(url) as (_, two):
            targets = [f"/{number}" for number in range(12)]
            for target in targets:
                await one.put(stored(target, Surrogate_Key="sea"))
            assert [len(await two.get(target)) for target in targets] == [1] * 12
            assert await two.purge(frozenset(f"url:{target}" for target in targets[:6])) == 6
            assert await two.purge(frozenset({"tag:sea"})) == 6
            assert [await one.get(target) for target in targets] == [()] * 12


# Both levels.


async def test_what_another_process_fetched_is_found_once_memory_has_nothing_fresh(server: Server) -> None:
    now = NOON
    async with opened(server.url) as (_, shared):
        mine = Responses(MemoryResponses(2**20), shared, lambda: now)
        theirs = Responses(MemoryResponses(2**20), shared, lambda: now)
        assert await mine.get("/a") == ((), "memory")
        await theirs.put(stored(body=b"old"))
        await theirs.settled()
        found, level = await mine.get("/a")
        assert ([one.response.body for one in found], level) == ([b"old"], "redis")
        assert (await mine.get("/a"))[1] == "memory"
        now = NOON + 100
        assert (await mine.get("/a"))[1] == "memory", "asked, and nothing newer is there"
        await theirs.put(stored(body=b"new", received=now))
        await theirs.settled()
        found, level = await mine.get("/a")
        assert ([one.response.body for one in found], level) == ([b"new"], "redis")
        assert mine.memory.held("/a") == found
        await mine.put(stored(body=b"newest", received=now + 1))
        now += 100
        assert [one.response.body for one in (await mine.get("/a"))[0]] == [b"newest"]


async def test_a_purge_takes_both_levels(server: Server) -> None:
    async with opened(server.url) as (_, shared):
        both = Responses(MemoryResponses(2**20), shared, lambda: NOON)
        await both.put(stored())
        assert await both.purge(frozenset({"url:/a"})) == (1, 1)
        assert await both.get("/a") == ((), "memory")
        await both.put(stored())
        await both.remove("/a")
        assert await both.get("/a") == ((), "memory")


async def test_what_is_written_last_stays_and_nobody_waits_for_it(server: Server) -> None:
    async with opened(server.url, deadline_seconds=5.0) as (_, shared):
        one = Responses(MemoryResponses(2**20), shared, lambda: NOON)
        for number in range(600):
            await one.put(stored(f"/{number % 300}", body=b"%d" % number))
        await one.settled()
        there = [[kept.response.body for kept in await shared.get(f"/{number}")] for number in range(300)]
        assert there == [[b"%d" % (number + 300)] for number in range(300)]


async def test_memory_alone_is_a_store() -> None:
    alone = Responses(MemoryResponses(2**20), clock=lambda: NOON)
    await alone.put(stored())
    assert len((await alone.get("/a"))[0]) == 1
    assert await alone.purge(None) == (1, 0)
