"""Responses in this process: bounded in bytes, least recently used first to go."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import replace

from gateway.cache.http.stored import Stored

_OVERHEAD_BYTES = 2048
VARIANTS_LIMIT = 64
"""How many responses one target may have; the oldest goes first. Vary on a free field would fill the memory."""


class MemoryResponses:
    """A ResponseStore. `recall` answers at once, for whoever cannot wait. Not for use from several threads."""

    def __init__(self, max_bytes: int, response_limit_bytes: int = 2**20) -> None:
        self._max_bytes = max_bytes
        self._limit = min(response_limit_bytes, max_bytes)
        self._kept: OrderedDict[str, tuple[Stored, ...]] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return sum(len(kept) for kept in self._kept.values())

    def held(self, uri: str) -> tuple[Stored, ...]:
        """All that is stored for this target."""
        found = self._kept.get(uri)
        if found is None:
            return ()
        self._kept.move_to_end(uri)
        return found

    async def get(self, uri: str) -> tuple[Stored, ...]:
        """All that is stored for this target."""
        return self.held(uri)

    async def put(self, stored: Stored) -> None:
        """Keep it in place of what the same requests select; not if it is too large."""
        others = tuple(kept for kept in self._kept.get(stored.uri, ()) if kept.selected_by != stored.selected_by)
        fits = _cost(stored) <= self._limit
        self._replace(stored.uri, (*others[-VARIANTS_LIMIT + 1 :], stored) if fits else others)
        while self.bytes > self._max_bytes:
            self._replace(next(iter(self._kept)), ())

    async def remove(self, uri: str) -> int:
        """Forget all that is stored for this target."""
        found = len(self._kept.get(uri, ()))
        self._replace(uri, ())
        return found

    async def invalidate(self, uris: Collection[str], groups: Collection[str] = ()) -> int:
        """Mark all that is stored for these targets or belongs to these groups."""
        wanted, found = set(groups), 0
        for uri, kept in list(self._kept.items()):
            doubtful = [stored for stored in kept if uri in uris or wanted.intersection(stored.groups)]
            if doubtful:
                found += len(doubtful)
                self._kept[uri] = tuple(replace(s, invalid=True) if s in doubtful else s for s in kept)
        return found

    async def purge(self, tags: frozenset[str] | None) -> int:
        """Remove all with one of these tags; None: everything."""
        found = 0
        for uri, kept in list(self._kept.items()):
            left = () if tags is None else tuple(stored for stored in kept if not tags.intersection(stored.tags))
            if len(left) < len(kept):
                found += len(kept) - len(left)
                self._replace(uri, left)
        return found

    def _replace(self, uri: str, kept: tuple[Stored, ...]) -> None:
        self.bytes -= sum(_cost(stored) for stored in self._kept.pop(uri, ()))
        if kept:
            self._kept[uri] = kept
            self.bytes += sum(_cost(stored) for stored in kept)


def _cost(stored: Stored) -> int:
    return len(stored.response.body) + sum(len(n) + len(v) for n, v in stored.fields) + _OVERHEAD_BYTES
