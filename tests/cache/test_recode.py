"""What many ask for is coded as small as can be, aside; nobody waits for it and nothing comes back by it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from gateway.cache import recode
from gateway.cache.codings import encode_bodies
from gateway.cache.memory import MemoryPages
from gateway.cache.page import StoredPage
from gateway.cache.recode import Recoder, better
from gateway.cache.redis import RedisPages
from tests.cache.conftest import KEY, PROSE, Open, Remembered, page
from tests.servers import Server

pytestmark = pytest.mark.alone


def prose(slug: str = "ferry", extra: bytes = b"") -> StoredPage:
    plain = page(slug)
    bodies = encode_bodies(PROSE + extra)
    return replace(plain, bodies=bodies, etags={coding: f'"quick-{coding}"' for coding in bodies})


class Shelf:
    """A store in a dictionary; remembers what was improved."""

    def __init__(self) -> None:
        self.pages: dict[str, StoredPage] = {}
        self.improved: list[StoredPage] = []

    async def get(self, key: str) -> StoredPage | None:
        return self.pages.get(key)

    async def improve(self, page: StoredPage) -> None:
        self.improved.append(page)


async def until(true: object, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it never became true"
        await asyncio.sleep(0.01)


async def test_a_page_that_is_sent_often_is_replaced_by_a_smaller_one_with_other_tags() -> None:
    memory, shelf = MemoryPages(2**24), Shelf()
    recoder, quick = Recoder(memory, shelf, sent_times=10), prose()
    memory.put(quick)
    for _ in range(10):
        recoder.sent(quick)
    await asyncio.sleep(0.1)
    assert memory.held(quick.key) is quick  # ten times are not more than ten
    recoder.sent(quick)
    await until(lambda: memory.held(quick.key) is not quick)
    best = memory.held(quick.key)
    assert best is not None
    assert best.best
    assert best.bodies["identity"] == quick.bodies["identity"]
    assert len(best.bodies["br"]) < len(quick.bodies["br"])
    assert len({*best.etags.values(), *quick.etags.values()}) == 2 * len(quick.etags)
    await until(lambda: shelf.improved == [best])
    recoder.sent(best, 1000)
    await asyncio.sleep(0.1)
    assert recoder.counts["coded"] == 1
    await recoder.aclose()


async def test_the_loop_runs_while_pages_are_coded_and_one_thread_takes_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory, late, at_once = MemoryPages(2**24), list[float](), list[int]()
    running = 0

    def watched(quick: StoredPage) -> StoredPage:
        nonlocal running
        running += 1
        at_once.append(running)
        found = better(quick)
        running -= 1
        return found

    monkeypatch.setattr(recode, "better", watched)
    recoder = Recoder(memory, Shelf(), sent_times=1)
    began = time.monotonic()
    for number in range(10):
        memory.put(prose(f"page-{number}", b"%d" % number))
        recoder.sent(prose(f"page-{number}", b"%d" % number), 5)
    while recoder.counts["coded"] < 10:
        turn = time.monotonic()
        await asyncio.sleep(0.001)
        late.append(time.monotonic() - turn)
        assert time.monotonic() < began + 60
    assert max(at_once) == 1
    assert sorted(late)[int(len(late) * 0.95)] < 0.02
    await recoder.aclose()


async def test_a_page_purged_while_it_is_coded_does_not_come_back(server: Server, opened: Open) -> None:
    async with opened(server.url) as store:
        memory, quick = MemoryPages(2**24), prose()
        recoder = Recoder(memory, store, sent_times=1)
        memory.put(quick)
        await store.put(quick)
        recoder.sent(quick, 5)
        await asyncio.sleep(0)
        memory.purge(None)
        server.command("FLUSHALL")
        await until(lambda: recoder.counts["coded"] == 1)
        assert memory.held(quick.key) is None
        assert await store.get(quick.key) is None
        await recoder.aclose()


async def test_the_fleet_takes_over_what_one_process_has_coded(server: Server) -> None:
    memories = [MemoryPages(2**24) for _ in range(3)]
    recoders: list[Recoder] = []
    stores = [
        RedisPages(server.url, KEY, Remembered(), improved=lambda key, n=n: recoders[n].improved(key))  # type: ignore[misc]
        for n in range(3)
    ]
    recoders += [Recoder(memory, store, sent_times=1) for memory, store in zip(memories, stores, strict=True)]
    quick = prose()
    for memory, store in zip(memories, stores, strict=True):
        await store.start()
        memory.put(replace(quick))
    await until(lambda: all(store.hears_purges for store in stores))
    await stores[0].put(quick)
    first = memories[0].held(quick.key)
    assert first is not None
    recoders[0].sent(first, 5)
    await until(lambda: all(memory.held(quick.key).best for memory in memories))  # type: ignore[union-attr]
    assert [recoder.counts["coded"] for recoder in recoders] == [1, 0, 0]
    assert len({str(memory.held(quick.key)) for memory in memories}) == 1
    late = Recoder(memories[0], stores[0], sent_times=1)
    late.sent(quick, 5)
    await until(lambda: not late._waiting)
    assert late.counts["coded"] == 0
    for closing in (*recoders, late, *stores):
        await closing.aclose()


async def test_what_is_too_large_or_has_no_coding_is_left_alone() -> None:
    recoder = Recoder(MemoryPages(2**24), Shelf(), sent_times=1)
    recoder.sent(prose(extra=bytes(recode.LARGEST_BYTES)), 5)
    recoder.sent(replace(page(), bodies={"identity": b"x"}), 5)
    assert not recoder._waiting
    await recoder.aclose()


async def test_the_queue_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recode, "LONGEST_QUEUE", 3)
    recoder = Recoder(MemoryPages(2**24), Shelf(), sent_times=1)
    for number in range(50):
        recoder.sent(page(f"page-{number}"), 5)
    assert len(recoder._waiting) == 3
    await recoder.aclose()


async def test_a_page_that_cannot_be_coded_costs_nobody_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_page: StoredPage) -> StoredPage:
        raise MemoryError

    memory = MemoryPages(2**24)
    recoder = Recoder(memory, Shelf(), sent_times=1)
    monkeypatch.setattr(recode, "better", fails)
    recoder.sent(prose("one"), 5)
    await until(lambda: recoder.counts["failed"] == 1)
    monkeypatch.setattr(recode, "better", better)
    memory.put(prose("two"))
    recoder.sent(prose("two"), 5)
    await until(lambda: recoder.counts["coded"] == 1)
    await recoder.aclose()
