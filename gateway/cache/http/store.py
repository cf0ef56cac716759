"""Where responses are kept: the port that memory and Redis implement."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from gateway.cache.http.stored import Stored


class ResponseStore(Protocol):
    """Stored responses by target. A store that cannot be reached is an empty store: it never raises."""

    async def get(self, uri: str) -> tuple[Stored, ...]:
        """All that is stored for this target, one for each selection by Vary; nothing where there is none."""

    async def put(self, stored: Stored) -> None:
        """Keep it in place of what the same requests select, if that can be done now."""

    async def remove(self, uri: str) -> int:
        """Forget all that is stored for this target; how many were removed."""

    async def invalidate(self, uris: Collection[str], groups: Collection[str] = ()) -> int:
        """Whatever is stored for these targets, or belongs to these groups, must be validated before it is used."""

    async def purge(self, tags: frozenset[str] | None) -> int:
        """Remove all with one of these tags (None: everything); how many were removed."""
