"""A rendered page as it is kept: its bytes in each encoding, and enough to know that it is the right one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredPage:
    """One variant, rendered. Cache-Control and Date are not in it: they depend on the decision and the second.

    `key`: the variant's own key, compared on every read. `bodies`: by content coding ("identity", "br", "zstd",
    "gzip"). `etags`: a strong entity tag for each coding, quotes included. `notices`: ids that must stand in the body.
    `best`: no coding can make it smaller. `fields`: of a CMS's page, the header fields that it is sent with.
    """

    key: str
    status: int
    content_type: str
    language: str
    bodies: Mapping[str, bytes]
    etags: Mapping[str, str]
    tags: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    best: bool = False
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def size(self) -> int:
        """Bytes over all codings."""
        return sum(len(body) for body in self.bodies.values())


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to whoever wants to make a page. `free`: nobody else does; `page`: it is there by now."""

    free: bool
    page: StoredPage | None = None


class PageStore(Protocol):
    """Rendered pages by variant key. A store that cannot be reached is an empty store: it never raises, and everything
    is free to be made.
    """

    async def get(self, key: str) -> StoredPage | None:
        """The page stored under exactly this key, its signature checked; None when there is none, for any cause."""

    async def put(self, page: StoredPage) -> None:
        """Keep it, if that can be done now; a claim to make it ends with that."""

    async def claim(self, key: str) -> Claim:
        """Ask to be the only one in the fleet who makes this page, for some seconds."""

    async def wait(self, key: str, seconds: float) -> None:
        """Wait until it seems worth while to ask again for a page that another is making; so long at most."""

    async def release(self, key: str) -> None:
        """Give a claim back: the page could not be made, or was there already."""

    async def purge(self, tags: frozenset[str] | None) -> int:
        """Remove every page with one of these tags (None: every page); how many were removed."""
