"""What may be in a Redis that this process alone writes to, known without asking it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

KEYS_LIMIT = 250_000
"""More keys than these are not remembered; then Redis is asked, as it is by a process that is not alone."""

Walk = Callable[[int], Awaitable[tuple[int, list[bytes]] | None]]
"""One step over all keys that are there, as SCAN: a cursor in (0: from the beginning), the next cursor (0: that was
all) and some keys out; None where Redis cannot be asked.
"""


class Written:
    """Once it has walked over all keys, and as long as it is told of each that is added, it knows what cannot be there.
    What Redis itself gives up it does not learn of; and it may be wrong the other way if somebody else does write: then
    the origin is asked once more than needed.
    """

    def __init__(self, walk: Walk, limit: int = KEYS_LIMIT) -> None:
        self._walk = walk
        self._limit = limit
        self._keys: set[int] = set()
        self._known = False
        self._walking: asyncio.Task[None] | None = None

    def may_hold(self, key: str) -> bool:
        """Whether Redis must be asked for it."""
        if self._known:
            return hash(key) in self._keys
        if self._walking is None:
            self._walking = asyncio.get_running_loop().create_task(self._learn())
        return True

    def add(self, key: str) -> None:
        """It is being written."""
        if len(self._keys) < self._limit:
            self._keys.add(hash(key))
        else:
            self._known = False

    async def _learn(self) -> None:
        cursor = 0
        while len(self._keys) < self._limit:
            found = await self._walk(cursor)
            if found is None:
                self._walking = None  # another time
                return
            cursor, keys = found
            self._keys.update(hash(key.decode("utf-8", "replace")) for key in keys)
            if not cursor:
                self._known = True
                return
