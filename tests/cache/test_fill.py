from __future__ import annotations

import asyncio

import pytest

from gateway.cache.fill import Fills
from gateway.cache.page import StoredPage
from tests.cache.conftest import page


async def test_a_thousand_readers_of_a_cold_page_cost_one_rendering() -> None:
    fills, renderings = Fills(), 0

    async def fill() -> StoredPage:
        nonlocal renderings
        renderings += 1
        await asyncio.sleep(0.01)
        return page()

    pages = await asyncio.gather(*(fills.once("k", fill) for _ in range(1000)))
    assert renderings == 1
    assert all(one is pages[0] for one in pages)
    assert len(fills) == 0


async def test_different_keys_do_not_wait_for_one_another() -> None:
    fills = Fills()
    never = asyncio.Event()

    async def stuck() -> StoredPage:
        await never.wait()
        return page()

    async def quick() -> StoredPage:
        return page("quick")

    waiting = asyncio.create_task(fills.once("a", stuck))
    await asyncio.sleep(0)
    assert (await fills.once("b", quick)).key == page("quick").key
    never.set()
    await waiting


async def test_a_reader_who_leaves_takes_nobodys_page_away() -> None:
    fills = Fills()
    go_on = asyncio.Event()

    async def fill() -> StoredPage:
        await go_on.wait()
        return page()

    first = asyncio.create_task(fills.once("k", fill))
    second = asyncio.create_task(fills.once("k", fill))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    go_on.set()
    assert (await second).key == page().key


async def test_a_failed_fill_fails_for_all_who_wait_and_the_next_reader_tries_anew() -> None:
    fills, tries = Fills(), 0

    async def fill() -> StoredPage:
        nonlocal tries
        tries += 1
        await asyncio.sleep(0)
        if tries == 1:
            raise OSError("disk")
        return page()

    results = await asyncio.gather(*(fills.once("k", fill) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [OSError] * 3
    assert (await fills.once("k", fill)).key == page().key


async def test_a_fill_that_fails_after_all_have_left_complains_to_nobody() -> None:
    fills = Fills()
    unheard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: unheard.append(context))

    async def fill() -> StoredPage:
        await asyncio.sleep(0.01)
        raise OSError("disk")

    reader = asyncio.create_task(fills.once("k", fill))
    await asyncio.sleep(0)
    reader.cancel()
    await asyncio.sleep(0.05)
    del reader
    assert unheard == []
    assert len(fills) == 0


async def test_closing_leaves_no_task_behind() -> None:
    fills = Fills()

    async def fill() -> StoredPage:
        await asyncio.sleep(60)
        return page()

    reader = asyncio.create_task(fills.once("k", fill))
    await asyncio.sleep(0)
    await fills.aclose()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert len(fills) == 0
