"""What is on its way behind memory: gathered for a moment, then written together, so that a miss costs little."""

from __future__ import annotations

import asyncio

from gateway.cache.http.store import New, SharedStore

GATHER_SECONDS = 0.01
WAITING_LIMIT = 256
"""How many responses may be on their way; whoever brings one more waits."""
_AT_ONCE = 32
_AT_ONCE_BYTES = 2**20


class Behind:
    """Writes to `shared` what it is given, in that order, and keeps nobody waiting who does not ask for it."""

    def __init__(self, shared: SharedStore) -> None:
        self._shared = shared
        self._waiting: list[New] = []
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None

    async def put(self, new: New) -> None:
        """Let it be written soon."""
        if len(self._waiting) >= WAITING_LIMIT:
            await self.settled()
        self._waiting.append(new)
        if self._timer is None and self._writing is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._begin)

    async def settled(self) -> None:
        """Wait until all that was put so far is written."""
        if self._writing is not None:
            await asyncio.wait({self._writing})
        self._begin()
        if self._writing is not None:
            await asyncio.wait({self._writing})

    def _begin(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._writing is None and self._waiting:
            waiting, self._waiting = self._waiting, []
            self._writing = asyncio.get_running_loop().create_task(self._write(waiting))
            self._writing.add_done_callback(self._written)

    async def _write(self, waiting: list[New]) -> None:
        some: list[New] = []
        size = 0
        for new in waiting:
            if some and (len(some) == _AT_ONCE or size + new.stored.size > _AT_ONCE_BYTES):
                await self._shared.put_all(some)
                some, size = [], 0
            some.append(new)
            size += new.stored.size
        await self._shared.put_all(some)

    def _written(self, _task: asyncio.Task[None]) -> None:
        self._writing = None
        if self._waiting and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._begin)
