"""What the admin port can ask of a running gateway: readiness, metrics, reload, rollback, purge."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime

from gateway.cache.memory import MemoryPages
from gateway.cache.redis import RedisPages
from gateway.cache.variant import purge_tags
from gateway.content.source import is_published
from gateway.errors import PolicyError
from gateway.events import Events
from gateway.passage import Passage
from gateway.policy.cases import locate_in, no_such_article
from gateway.telemetry.metrics import Metrics, Snapshot
from gateway.upkeep import Upkeep
from gateway.web.admin import Readiness


class Operations:
    """Implements the admin port's Controls."""

    def __init__(
        self, upkeep: Upkeep, memory: MemoryPages, store: RedisPages, events: Events, metrics: Metrics,
        passage: Passage | None = None,
    ) -> None:  # fmt: skip
        self._upkeep = upkeep
        self._memory = memory
        self._store = store
        self._events = events
        self._metrics = metrics
        self._passage = passage

    async def readiness(self) -> Readiness:
        """Ready once everything is loaded: nothing listens before that. Old evidence only warns."""
        silent = self._passage is not None and not self._passage.up
        lost = ("the CMS does not answer: what is kept of it is served",) if silent else ()
        return Readiness(ready=True, warnings=(*self._upkeep.warnings(), *lost))

    async def snapshot(self) -> Snapshot:
        """Every number of this process."""
        return self._metrics.snapshot()

    async def reload(self, *, actor: str, accept_removals: bool) -> Mapping[str, object]:
        """Read everything again; what is in force afterwards, and the problems if the new policies were refused."""
        return await self._attempt(self._upkeep.reload(actor=actor, accept_removals=accept_removals))

    async def roll_back(self, *, actor: str, revision: str) -> Mapping[str, object]:
        """Put a former policy set into force; what is in force afterwards, and the problems if it cannot be."""
        return await self._attempt(self._upkeep.roll_back(revision, actor=actor))

    async def _attempt(self, change: Awaitable[None]) -> Mapping[str, object]:
        problems: tuple[str, ...] = ()
        try:
            await change
        except PolicyError as error:
            problems = tuple(map(str, error.problems)) or (str(error),)
        snapshot = self._upkeep.current()
        return {
            "accepted": not problems,
            "revision": snapshot.policies.revision,
            "policies": len(snapshot.policies.policies),
            "articles": len(snapshot.index.facts),
            "problems": problems,
        }

    async def purge(self, *, article: str | None, tag: str | None, url: str | None) -> Mapping[str, object]:
        """Remove stored pages, and what a CMS said, here, in Redis and, by its channel, in every other process; then
        look again. Of an article that there is not, what is left of it goes; nothing left was hardly meant: `error`.
        """
        try:
            tags = purge_tags(article=article, tag=tag, url=url)
        except ValueError:
            return {"error": f"{url!r} is no URL"}
        said, shared = await self._passage.purge(tags) if self._passage else (0, 0)
        removed = self._memory.purge(tags) + said
        stored = await self._store.purge(tags) + shared
        left = await self._store.remaining(tags)
        self._events.emit("purged", removed=removed + stored, remaining=left, tags=sorted(tags) if tags else None)
        found = {"memory": removed, "store": stored, "left": left}
        unknown = await self._no_such(article) if article and not removed + stored else ""
        return {**found, "error": unknown} if unknown else found

    async def foresee(self, *, article: str, within: str) -> Mapping[str, object]:
        """Whether a preview link would show anything: `error` if not, `published` if not yet."""
        snapshot = self._upkeep.current()
        try:
            if within:
                locate_in(within, snapshot.regions)
        except PolicyError as error:
            return {"error": str(error)}
        if unknown := await self._no_such(article):
            return {"error": unknown}
        facts = snapshot.index.facts.get(article)
        if facts is None or is_published(facts, datetime.now(UTC)):
            return {}
        return {"published": facts.published.isoformat()}

    async def _no_such(self, slug: str) -> str:
        """What is wrong with a slug; "" if nothing is. What articles a CMS has, it alone knows."""
        facts = self._upkeep.current().index.facts
        if self._passage is not None:
            return "" if slug.startswith("/") else f"a CMS's article is named by its path, as /news/{slug}"
        if slug in facts:
            return ""
        return await asyncio.to_thread(no_such_article, slug, facts)  # to look through a hundred thousand takes time
