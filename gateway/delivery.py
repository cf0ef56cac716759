"""The request's way: a slug, a location and a snapshot in, the right page out. Read this file first.

Everything decides first and looks afterwards, so a page can only be found under the outcome that made it. `recall`
answers from memory at once; `deliver` may wait for Redis and for a rendering.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from gateway.cache.codings import encode_bodies, etag_for
from gateway.cache.fetch import Fetches
from gateway.cache.memory import MemoryPages
from gateway.cache.page import StoredPage
from gateway.cache.recode import Recoder
from gateway.cache.variant import collection_key, collection_tags, tags_of, variant_key
from gateway.collection import collect, page_of_its_own, sitemap_page, sitemap_pages
from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.content.source import is_published
from gateway.events import Events
from gateway.geo.location import Location
from gateway.policy.decision import Decision
from gateway.render.pages import Rendered
from gateway.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader asks for, once HTTP and the address are forgotten. A preview is never kept."""

    snapshot: Snapshot
    location: Location
    now: datetime
    preview: bool = False


class Told(Protocol):
    """What the log may tell of an answer. `decision`: None where nothing was decided."""

    @property
    def decision(self) -> Decision | None: ...  # noqa: D102
    @property
    def facts(self) -> Facts | None: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def level(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Delivered:
    """A page and why it is this one. `status`: hit, miss or bypass; `level`: memory, redis or render."""

    page: StoredPage
    decision: Decision
    status: str
    level: str
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page by the key of its variant, and how it is made where nobody has kept it."""

    key: str
    tags: tuple[str, ...]
    decision: Decision
    render: Callable[[], Rendered]
    facts: Facts | None = None


class Delivery:
    """Holds the caches; everything else comes with the reading."""

    def __init__(self, memory: MemoryPages, fetches: Fetches, recoder: Recoder, events: Events) -> None:
        self._memory = memory
        self._fetches = fetches
        self._recoder = recoder
        self._events = events

    def article(self, reading: Reading, slug: str, door: Door) -> Wanted | None:
        """The article as this reader may see it; None when there is none, or not yet."""
        snapshot = reading.snapshot
        facts = snapshot.index.facts.get(slug)
        if facts is None or not is_published(facts, reading.now):
            return None
        decision = snapshot.decide(facts, reading.location, door, reading.now)
        # A sibling that is refused to this reader is not even linked; so the page asks and changes as its siblings do.
        family = []
        ends = [decision.valid_until]
        asks = decision.depends_on_place
        for other in snapshot.index.translations(slug):
            if is_published(other, reading.now):
                theirs = snapshot.decide(other, reading.location, door, reading.now)
                ends.append(theirs.valid_until)
                asks = asks or theirs.depends_on_place
                if theirs.treatments.refusal is None:
                    family.append(other)
            else:
                ends.append(other.published)
        until = min((end for end in ends if end is not None), default=None)
        if (asks, until) != (decision.depends_on_place, decision.valid_until):
            decision = replace(decision, depends_on_place=asks, valid_until=until)
        key = variant_key(facts, decision, door, snapshot.renderer.version, _versions(family))
        return Wanted(
            key,
            tags_of(facts),
            decision,
            lambda: snapshot.renderer.article(snapshot.index, facts, decision, door, family),
            facts,
        )

    def collection(self, reading: Reading, door: Door, section: str, language: str) -> Wanted | None:
        """A listing or feed; None when there is no such section."""
        snapshot = reading.snapshot
        found = collect(snapshot, door, section, reading.location, reading.now)
        if found is None:
            return None
        key = collection_key(
            f"{found.id}:{language}",
            snapshot.index.version,
            (found.decision.fingerprint,),
            door,
            snapshot.renderer.version,
        )
        return Wanted(
            key,
            collection_tags(found.id, (facts for facts, _ in found.entries)),
            found.decision,
            lambda: snapshot.renderer.collection(door, found.entries, section, found.decision, language),
        )

    def sitemap(self, reading: Reading, page: int = 0) -> Wanted | None:
        """The sitemap (page 0), or one of its files where there are too many articles for one; None beyond the last."""
        snapshot = reading.snapshot
        renderer, pages = snapshot.renderer, sitemap_pages(snapshot, reading.now)
        if page == 0 and pages > 1:
            decision = replace(snapshot.untreated(), valid_until=snapshot.index.next_publication(reading.now))
            key = collection_key("sitemap", str(pages), (), Door.SITEMAP, renderer.version)
            return Wanted(key, ("collection:sitemap",), decision, lambda: renderer.sitemap_index(pages))
        found = sitemap_page(snapshot, max(page, 1), reading.location, reading.now) if page <= pages else None
        if found is None or (page and pages == 1):
            return None
        # No version of the index in it: what is published later leaves the older pages as they are.
        key = collection_key(found.id, "", (found.decision.fingerprint,), Door.SITEMAP, renderer.version)
        tags = collection_tags("sitemap", (facts for facts, _ in found.entries))
        return Wanted(
            key,
            tags,
            found.decision,
            lambda: renderer.collection(
                Door.SITEMAP, found.entries, "", found.decision, renderer.languages[0], found.beside
            ),
        )

    def error(self, reading: Reading, status: int, language: str) -> Wanted:
        """A fixed page for a status. Notices and protection that need no article apply to it too."""
        decision = page_of_its_own(reading.snapshot, language, reading.location, reading.now)
        renderer = reading.snapshot.renderer
        return self._own(
            reading, f"{status}:{language}", decision, lambda: renderer.error(status, language, decision.treatments)
        )

    def notice(self, reading: Reading, id: str, language: str) -> Wanted:
        """The explanation of a notice. It names whom it concerns, so it needs no decision: nothing depends on place."""
        snapshot = reading.snapshot
        return self._own(
            reading,
            f"notice:{id}:{language}",
            snapshot.untreated(),
            lambda: snapshot.renderer.notice(snapshot.policies, id, language),
        )

    def transparency(self, reading: Reading, language: str) -> Wanted:
        """Which policies are in force, and why."""
        snapshot = reading.snapshot
        return self._own(
            reading,
            f"transparency:{language}",
            snapshot.untreated(),
            lambda: snapshot.renderer.transparency(snapshot.policies, language),
        )

    def recall(self, wanted: Wanted) -> Delivered | None:
        """The page if memory has it."""
        page = self._memory.get(wanted.key)
        return None if page is None else Delivered(page, wanted.decision, "hit", "memory", wanted.facts)

    def sent(self, page: StoredPage, times: int = 1) -> None:
        """A page that was kept has been sent so often: what many ask for is worth coding better."""
        self._recoder.sent(page, times)

    async def deliver(self, reading: Reading, wanted: Wanted) -> Delivered:
        """The page: from memory, else from the store, else rendered once for all who wait in the fleet."""
        if reading.preview:
            return Delivered(self._made(wanted), wanted.decision, "bypass", "render", wanted.facts)
        recalled = self.recall(wanted)
        if recalled is not None:
            self.sent(recalled.page)
            return recalled
        page, status, level = await self._fetches.page(wanted.key, lambda: self._made(wanted))
        self.sent(page)
        return Delivered(page, wanted.decision, status, level, wanted.facts)

    def _own(self, reading: Reading, id: str, decision: Decision, render: Callable[[], Rendered]) -> Wanted:
        """A page of the gateway's own: all that policies say may stand on it, so their revision is part of its key."""
        parts = (decision.fingerprint, reading.snapshot.policies.revision)
        key = collection_key(f"-/{id}", "", parts, Door.HTML, reading.snapshot.renderer.version)
        return Wanted(key, ("own",), decision, render)

    def _made(self, wanted: Wanted) -> StoredPage:
        """A page ready to be kept and sent, past the last guard: each due notice stands in it exactly once."""
        rendered = wanted.render()
        lost = rendered.lost()
        if lost:
            self._events.emit("notice_guard_failed", level="error", notices=sorted(lost))
            rendered = rendered.wrapped()
        bodies = encode_bodies(rendered.body)
        return StoredPage(
            key=wanted.key,
            status=rendered.status,
            content_type=rendered.content_type,
            language=rendered.language,
            bodies=bodies,
            etags={coding: etag_for(wanted.key, body, coding) for coding, body in bodies.items()},
            tags=wanted.tags,
            notices=rendered.notices,
        )


def _versions(family: Iterable[Facts]) -> Iterable[str]:
    return (f"{facts.slug}:{facts.version}" for facts in family)
