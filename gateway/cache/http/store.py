"""Where responses are kept: the port that memory and Redis implement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.cache.http.stored import Stored

VARIANTS_LIMIT = 64
"""How many responses one target may have, the latest; or whoever sends ever new values of what Vary names fills all."""


class ResponseStore(Protocol):
    """Stored responses by target. A store that cannot be reached is an empty store: it never raises."""

    async def get(self, uri: str) -> tuple[Stored, ...]:
        """All that is stored for this target, the latest last; nothing where there is none."""

    async def put(self, stored: Stored, *, instead_of: Stored | None = None) -> None:
        """Keep it, in place of what the same requests select and of what it came instead of; one that may not stay
        stored only takes their place.
        """

    async def remove(self, uri: str) -> None:
        """Forget all that is stored for this target."""

    async def purge(self, tags: frozenset[str] | None) -> int:
        """Remove all that has one of these names (None: everything); how many targets were concerned."""


@dataclass(frozen=True, slots=True)
class New:
    """A response to be kept, and the one that it came instead of, where there was one."""

    stored: Stored
    instead_of: Stored | None = None


class SharedStore(ResponseStore, Protocol):
    """A ResponseStore at the other end of a wire, where a journey for each response would be dear."""

    async def put_all(self, news: Sequence[New]) -> None:
        """Keep them, in this order, as `put` would each."""


def with_new(kept: tuple[Stored, ...], stored: Stored, instead_of: Stored | None) -> tuple[Stored, ...]:
    """What is stored for a target, once this response came."""
    replaced = [stored.selected_by] if instead_of is None else [stored.selected_by, instead_of.selected_by]
    left = [old for old in kept if old.selected_by not in replaced]
    return tuple(left if stored.terms.no_store else [*left, stored])[-VARIANTS_LIMIT:]
