"""Keeps the snapshot fresh: reads policies, content and evidence, builds the next snapshot beside the current one, and
swaps one reference. Whatever cannot be used leaves the current one in force and says so.
"""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Self

from gateway.content.files import DirectoryIndex
from gateway.content_in_force import LOOK_AGAIN_SECONDS, ContentInForce
from gateway.errors import EvidenceError, PolicyError
from gateway.events import Events
from gateway.geo.evidence import load_witnesses
from gateway.geo.locate import LocationMemo
from gateway.geo.shadow import Shadow, load_shadow
from gateway.geo.sources import ATTRIBUTION
from gateway.geo.watch import EvidenceWatch, wait_seconds
from gateway.policies_in_force import PoliciesInForce
from gateway.policy.decide import next_boundary
from gateway.policy.loading import PolicyLoader
from gateway.policy.model import PolicySet
from gateway.render.pages import Attribution, Renderer, Site
from gateway.settings import Settings
from gateway.snapshot import Snapshot
from gateway.state import StateDirectory
from gateway.telemetry.metrics import Metrics

LOOK_EVERY_SECONDS = 0.5
OLD_EVIDENCE = timedelta(days=30)
TURNED_BACK_NS = 500_000_000
"""A wall clock that goes back by more has been set; by less, it is being kept right."""


