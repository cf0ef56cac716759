"""Keeps the content index: puts the next state into force once it has stood for a moment, and at a reader's word when
a file is no longer what the index says.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

from gateway.cache.fill import Fills
from gateway.content.files import DirectoryIndex, load_directory, no_directory
from gateway.content.settling import PATIENCE_SECONDS, Settling
from gateway.content.watch import changes
from gateway.errors import ContentError
from gateway.events import Events

LOOK_AGAIN_SECONDS = 0.1
RELOAD_SECONDS = 1.0
"""For so long a reload waits for files that are being written."""
RENEW_SECONDS = PATIENCE_SECONDS + 0.5
"""For so long readers wait for a file that is being written, where nobody kept what it said before."""


class ContentInForce:
    """One directory's index (`root` None: there is none). `cache`: where it is kept between runs; `keeps`: whether this
    process writes it; `swap` puts a state into force.
    """

    def __init__(
        self, root: Path | None, cache: Path, swap: Callable[[DirectoryIndex], None], events: Events, *, keeps: bool
    ) -> None:
        self._root = root
        self._cache = cache
        self._swap = swap
        self._events = events
        self._keeps = keeps
        self._look_seconds = 0.0
        self._settling = Settling()
        self._looking = asyncio.Lock()
        self._renewing: Fills[bool] = Fills()
        self._stopping = threading.Event()

    async def start(self) -> DirectoryIndex:
        """The first state; the caller puts it into force. Raises ContentError where there is none."""
        if self._root is None:
            self._index = no_directory()
            return self._index
        began, stopping = time.monotonic(), self._stopping.is_set
        try:
            self._index = await asyncio.to_thread(
                load_directory, self._root, cache=self._cache, keeps=self._keeps, stop=stopping
            )
        except asyncio.CancelledError:
            self._stopping.set()  # a thread cannot be cancelled: it asks
            raise
        self._look_seconds = time.monotonic() - began
        self._report()
        return self._index

    async def aclose(self) -> None:
        """Look at nothing any more."""
        self._stopping.set()
        await self._renewing.aclose()

    async def changes(self) -> AsyncIterator[frozenset[str] | None]:
        """What to look at, as it changes. Endless; over at once where there is no directory."""
        if self._root is not None:
            async for paths in changes(self._root, lambda: self._look_seconds):
                yield paths

    async def look(self, paths: Iterable[str] | None = None) -> None:
        """Look at these paths, or at everything. A directory that cannot be read leaves the last state in force."""
        async with self._looking:
            await self._look(paths)

    async def settle(self) -> None:
        """Look once more at what was being written."""
        if self._settling.waiting:
            await self.look(self._settling.waiting)

    async def reload(self) -> None:
        """Look at everything, and wait a moment for whoever is writing."""
        if self._root is None:
            return
        await self.look()
        deadline = time.monotonic() + RELOAD_SECONDS
        while self._settling.waiting and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            await self.settle()

    async def renew(self, index: DirectoryIndex, path: str) -> bool:
        """A reader found that this file is no longer what this index says. Whether another is in force, now or soon."""
        return await self._renewing.once(path, lambda: self._renew(index, path))

    async def _renew(self, index: DirectoryIndex, path: str) -> bool:
        deadline = time.monotonic() + RENEW_SECONDS
        while self._index is index:
            await self.look({path})
            if self._index is index:
                if path not in self._settling.waiting or time.monotonic() >= deadline:
                    self._events.emit("content_rejected", level="error", path=path, reason="unreadable")
                    return False
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
        return True

    async def _look(self, paths: Iterable[str] | None) -> None:
        began = time.monotonic()
        try:
            index = await asyncio.to_thread(self._index.refresh, paths, self._stopping.is_set, self._settling)
        except ContentError as error:
            self._events.emit("content_rejected", level="error", error=error)
            return
        if paths is None:
            self._look_seconds = time.monotonic() - began
        if index is not self._index:
            self._index = index
            self._swap(index)
            self._report()

    def _report(self) -> None:
        problems = self._index.problems
        self._events.emit(
            "content_loaded",
            level="warning" if problems else "info",
            articles=len(self._index.facts),
            version=self._index.version,
            problems=list(map(str, problems)),
        )
