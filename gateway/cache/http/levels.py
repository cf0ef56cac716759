"""Both levels of stored responses: this process's memory, and behind it what the fleet shares."""

from __future__ import annotations

from gateway.cache.http.memory import MemoryResponses
from gateway.cache.http.store import ResponseStore
from gateway.cache.http.stored import Stored


class Responses:
    """Memory first. What is found behind it is kept in memory, too. Never raises."""

    def __init__(self, memory: MemoryResponses, shared: ResponseStore | None = None) -> None:
        self.memory = memory
        self._shared = shared

    async def get(self, uri: str) -> tuple[tuple[Stored, ...], str]:
        """All that is stored for this target, and where it was found: `memory` or `redis`."""
        held = self.memory.held(uri)
        if held or self._shared is None:
            return held, "memory"
        found = await self._shared.get(uri)
        if found:
            self.memory.replace(uri, found)
        return found, "redis"

    async def put(self, stored: Stored, *, instead_of: Stored | None = None) -> None:
        """Keep it on both levels."""
        await self.memory.put(stored, instead_of=instead_of)
        if self._shared is not None:
            await self._shared.put(stored, instead_of=instead_of)

    async def remove(self, uri: str) -> None:
        """Forget all that is stored for this target, on both levels."""
        await self.memory.remove(uri)
        if self._shared is not None:
            await self._shared.remove(uri)

    async def purge(self, tags: frozenset[str] | None) -> tuple[int, int]:
        """Remove all with one of these names (None: everything); how many went from memory, and from behind it."""
        return await self.memory.purge(tags), 0 if self._shared is None else await self._shared.purge(tags)
