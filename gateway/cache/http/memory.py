"""Responses in this process: bounded in bytes, the least recently used targets first to go."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from gateway.cache.http.store import with_new
from gateway.cache.http.stored import Stored

TARGET_LIMIT_BYTES = 8 * 2**20
_OVERHEAD_BYTES = 2048


class MemoryResponses:
    """A ResponseStore that answers at once, too (`held`). Not for use from several threads. A target whose responses
    come to more than 8 MiB is not kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._limit = min(TARGET_LIMIT_BYTES, max_bytes)
        self._kept: OrderedDict[str, tuple[Stored, ...]] = OrderedDict()
        self._named: dict[str, set[str]] = {}
        self.bytes = 0
        self.evicted = 0
        self.on_changed: Callable[[str], None] | None = None

    def __len__(self) -> int:
        return sum(len(kept) for kept in self._kept.values())

    def held(self, uri: str) -> tuple[Stored, ...]:
        """All that is stored for this target, the latest last."""
        found = self._kept.get(uri)
        if found is None:
            return ()
        self._kept.move_to_end(uri)
        return found

    def replace(self, uri: str, responses: tuple[Stored, ...]) -> None:
        """Let this be all that is stored for the target; `on_changed` is told."""
        if self.on_changed is not None:
            self.on_changed(uri)
        for stored in self._kept.pop(uri, ()):
            self.bytes -= stored.size + _OVERHEAD_BYTES
            for name in stored.tags:
                self._unname(name, uri)
        size = sum(stored.size + _OVERHEAD_BYTES for stored in responses)
        if responses and size <= self._limit:
            self._kept[uri] = responses
            self.bytes += size
            for stored in responses:
                for name in stored.tags:
                    self._named.setdefault(name, set()).add(uri)
            while self.bytes > self._max_bytes:
                self.evicted += 1
                self.replace(next(iter(self._kept)), ())

    async def get(self, uri: str) -> tuple[Stored, ...]:
        """All that is stored for this target."""
        return self.held(uri)

    async def put(self, stored: Stored, *, instead_of: Stored | None = None) -> None:
        """Keep it."""
        self.replace(stored.uri, with_new(self.held(stored.uri), stored, instead_of))

    async def remove(self, uri: str) -> None:
        """Forget all that is stored for this target."""
        self.replace(uri, ())

    async def purge(self, tags: frozenset[str] | None) -> int:
        """Remove all targets with one of these names (None: everything); how many."""
        return self.forget(tags)

    def forget(self, tags: frozenset[str] | None) -> int:
        """The same at once, for whoever hears of it from another process."""
        uris = set(self._kept) if tags is None else {uri for tag in tags for uri in self._named.get(tag, ())}
        for uri in uris:
            self.replace(uri, ())
        return len(uris)

    def _unname(self, name: str, uri: str) -> None:
        uris = self._named.get(name)
        if uris is not None:
            uris.discard(uri)
            if not uris:
                del self._named[name]
