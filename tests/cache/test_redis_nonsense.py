"""Something answers that is no Redis, or answers have slipped: a miss for readers, and over when it is over."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.cache.conftest import Open, page
from tests.servers import Server, proxy_before

NONSENSE = {
    "a web server": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "a number": b":7\r\n",
    "a large number": b":99999999999999\r\n",
    "nothing": b"$-1\r\n",
    "no list": b"*-1\r\n",
    "an empty list": b"*0\r\n",
    "a list": b"*2\r\n$1\r\na\r\n:1\r\n",
    "a list of lists": b"*1\r\n" * 6 + b":1\r\n",
    "a status": b"+OK\r\n",
    "an empty text": b"$0\r\n\r\n",
    "another text": b"$6\r\n\x80\x04N.\x00\x00\r\n",
    "three answers to one question": b"$1\r\na\r\n:1\r\n+OK\r\n",
    "fifty answers": b"+OK\r\n" * 50,
    "half an answer": b"$10\r\nabc",
    "a length that is none": b"$-5\r\nabc\r\n",
    "RESP3": b"%1\r\n+a\r\n,nan\r\n#t\r\n",
    "what is no protocol": bytes(range(256)),
    "a refusal": b"-ERR no\r\n",
    "another node": b"-MOVED 3999 127.0.0.1:1\r\n",
}


@pytest.mark.parametrize("nonsense", NONSENSE)
async def test_whatever_answers_in_its_place_is_a_miss_and_is_over_when_it_is_over(
    opened: Open, server: Server, nonsense: str
) -> None:
    async with proxy_before(server.port) as proxy, opened(proxy.url) as store:
        await store.put(page())
        assert await store.get(page().key) == page()
        proxy.says = NONSENSE[nonsense]
        for _ in range(8):
            assert await store.get(page().key) is None
            assert (await store.claim(page("other").key)).page is None
            await store.release(page("other").key)
            await store.improve(page())
        assert not store.up or await store.purge(frozenset({"article:nobody"})) == 0
        proxy.says = None
        deadline = time.monotonic() + 10
        while not (store.up and store.hears_purges and await store.get(page().key) == page()):
            assert time.monotonic() < deadline, store.counts
            await store.put(page())
            await asyncio.sleep(0.05)


async def test_a_purge_answered_with_nonsense_is_owed_and_done_before_the_next_page_is_read(
    opened: Open, server: Server
) -> None:
    async with proxy_before(server.port) as proxy, opened(proxy.url) as store:
        await store.put(page())
        proxy.says = b":7\r\n"
        assert await store.purge(None) == 0
        assert await store.remaining(None) is None
        proxy.says = None
        assert not store.up
        deadline = time.monotonic() + 10
        while not store.up:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        assert await store.get(page().key) is None
