"""Both levels of stored responses: this process's memory, and behind it what the fleet shares."""

from __future__ import annotations

import time
from collections.abc import Callable

from gateway.cache.http.behind import Behind
from gateway.cache.http.memory import MemoryResponses
from gateway.cache.http.store import New, SharedStore
from gateway.cache.http.stored import Stored


class Responses:
    """Memory first; where nothing fresh is there, what another process may have fetched meanwhile. What is found behind
    memory is kept in it, too. No reader waits until something is written behind memory. Never raises. `clock`: Unix
    seconds.
    """

    def __init__(
        self, memory: MemoryResponses, shared: SharedStore | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.memory = memory
        self._shared = shared
        self._clock = clock
        self._behind = None if shared is None else Behind(shared)

    async def get(self, uri: str) -> tuple[tuple[Stored, ...], str]:
        """All that is stored for this target, and where it was found: `memory` or `redis`."""
        held = self.memory.held(uri)
        now = self._clock()
        if self._shared is None or any(stored.fresh_until > now for stored in held):
            return held, "memory"
        found = await self._shared.get(uri)
        known = {id(stored) for stored in held}
        merged = _latest(self.memory.held(uri), found)
        if all(id(stored) in known for stored in merged):
            return held, "memory"
        self.memory.replace(uri, merged)
        return merged, "redis"

    async def put(self, stored: Stored, *, instead_of: Stored | None = None) -> None:
        """Keep it on both levels: in memory at once, behind it in a moment."""
        await self.memory.put(stored, instead_of=instead_of)
        if self._behind is not None:
            await self._behind.put(New(stored, instead_of))

    async def remove(self, uri: str) -> None:
        """Forget all that is stored for this target, on both levels."""
        await self.memory.remove(uri)
        if self._shared is not None:
            await self.settled()
            await self._shared.remove(uri)

    async def settled(self) -> None:
        """Wait until all that was put so far is behind memory, too."""
        if self._behind is not None:
            await self._behind.settled()

    async def purge(self, tags: frozenset[str] | None) -> tuple[int, int]:
        """Remove all with one of these names (None: everything); how many went from memory, and from behind it."""
        gone = await self.memory.purge(tags)
        if self._shared is None:
            return gone, 0
        await self.settled()
        shared = await self._shared.purge(tags)
        # What was on its way from there to here meanwhile is gone, too.
        return gone + await self.memory.purge(tags), shared


def _latest(held: tuple[Stored, ...], found: tuple[Stored, ...]) -> tuple[Stored, ...]:
    """Of each selection the response that came last; of two that came at once, the one that is held."""
    kept = list(held)
    for stored in found:
        rivals = [one for one in kept if one.selected_by == stored.selected_by]
        if all(one.received_at < stored.received_at for one in rivals):
            kept = [one for one in kept if one.selected_by != stored.selected_by] + [stored]
    return tuple(sorted(kept, key=lambda stored: stored.received_at))
