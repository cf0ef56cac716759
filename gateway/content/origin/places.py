"""How many requests may be at an origin at once: so many in all, so many for one path, the rest waits a moment.

A reader who is slow holds no place that another needs: one is given back when a body begins to pass through, and those
who send a body, however slowly, have places of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.content.origin.care import Care
from gateway.content.origin.error import Fault, OriginError


class Places:
    """One slow path, whatever queries it is asked with, cannot take the places of all the others (fault O13)."""

    def __init__(self, care: Care) -> None:
        self._care = care
        self._all = asyncio.Semaphore(care.concurrency)
        self._uploads = asyncio.Semaphore(care.uploads)
        self._paths: dict[str, tuple[asyncio.Semaphore, int]] = {}

    async def taken(self, target: str, *, upload: bool = False) -> Callable[[], None]:
        """A place, until what this returns is called, once or more often. `upload`: a body goes out with it.

        Raises OriginError with BUSY if none gets free in time.
        """
        path = target.partition("?")[0]
        own, users = self._paths.get(path) or (asyncio.Semaphore(self._care.per_path), 0)
        self._paths[path] = own, users + 1
        taken: list[asyncio.Semaphore] = []
        left = False

        def leave() -> None:
            nonlocal left
            if left:
                return
            left = True
            for places in taken:
                places.release()
            _, users = self._paths[path]
            if users > 1:
                self._paths[path] = own, users - 1
            else:
                del self._paths[path]

        try:
            for places in (self._uploads,) if upload else (own, self._all):
                await self._one_of(places)
                taken.append(places)
        except BaseException:
            leave()
            raise
        return leave

    async def _one_of(self, places: asyncio.Semaphore) -> None:
        if not places.locked():
            await places.acquire()  # at once: no timer is needed
            return
        try:
            async with asyncio.timeout(self._care.queue_seconds):
                await places.acquire()
        except TimeoutError:
            raise OriginError(Fault.BUSY) from None
