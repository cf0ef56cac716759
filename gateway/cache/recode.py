"""Code again, as small as can be, the pages that many ask for: aside, one at a time, and never faster than slowly.

The first reader of a page gets what is coded quickly. What is made here takes its place in memory and in the store,
under tags of its own: whoever asks with the former tag is sent the page once more.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from gateway.cache.codings import IDENTITY, encode_best, etag_for
from gateway.cache.memory import MemoryPages
from gateway.cache.page import StoredPage

SENT_TIMES = 100
"""A page that was sent so often, since this process met it, is worth twenty milliseconds of a processor."""
NICENESS = 10
LARGEST_BYTES = 256 * 2**10
LONGEST_QUEUE = 256
_COUNTED = 65_536
_REST = 4
"""After each page it rests for this many times as long as the page took: it has a fifth of one processor at most."""


class Shared(Protocol):
    """What the fleet shares of it. Never raises."""

    async def get(self, key: str) -> StoredPage | None:
        """The page under this key."""

    async def improve(self, page: StoredPage) -> None:
        """Put it in the place of the one that is there, if there is one, and tell the others."""


class Recoder:
    """Counts what is sent, and codes again what is sent often. `counts`: pages coded here, pages taken over."""

    def __init__(self, memory: MemoryPages, shared: Shared, *, sent_times: int = SENT_TIMES) -> None:
        self._memory = memory
        self._shared = shared
        self._sent_times = sent_times
        self._sent: dict[str, int] = {}
        self._waiting: dict[str, StoredPage] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self._thread = ThreadPoolExecutor(1, "recoder", initializer=_step_back)
        self._at_work = False
        self.counts: Counter[str] = Counter()

    def sent(self, page: StoredPage, times: int = 1) -> None:
        """This page has been sent so often."""
        if page.best or len(page.bodies) == 1 or len(page.bodies[IDENTITY]) > LARGEST_BYTES:
            return
        total = self._sent.get(page.key, 0) + times
        if total <= self._sent_times:
            if len(self._sent) >= _COUNTED:
                self._sent.clear()  # a cheap bound: what is asked for often is soon counted again
            self._sent[page.key] = total
        elif page.key not in self._waiting and len(self._waiting) < LONGEST_QUEUE:
            self._sent.pop(page.key, None)
            self._waiting[page.key] = page
            if not self._at_work:
                self._at_work = True
                self._spawn(self._work())

    def improved(self, key: str) -> None:
        """Another process has coded this page better: take it over, if it is kept here."""
        held = self._memory.held(key)
        if held is not None and not held.best:
            self._spawn(self._take_over(held))

    async def aclose(self) -> None:
        """Stop; what is being coded is thrown away."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                key, page = next(iter(self._waiting.items()))
                try:
                    if not await self._take_over(page):
                        began = loop.time()
                        await self._place(page, await loop.run_in_executor(self._thread, better, page))
                        self.counts["coded"] += 1
                        await asyncio.sleep(_REST * (loop.time() - began))
                finally:
                    del self._waiting[key]
        finally:
            self._at_work = False

    async def _take_over(self, page: StoredPage) -> bool:
        """Whether the store has the best of this page already; then it is kept here, too."""
        stored = await self._shared.get(page.key)
        if stored is None or not stored.best:
            return False
        self.counts["taken_over"] += self._memory.replace(page, stored)
        return True

    async def _place(self, page: StoredPage, best: StoredPage) -> None:
        held = self._memory.held(page.key)
        if held is None or self._memory.replace(page, best):
            await self._shared.improve(best)

    def _spawn(self, work: Coroutine[None, None, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.counts["failed"] += 1  # it is no reader's loss: the page stays as it was


def _step_back() -> None:
    """Let whoever answers readers go first where they share a processor (Linux: a thread has a niceness of its own)."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def better(page: StoredPage) -> StoredPage:
    """The page in its best codings, with the tags that these bytes have."""
    bodies = encode_best(page.bodies)
    etags = {coding: etag_for(page.key, body, coding) for coding, body in bodies.items()}
    return replace(page, bodies=bodies, etags=etags, best=True)
