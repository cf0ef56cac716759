"""Responses in this process, kept and given up as pages are: all of one target together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.cache.http.store import with_new
from gateway.cache.http.stored import Stored
from gateway.cache.memory import Memory

TARGET_LIMIT_BYTES = 8 * 2**20
_OVERHEAD_BYTES = 1024  # what a response costs beside its bytes: fields as objects, terms


@dataclass(frozen=True, slots=True)
class Target:
    """All that is stored for one target. `key`: the target; `responses`: the latest last."""

    key: str
    responses: tuple[Stored, ...]
    size: int
    tags: tuple[str, ...]


class MemoryResponses:
    """A ResponseStore that answers at once, too (`held`). Not for use from several threads. A target whose responses
    come to more than 8 MiB is not kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self._kept: Memory[Target] = Memory(max_bytes, TARGET_LIMIT_BYTES)

    @property
    def bytes(self) -> int:
        """How much is held."""
        return self._kept.bytes

    @property
    def evicted(self) -> int:
        """How many targets were given up for others."""
        return self._kept.evicted

    @property
    def on_changed(self) -> Callable[[str], None] | None:
        """Told of each target whose responses are no longer what they were."""
        return self._kept.on_removed

    @on_changed.setter
    def on_changed(self, tell: Callable[[str], None]) -> None:
        self._kept.on_removed = tell

    def __len__(self) -> int:
        return len(self._kept)

    def held(self, uri: str) -> tuple[Stored, ...]:
        """All that is stored for this target, the latest last."""
        target = self._kept.get(uri)
        return () if target is None else target.responses

    def replace(self, uri: str, responses: tuple[Stored, ...]) -> None:
        """Let this be all that is stored for the target."""
        if responses:
            size = sum(stored.size + _OVERHEAD_BYTES for stored in responses)
            names = dict.fromkeys(name for stored in responses for name in stored.tags)
            self._kept.put(Target(uri, responses, size, tuple(names)))
        else:
            self._kept.remove(uri)

    def forget(self, tags: frozenset[str] | None) -> int:
        """Remove all targets with one of these names (None: everything); how many."""
        return self._kept.purge(tags)

    def shrink(self, share: float) -> int:
        """Give up what is needed least, until this share of the bytes is left; how many targets that were."""
        return self._kept.shrink(share)

    async def get(self, uri: str) -> tuple[Stored, ...]:
        """All that is stored for this target."""
        return self.held(uri)

    async def put(self, stored: Stored, *, instead_of: Stored | None = None) -> None:
        """Keep it."""
        self.replace(stored.uri, with_new(self.held(stored.uri), stored, instead_of))

    async def remove(self, uri: str) -> None:
        """Forget all that is stored for this target."""
        self._kept.remove(uri)

    async def purge(self, tags: frozenset[str] | None) -> int:
        """The same as `forget`, for whoever may have to wait."""
        return self.forget(tags)
