"""Get a page that memory does not have: from the store, else made. Whoever asks meanwhile waits for the same page.

In this process, one task fetches a key for all who want it. In the fleet, as long as the store answers, one process
makes it and the others wait for it, a second at most; then they make it themselves. Nobody is given an older version
meanwhile: to make a page takes milliseconds and nobody's help, so waiting and making are always safe, and short.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from inspect import isawaitable

from gateway.cache.fill import Fills
from gateway.cache.memory import MemoryPages
from gateway.cache.page import PageStore, StoredPage

Fetched = tuple[StoredPage, str, str]
"""A page, with the status (hit or miss) and the level (redis or render) of what was found."""

Make = Callable[[], StoredPage | Awaitable[StoredPage]]
"""Makes a page: here and now, or aside."""

FOLLOW_SECONDS = 1.0
"""How long a process waits for a page that another is making."""
MADE_AT_ONCE = 4
"""How many pages a process makes at once, at most. Readers of other pages wait in line, but not for a stored one."""


class Fetches:
    """All fetches of a process. `counts`: pages made, and pages that others made while this process waited."""

    def __init__(self, memory: MemoryPages, store: PageStore, *, follow_seconds: float = FOLLOW_SECONDS) -> None:
        self._memory = memory
        self._store = store
        self._follow_seconds = follow_seconds
        self._under_way: Fills[Fetched] = Fills()
        self._making = asyncio.Semaphore(MADE_AT_ONCE)
        self.counts: Counter[str] = Counter()

    async def page(self, key: str, make: Make) -> Fetched:
        """The page under this key. Raises what `make` raises."""
        return await self._under_way.once(key, lambda: self._fetch(key, make))

    async def aclose(self) -> None:
        """Fetch nothing any more."""
        await self._under_way.aclose()

    async def _fetch(self, key: str, make: Make) -> Fetched:
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._follow_seconds
        page, waited = await self._store.get(key), False
        while page is None:
            async with self._making:
                claim = await self._store.claim(key)
                page = claim.page
                if page is None and (claim.free or clock() >= deadline):
                    self.counts["made" if claim.free else "made_after_waiting"] += 1
                    return await self._made(key, make), "miss", "render"
                if page is not None and claim.free:
                    await self._store.release(key)
            if page is None:
                waited = True
                await self._store.wait(key, max(0.0, deadline - clock()))
        self.counts["followed"] += waited
        self._memory.put(page)
        return page, "hit", "redis"

    async def _made(self, key: str, make: Make) -> StoredPage:
        await asyncio.sleep(0)  # with the others in line behind: between a few pages, whoever else waits has a turn
        try:
            made = make()
            page = await made if isawaitable(made) else made
        except Exception:
            await self._store.release(key)
            raise
        self._memory.put(page)
        await self._store.put(page)
        return page
