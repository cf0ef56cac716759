"""The request's way: a slug, a location and a snapshot in, the right page out. Read this file first.

`recall` answers from memory at once; `deliver` may wait for Redis and for a rendering. Both decide first and look
afterwards, so a page can only be found under the outcome that made it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.cache.codings import encode_bodies, etag_for
from gateway.cache.fill import Fills
from gateway.cache.memory import MemoryPages
from gateway.cache.page import PageStore, StoredPage
from gateway.cache.variant import tags_of, variant_key
from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.content.source import is_published
from gateway.events import Events
from gateway.geo.location import Location
from gateway.policy.decision import Decision
from gateway.render.guard import missing
from gateway.render.pages import Rendered
from gateway.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader asks for, once HTTP and the address are forgotten. `preview` readings are never kept."""

    slug: str
    door: Door
    location: Location
    now: datetime
    preview: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """A page and why it is this one. `status`: hit, miss or bypass; `level`: memory, redis or render."""

    page: StoredPage
    decision: Decision
    status: str
    level: str
    facts: Facts | None = None


class Delivery:
    """Delivers articles. Holds the two cache levels; everything else comes with the snapshot."""

    def __init__(self, memory: MemoryPages, store: PageStore, fills: Fills, events: Events) -> None:
        self.memory = memory
        self.store = store
        self._fills = fills
        self._events = events

    def facts(self, snapshot: Snapshot, slug: str, now: datetime) -> Facts | None:
        """The article's facts; None when there is none, or not yet."""
        facts = snapshot.index.facts.get(slug)
        return facts if facts is not None and is_published(facts, now) else None

    def recall(self, snapshot: Snapshot, facts: Facts, reading: Reading) -> tuple[Decision, str, StoredPage | None]:
        """Decide, and say what memory holds under that decision: the decision, the variant's key, the page if any."""
        decision = snapshot.decide(facts, reading.location, reading.door, reading.now)
        key = variant_key(facts, decision, reading.door, snapshot.renderer.version)
        return decision, key, self.memory.get(key)

    async def deliver(self, snapshot: Snapshot, reading: Reading) -> Delivered | None:
        """The page for this reader; None when there is no such article."""
        facts = self.facts(snapshot, reading.slug, reading.now)
        if facts is None:
            return None
        decision, key, page = self.recall(snapshot, facts, reading)

        def render() -> Rendered:
            return snapshot.renderer.article(snapshot.index, facts, decision, reading.door)

        if reading.preview:
            return Delivered(self.made(key, render(), tags_of(facts)), decision, "bypass", "render", facts)
        page, status, level = await self.fetch(key, page, render, tags_of(facts))
        return Delivered(page, decision, status, level, facts)

    async def fetch(
        self, key: str, page: StoredPage | None, render: Callable[[], Rendered], tags: tuple[str, ...]
    ) -> tuple[StoredPage, str, str]:
        """A page from memory, else from the store, else rendered once for all who wait; with status and level."""
        if page is not None:
            return page, "hit", "memory"
        page = await self.store.get(key)
        if page is not None:
            self.memory.put(page)
            return page, "hit", "redis"

        async def fill() -> StoredPage:
            made = self.made(key, render(), tags)
            self.memory.put(made)
            await self.store.put(made)
            return made

        return await self._fills.once(key, fill), "miss", "render"

    def made(self, key: str, rendered: Rendered, tags: tuple[str, ...]) -> StoredPage:
        """A page ready to be kept and sent, with the last guard passed: each due notice stands in it exactly once."""
        lost = missing(rendered.body, rendered.content_type, rendered.notices)
        if lost:
            self._events.emit("notice_guard_failed", level="error", notices=sorted(lost))
            rendered = rendered.wrapped()
        bodies = encode_bodies(rendered.body)
        return StoredPage(
            key=key,
            status=rendered.status,
            content_type=rendered.content_type,
            language=rendered.language,
            bodies=bodies,
            etags={coding: etag_for(key, rendered.body, coding) for coding in bodies},
            tags=tags,
            notices=rendered.notices,
        )
