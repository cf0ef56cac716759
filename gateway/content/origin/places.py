"""How many requests may be at an origin at once: so many in all, so many for one path, the rest waits a moment.

A reader who is slow holds no place that another needs: one is given back when a body begins to pass through, and those
who send a body, however slowly, have places of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from gateway.content.origin.care import Care
from gateway.content.origin.error import Fault, OriginError


class Places:
    """One slow path, whatever queries it is asked with, cannot take the places of all the others (fault O13)."""

    def __init__(self, care: Care) -> None:
        self._care = care
        self._all = asyncio.Semaphore(care.concurrency)
        self._uploads = asyncio.Semaphore(care.uploads)
        self._paths: dict[str, tuple[asyncio.Semaphore, int]] = {}

    @asynccontextmanager
    async def place(self, target: str, *, upload: bool = False) -> AsyncIterator[Callable[[], None]]:
        """A place while the context lasts, or until what this yields is called. `upload`: a body goes out with it.

        Raises OriginError with BUSY if none gets free in time.
        """
        path = target.partition("?")[0]
        own, users = self._paths.get(path) or (asyncio.Semaphore(self._care.per_path), 0)
        self._paths[path] = own, users + 1
        taken: list[asyncio.Semaphore] = []

        def leave() -> None:
            while taken:
                taken.pop().release()

        try:
            for places in (self._uploads,) if upload else (own, self._all):
                await self._taken(places)
                taken.append(places)
            yield leave
        finally:
            leave()
            _, users = self._paths[path]
            if users > 1:
                self._paths[path] = own, users - 1
            else:
                del self._paths[path]

    async def _taken(self, places: asyncio.Semaphore) -> None:
        if not places.locked():
            await places.acquire()  # at once: no timer is needed
            return
        try:
            async with asyncio.timeout(self._care.queue_seconds):
                await places.acquire()
        except TimeoutError:
            raise OriginError(Fault.BUSY) from None