class Upkeep:
    """Holds the current snapshot. `load` makes the first; entered, it watches and makes the next ones."""

    _snapshot: Snapshot

    def __init__(
        self, settings: Settings, state: StateDirectory, key: bytes, events: Events, metrics: Metrics,
        clock: Callable[[], datetime], *, keeps_state: bool = True,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._state = state
        self._events = events
        self._metrics = metrics
        self._clock = clock
        loader = PolicyLoader(settings.policies, state.policies, key, settings.redirect_hosts)
        self._policies = PoliciesInForce(loader, self._swap_policies, events, metrics, clock, keeps_state=keeps_state)
        directory = None if settings.origin else settings.directory
        self._content = ContentInForce(directory, state.content_index, self._swap_content, events, keeps=keeps_state)
        self._latest_ns = 0
        self._evidence = EvidenceWatch(settings.geoip)
        self._changing = asyncio.Lock()
        self.shadow: Shadow | None = None
        self._watching: list[asyncio.Task[None]] = []

    def current(self) -> Snapshot:
        """The snapshot in force. What it remembers of decisions holds until a moment, and from the one at which it was
        made: when the wall clock has been turned back it is forgotten, at the first request after that.
        """
        now_ns = time.time_ns()
        if now_ns < self._latest_ns - TURNED_BACK_NS:
            self._snapshot = replace(self._snapshot, locations=_memo(), decisions={})
            self._events.emit("clock_turned_back", level="warning", seconds=(self._latest_ns - now_ns) / 1e9)
        self._latest_ns = now_ns
        return self._snapshot

    async def load(self) -> None:
        """The first snapshot. Raises PolicyError, ContentError or EvidenceError where there is nothing to serve by."""
        policies = await self._policies.start()
        index = await self._content.start()
        witnesses = await asyncio.to_thread(load_witnesses, self._settings.geoip, self._events)
        self.shadow = await asyncio.to_thread(load_shadow, self._settings.geoip_shadow, self._events)
        observes = self._settings.mode == "observe"
        self._snapshot = Snapshot(policies, index, witnesses, self._renderer(index), observes)
        self._settle()

    async def reload(self, *, actor: str, accept_removals: bool = False) -> None:
        """Read everything again. Raises PolicyError, after saying so, where the policies were refused."""
        async with self._changing:
            await self._content.reload()
            await self._refresh_evidence()
            await self._policies.refresh(actor, accept_removals=accept_removals)

    async def roll_back(self, revision: str, *, actor: str) -> None:
        """Put a former policy set into force ("": the one before). Raises PolicyError if it isn't kept."""
        async with self._changing:
            await self._policies.roll_back(revision, actor=actor)

    def _swap_policies(self, policies: PolicySet) -> None:
        self._swap(replace(self._snapshot, policies=policies, locations=_memo(), decisions={}))

    async def renew(self, index: DirectoryIndex, path: str) -> bool:
        """A reader found that a file is no longer what this index says. Whether another is in force."""
        return await self._content.renew(index, path)

    def _swap_content(self, index: DirectoryIndex) -> None:
        renderer = self._renderer(index)
        same = renderer.version == self._snapshot.renderer.version
        renderer = self._snapshot.renderer if same else renderer
        self._swap(replace(self._snapshot, index=index, renderer=renderer, decisions={}))

    async def _refresh_evidence(self) -> None:
        if not self._evidence.changed():
            return
        try:
            witnesses = await asyncio.to_thread(self._evidence.replacement, self._snapshot.witnesses)
        except EvidenceError as error:
            self._events.emit("geoip_rejected", level="error", error=error)
            return
        self._swap(replace(self._snapshot, witnesses=witnesses, locations=_memo()))
        self._events.emit("geoip_reloaded", databases=[info.name for info in witnesses.infos])

    def _swap(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._settle()

    def _settle(self) -> None:
        """What lives until the next swap is no garbage: without this a full collection walks every article."""
        self._observe_evidence()
        gc.collect()
        gc.freeze()

    def _renderer(self, index: DirectoryIndex) -> Renderer:
        embedded = not self._settings.geoip
        attribution = tuple(Attribution(text, url) for text, url in ATTRIBUTION) if embedded else ()
        settings = self._settings
        return Renderer(Site.of(index.site, settings.site_url, index.sections, attribution, settings.timezone))

    def warnings(self) -> tuple[str, ...]:
        """What is old or was left out, but serves."""
        now = self._clock()
        old = [info.name for info in self._snapshot.witnesses.infos if now - info.built > OLD_EVIDENCE]
        warnings = [f"evidence is older than {OLD_EVIDENCE.days} days: {', '.join(old)}"] if old else []
        gone = self._evidence.gone()
        if gone:
            warnings.append(f"no evidence file any more, its last copy serves: {', '.join(gone)}")
        warnings += self._policies.warnings()
        if self._snapshot.index.problems:
            warnings.append(f"{len(self._snapshot.index.problems)} problems in the content directory")
        return tuple(warnings)

    def count(self) -> None:
        """Say where the numbers are that the snapshot knows."""
        metrics = self._metrics
        metrics.gauge("gateway_policy_last_success_timestamp_seconds", self._activation)
        metrics.gauge("gateway_policy_next_boundary_timestamp_seconds", self._next_boundary)

        def take_over() -> None:
            for labels, count in self._snapshot.witnesses.lookups.items():
                metrics.set_total("gateway_geo_lookups_total", labels, count)
            for result, count in self.shadow.results.items() if self.shadow else ():
                metrics.set_total("gateway_geo_shadow_total", (result,), count)

        metrics.before_scrape(take_over)

    def _activation(self) -> float:
        return self._policies.activated.timestamp()

    def _next_boundary(self) -> float | None:
        moment = next_boundary(self._snapshot.policies, self._clock())
        return None if moment is None else moment.timestamp()

    def _observe_evidence(self) -> None:
        self._metrics.forget_gauges("gateway_geo_build_timestamp_seconds")
        for info in self._snapshot.witnesses.infos:
            for source in info.sources:
                built = (source.built or info.built).timestamp()
                self._metrics.gauge("gateway_geo_build_timestamp_seconds", partial(float, built), (source.name,))

    async def __aenter__(self) -> Self:
        watchers = (self._watch_policies(), self._watch_content(), self._let_settle(), self._watch_evidence())
        self._watching = [asyncio.create_task(watcher) for watcher in watchers]
        for info in self._snapshot.witnesses.infos:
            age = self._clock() - info.built
            if age > OLD_EVIDENCE:
                self._events.emit("geoip_stale", level="warning", database=info.name, age_days=age.days)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._content.aclose()
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        self._tell_of_shadow(closing=True)

    async def _watch_policies(self) -> None:
        async for _ in self._policies.changes():
            async with self._changing:
                await self._guarded(self._policies.look)

    async def _watch_content(self) -> None:
        async for paths in self._content.changes():
            await self._guarded(partial(self._content.look, paths))

    async def _let_settle(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            await self._guarded(self._content.settle)

    async def _watch_evidence(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            self._tell_of_shadow()
            if self._evidence.changed():
                await asyncio.sleep(wait_seconds(self._settings.workers, random.random()))  # noqa: S311  (no secret)
                async with self._changing:
                    await self._guarded(self._refresh_evidence)

    def _tell_of_shadow(self, *, closing: bool = False) -> None:
        for fields in self.shadow.flush(self._clock(), closing=closing) if self.shadow else ():
            self._events.emit("geoip_shadow", hour=fields["hour"], cells=fields["cells"])

    async def _guarded(self, refresh: Callable[[], Awaitable[None]]) -> None:
        try:
            await refresh()
        except PolicyError:
            pass  # it has been said
        except Exception as error:  # noqa: BLE001  (a watcher that died would leave readers with old answers, silently)
            self._events.emit("refresh_failed", level="error", error=error)


def _memo() -> LocationMemo:
    return LocationMemo(65_536)
