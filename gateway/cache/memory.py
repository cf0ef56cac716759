"""What this process keeps: bounded in bytes, and not flushed by whoever walks through the whole archive.

Admission is S3-FIFO (Yang et al., SOSP 2023): a newcomer waits in a small queue, and only what is asked for again
moves to the main one; what fell out of the small queue and returns soon goes to the main one at once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from gateway.cache.page import StoredPage

PAGE_LIMIT_BYTES = 2**20
_SMALL_SHARE = 10  # a tenth of the bytes, as the paper has it
USES_COUNTED = 3
_OVERHEAD_BYTES = 1024  # key, header values, and the entry itself


class Keepable(Protocol):
    """What can be kept: a page, or all that a CMS said under one target."""

    @property
    def key(self) -> str:
        """Under which it is found."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Names under which it can be purged."""


K = TypeVar("K", bound=Keepable)


class Entry(Generic[K]):
    """A page, its cost in bytes, how often it was asked for lately, and which queue it stands in. Who holds on to one
    sees by `page` when a better page takes its place, and counts each use; `on_removed` says when it is gone.
    """

    __slots__ = ("cost", "main", "page", "uses")

    def __init__(self, page: K, cost: int, main: bool) -> None:
        self.page = page
        self.cost = cost
        self.uses = 0
        self.main = main


class Memory(Generic[K]):
    """Pages, or what else can be kept, by key. Not for use from several threads. One over the limit, 1 MiB in all
    codings, is not kept.
    """

    def __init__(self, max_bytes: int, page_limit_bytes: int = PAGE_LIMIT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._small_bytes = max_bytes // _SMALL_SHARE
        self._page_limit = min(page_limit_bytes, max_bytes)
        self._entries: dict[str, Entry[K]] = {}
        self._small: OrderedDict[str, Entry[K]] = OrderedDict()
        self._main: OrderedDict[str, Entry[K]] = OrderedDict()
        self._ghosts: OrderedDict[int, None] = OrderedDict()
        self._tagged: dict[str, set[str]] = {}
        self._in_small = 0
        self.bytes = 0
        self.refused = 0
        self.evicted = 0
        self.on_removed: Callable[[str], None] | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> K | None:
        """The page under exactly this key."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.uses < USES_COUNTED:
            entry.uses += 1
        return entry.page

    def put(self, page: K) -> None:
        """Keep it, at the cost of others; or not, if it is too large."""
        cost = page.size + _OVERHEAD_BYTES
        if cost > self._page_limit:
            self.refused += 1
            self.remove(page.key)
            return
        self.remove(page.key)
        seen_before = self._ghosts.pop(hash(page.key), 0) is None
        entry = Entry(page, cost, main=seen_before)
        self._entries[page.key] = entry
        (self._main if seen_before else self._small)[page.key] = entry
        self.bytes += cost
        self._in_small += 0 if seen_before else cost
        for tag in page.tags:
            self._tagged.setdefault(tag, set()).add(page.key)
        while self.bytes > self._max_bytes:
            self._evict()

    def kept(self, key: str) -> Entry[K] | None:
        """The entry itself, for whoever sends its page more often than it would ask for it."""
        return self._entries.get(key)

    def held(self, key: str) -> K | None:
        """The page under this key, for whoever does not mean to send it: it counts as no use."""
        entry = self._entries.get(key)
        return None if entry is None else entry.page

    def replace(self, old: K, new: K) -> bool:
        """Put a better page exactly where this one is; False where it is no more, as after a purge."""
        entry = self._entries.get(old.key)
        if entry is None or entry.page is not old:
            return False
        grown = new.size + _OVERHEAD_BYTES - entry.cost
        entry.page, entry.cost = new, entry.cost + grown
        self.bytes += grown
        self._in_small += 0 if entry.main else grown
        while self.bytes > self._max_bytes:
            self._evict()
        return True

    def purge(self, tags: frozenset[str] | None) -> int:
        """Remove every page with one of these tags (None: every page); how many were removed."""
        keys = set(self._entries) if tags is None else {key for tag in tags for key in self._tagged.get(tag, ())}
        for key in keys:
            self.remove(key)
        if tags is None:
            self._ghosts.clear()
        return len(keys)

    def shrink(self, share: float) -> int:
        """Give up what is needed least, until this share of the bytes is left; how many pages that were."""
        before, bound = len(self._entries), self.bytes * share
        while self.bytes > bound:
            self._evict()
        return before - len(self._entries)

    def remove(self, key: str) -> None:
        """Forget what is kept under this key, if anything."""
        entry = self._entries.get(key)
        if entry is None:
            return
        if entry.main:
            del self._main[key]
        else:
            del self._small[key]
            self._in_small -= entry.cost
        self._drop(key, entry)

    def _evict(self) -> None:
        """Make room by one page, or move one on to where it has earned its place."""
        if self._small and (self._in_small > self._small_bytes or not self._main):
            key, entry = self._small.popitem(last=False)
            self._in_small -= entry.cost
            if entry.uses:
                entry.uses, entry.main = 0, True
                self._main[key] = entry
            else:
                self._forget(key, entry)
                self._ghosts[hash(key)] = None
                while len(self._ghosts) > len(self._entries) + 64:
                    self._ghosts.popitem(last=False)
            return
        key, entry = self._main.popitem(last=False)
        if entry.uses:
            entry.uses -= 1
            self._main[key] = entry
        else:
            self._forget(key, entry)

    def _forget(self, key: str, entry: Entry[K]) -> None:
        self.evicted += 1
        self._drop(key, entry)

    def _drop(self, key: str, entry: Entry[K]) -> None:
        del self._entries[key]
        self.bytes -= entry.cost
        for tag in entry.page.tags:
            keys = self._tagged.get(tag)
            if keys is not None:
                keys.discard(key)
                if not keys:
                    del self._tagged[tag]
        if self.on_removed is not None:
            self.on_removed(key)


MemoryPages = Memory[StoredPage]
"""Rendered pages, by the key of their variant."""
Kept = Entry[StoredPage]
