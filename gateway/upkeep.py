"""Keeps the snapshot fresh: reads policies, content and evidence, builds the next snapshot beside the current one, and
swaps one reference. Whatever cannot be used leaves the current one in force and says so.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Self

from gateway.content.files import DirectoryIndex, load_directory
from gateway.errors import ContentError, EvidenceError, PolicyError
from gateway.events import Events
from gateway.geo.evidence import load_witnesses
from gateway.geo.locate import LocationMemo
from gateway.geo.sources import ATTRIBUTION
from gateway.geo.watch import EvidenceWatch
from gateway.policy.decide import next_boundary
from gateway.policy.files import changes
from gateway.policy.loading import Loaded, PolicyLoader
from gateway.render.pages import Attribution, Renderer, Site
from gateway.settings import Settings
from gateway.snapshot import Snapshot
from gateway.state import StateDirectory
from gateway.telemetry.metrics import Metrics

LOOK_EVERY_SECONDS = 1.0
OLD_EVIDENCE = timedelta(days=30)


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
        self._keeps_state = keeps_state
        self._loader = PolicyLoader(settings.policies, state.policies, key, settings.redirect_hosts)
        self._evidence = EvidenceWatch(settings.geoip)
        self._changing = asyncio.Lock()
        self._activated = clock()
        self._watching: list[asyncio.Task[None]] = []

    def current(self) -> Snapshot:
        """The snapshot in force."""
        return self._snapshot

    async def load(self) -> None:
        """The first snapshot. Raises PolicyError, ContentError or EvidenceError where there is nothing to serve by."""
        loaded = await self._loader.start()
        index = await asyncio.to_thread(load_directory, self._settings.content, cache=self._state.content_index)
        witnesses = await asyncio.to_thread(load_witnesses, self._settings.geoip, self._events)
        self._snapshot = Snapshot(loaded.policies, index, witnesses, self._renderer(index))
        self._report_content(index)
        if loaded.refused:
            self._events.emit(
                "policy_stale",
                level="error",
                revision=loaded.policies.revision,
                problems=list(map(str, loaded.refused)),
            )
        else:
            await self._keep(loaded, "start")
        self._settle()

    async def reload(self, *, actor: str = "watch", accept_removals: bool = False) -> None:
        """Read everything again. Raises PolicyError, after saying so, where the policies were refused."""
        async with self._changing:
            await self._refresh_content()
            await self._refresh_evidence()
            await self._refresh_policies(actor, accept_removals=accept_removals)

    async def roll_back(self, revision: str, *, actor: str) -> None:
        """Put a former policy set into force. Raises PolicyError if it isn't kept."""
        async with self._changing:
            await self._activate(await asyncio.to_thread(self._loader.roll_back, revision), actor, "rollback")

    async def _refresh_policies(self, actor: str, *, accept_removals: bool = False) -> None:
        try:
            loaded = await self._loader.load(accept_removals=accept_removals)
        except PolicyError as error:
            self._metrics.add("gateway_policy_reloads_total", ("rejected",))
            self._events.emit(
                "policy_rejected",
                level="error",
                revision=self._snapshot.policies.revision,
                problems=[str(problem) for problem in error.problems] or [str(error)],
            )
            raise
        self._metrics.add("gateway_policy_reloads_total", ("accepted",))
        if loaded.policies.revision != self._snapshot.policies.revision:
            await self._activate(loaded, actor, "activate")

    async def _activate(self, loaded: Loaded, actor: str, action: str) -> None:
        before = {policy.name: policy for policy in self._snapshot.policies.policies}
        after = {policy.name: policy for policy in loaded.policies.policies}
        self._swap(replace(self._snapshot, policies=loaded.policies, locations=_memo(), decisions={}))
        self._activated = self._clock()
        self._events.emit(
            "policy_reloaded",
            revision=loaded.policies.revision,
            policies=len(after),
            actor=actor,
            added=sorted(after.keys() - before.keys()),
            removed=sorted(before.keys() - after.keys()),
            changed=sorted(name for name in after.keys() & before.keys() if after[name] != before[name]),
        )
        await self._keep(loaded, actor, action)

    async def _keep(self, loaded: Loaded, actor: str, action: str = "activate") -> None:
        """Write down what is in force. A disk that refuses costs the next start its fallback, nothing else."""
        if not self._keeps_state:
            return  # another worker of this gateway does
        try:
            await asyncio.to_thread(self._loader.activated, loaded, actor=actor, now=self._clock(), action=action)
        except OSError as error:
            self._events.emit("state_not_written", level="error", error=error)

    async def _refresh_content(self) -> None:
        try:
            index = await asyncio.to_thread(self._snapshot.index.refresh)
        except ContentError as error:
            self._events.emit("content_rejected", level="error", error=error)
            return
        if index is not self._snapshot.index:
            renderer = self._renderer(index)
            same = renderer.version == self._snapshot.renderer.version
            renderer = self._snapshot.renderer if same else renderer
            self._swap(replace(self._snapshot, index=index, renderer=renderer, decisions={}))
            self._report_content(index)

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
        return Renderer(Site.of(index.site, self._settings.site_url, index.sections, attribution))

    def _report_content(self, index: DirectoryIndex) -> None:
        self._events.emit(
            "content_loaded",
            level="warning" if index.problems else "info",
            articles=len(index.facts),
            version=index.version,
            problems=list(map(str, index.problems)),
        )

    def warnings(self) -> tuple[str, ...]:
        """What is old or was left out, but serves."""
        now = self._clock()
        old = [info.name for info in self._snapshot.witnesses.infos if now - info.built > OLD_EVIDENCE]
        warnings = [f"evidence is older than {OLD_EVIDENCE.days} days: {', '.join(old)}"] if old else []
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

        metrics.before_scrape(take_over)

    def _activation(self) -> float:
        return self._activated.timestamp()

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
        self._watching = [asyncio.create_task(self._watch_policies()), asyncio.create_task(self._watch_the_rest())]
        for info in self._snapshot.witnesses.infos:
            age = self._clock() - info.built
            if age > OLD_EVIDENCE:
                self._events.emit("geoip_stale", level="warning", database=info.name, age_days=age.days)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)

    async def _watch_policies(self) -> None:
        async for _ in changes(self._settings.policies):
            async with self._changing:
                with suppress(PolicyError):  # it has been said
                    await self._refresh_policies("watch")

    async def _watch_the_rest(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            async with self._changing:
                for refresh in (self._refresh_content, self._refresh_evidence):
                    await self._guarded(refresh)

    async def _guarded(self, refresh: Callable[[], Awaitable[None]]) -> None:
        try:
            await refresh()
        except Exception as error:  # noqa: BLE001  (a watcher that died would leave readers with old answers, silently)
            self._events.emit("refresh_failed", level="error", error=error)


def _memo() -> LocationMemo:
    return LocationMemo(65_536)
