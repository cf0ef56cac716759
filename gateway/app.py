"""The composition root: settings in, a running gateway out. What lives as long as it is made and closed here."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from aiohttp import web

from gateway.cache.redis_probe import node_name, tell_for_ever
from gateway.caches import embedded_valkey, open_caches
from gateway.delivery import Delivery
from gateway.floors import assert_floors
from gateway.geo.client_address import PROXY_PROTOCOL
from gateway.memory_watch import watch_memory
from gateway.operations import Operations
from gateway.origins import onward, open_passage
from gateway.settings import Settings
from gateway.state import StateDirectory
from gateway.telemetry.lag import LoopLag
from gateway.telemetry.logs import start_logging
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.resident import resident_bytes
from gateway.upkeep import Upkeep
from gateway.web.admin import admin_application
from gateway.web.admin_server import AdminRunner
from gateway.web.connections import Connections, raise_descriptor_limit
from gateway.web.express import Express
from gateway.web.gate import Gate, Refusals, Secrecy
from gateway.web.host import hostname
from gateway.web.lane import Lane
from gateway.web.listening import listen, name_of
from gateway.web.own_proxy import Crowd
from gateway.web.passage import PublicPassage
from gateway.web.passage_answers import PassageAnswers
from gateway.web.protocol import peer_of
from gateway.web.public import Public
from gateway.web.reader import Readers
from gateway.web.record import Record
from gateway.web.server import Server, assert_strict_parser
from gateway.web.tally import settle_for_ever, settle_last

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
DRAIN_SECONDS = 30.0
GRACE_SECONDS = 1.0


def utc_now() -> datetime:
    """The wall clock, for dates that people wrote; durations use monotonic time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Ports:
    """What a parent gives to one of several workers: the public socket, already listening, and a path for its own
    admin port. Only one of them `keeps_state`: writes the history and the last good policies.
    """

    public: socket.socket
    admin: Path
    keeps_state: bool


class Gateway:
    """One process of the gateway: the public port, the admin port, and what keeps them supplied."""

    def __init__(self, settings: Settings, ports: Ports | None = None) -> None:
        self.settings = settings
        self._ports = ports
        self.state = StateDirectory(settings.state)
        self.state.prepare()
        self.signing_key = self.state.signing_key(settings.signing_key.get_secret_value())
        self.admin_token = self.state.admin_token(settings.admin_token.get_secret_value())
        self.metrics = Metrics()
        self.events = start_logging(settings.log_format, settings.log_file)
        self.upkeep = Upkeep(
            settings,
            self.state,
            self.signing_key,
            self.events,
            self.metrics,
            utc_now,
            keeps_state=ports is None or ports.keeps_state,
        )
        self.public_url = settings.site_url
        self.admin_url = ""
        self._running = AsyncExitStack()

    async def start(self) -> None:
        """Read everything, then listen. Raises GatewayError where there is nothing that may be served."""
        assert_strict_parser()
        assert_floors()
        raise_descriptor_limit()
        self._running.callback(self.events.close)
        try:
            await self.upkeep.load()
            await self._open()
        except BaseException:
            await self._running.aclose()
            raise
        snapshot = self.upkeep.current()
        self.events.emit(
            "gateway_started",
            revision=snapshot.policies.revision,
            policies=len(snapshot.policies.policies),
            articles=len(snapshot.index.facts),
        )

    async def _open(self) -> None:
        settings, running = self.settings, self._running
        lag = LoopLag()
        lag.start()
        running.callback(lag.stop)
        caches = await open_caches(
            settings.redis_url.get_secret_value() or embedded_valkey(settings, self.events, running),
            settings.memory_cache_bytes // (2 if settings.origin else 1),  # the other half is for what a CMS said
            self.signing_key,
            self.events,
            lag.read,
            running,
        )
        if settings.redis_url.get_secret_value() and (self._ports is None or self._ports.keeps_state):
            node = node_name(settings.state)
            telling = asyncio.create_task(tell_for_ever(settings.redis_url.get_secret_value(), node, self.signing_key))
            running.push_async_callback(_ended, telling)
        caches.count(self.metrics)
        self._count(lag)
        crowd = Crowd(self.events, time.monotonic())
        public = Public(
            self.upkeep.current,
            Delivery(caches.memory, caches.fetches, caches.recoder, self.events),
            Readers(settings.proxies, self.signing_key, utc_now, crowd, settings.cdn, self.upkeep.shadow),
            lambda: self.public_url,
            frozenset(hostname(url.partition("//")[2]) for url in settings.base_url) or LOOPBACK_NAMES,
            self.upkeep.renew,
        )
        record = Record(self.events, self.metrics, utc_now, crowd)
        passage = None
        if settings.origin:
            passage = open_passage(settings, caches, self.signing_key, self.events, self.metrics, running)
        passages = PublicPassage(public, passage, onward(settings)) if passage else None
        refusals, secret = Refusals(self.events, self.metrics), settings.front_secret
        lane, express = Lane(passages or public, record, Secrecy(secret, refusals) if secret else None), None
        if settings.express == "on" and not (passages and passages.onward.exact):
            answers = PassageAnswers(passages, caches.memory, record) if passages else None
            express = Express(public, caches.memory, record, settings.claims, answers, secret)
        crowd.publish(self.metrics, express.names_met if express else tuple)
        if express is not None:
            self.metrics.before_scrape(express.settle)
        settling = asyncio.create_task(settle_for_ever(record, express, crowd))
        running.push_async_callback(settle_last, settling, record, express)
        watching = asyncio.create_task(watch_memory(settings.worker_memory_bytes, caches.shrinks, self.events))
        running.push_async_callback(_ended, watching)
        operations = Operations(self.upkeep, caches.memory, caches.store, self.events, self.metrics, passage)
        await self._listen(lane, express, operations, refusals)
        await running.enter_async_context(self.upkeep)

    async def _listen(self, lane: Lane, express: Express | None, operations: Operations, refusals: Refusals) -> None:
        settings, ports = self.settings, self._ports
        answer = express.answer if express else None
        balancers = settings.proxies if settings.proxies.header == PROXY_PROTOCOL else None
        places = Connections(self.events, settings.proxies)
        gate = partial(Gate, settings.proxies, peer_of, refusals) if settings.require_trusted_peer == "on" else None
        server = Server(lane.handle, self.events, lane.bad_request, answer, balancers, places, gate)
        reading = web.ServerRunner(server, shutdown_timeout=DRAIN_SECONDS)
        administering = AdminRunner(admin_application(operations, self.admin_token), self.events)
        for runner in (reading, administering):
            await runner.setup()
            self._running.push_async_callback(runner.cleanup)
        public = ports.public if ports else listen(settings.host, settings.port)
        site = web.SockSite(reading, public)
        await site.start()
        self._running.push_async_callback(_drain, site, server, [lane, *([express] if express else [])])
        if ports:
            await web.UnixSite(administering, str(ports.admin)).start()
        else:
            admin = listen(settings.admin_host, settings.admin_port)
            await web.SockSite(administering, admin).start()
            self.admin_url = f"http://{name_of(admin)}"
            self.state.publish(name_of(public), name_of(admin))
            self._running.callback(self.state.withdraw, name_of(public), name_of(admin))
        if not settings.base_url:
            self.public_url = f"http://{name_of(public)}"

    def _count(self, lag: LoopLag) -> None:
        """Say where the numbers are that are counted elsewhere and only read at a scrape."""
        metrics = self.metrics
        metrics.gauge("gateway_event_loop_lag_seconds", lag.read)
        metrics.gauge("gateway_worker_memory_bytes", resident_bytes)
        self.upkeep.count()

        def take_over() -> None:
            metrics.set_total("gateway_log_dropped_total", (), self.events.dropped)
            metrics.set_total(
                "gateway_notice_guard_failures_total", (), self.events.counts.get("notice_guard_failed", 0)
            )

        metrics.before_scrape(take_over)

    async def stop(self) -> None:
        """Stop accepting, let what is in flight end, then close everything in reverse order."""
        self.events.emit("gateway_stopped")
        await self._running.aclose()

    def reopen_logs(self) -> None:
        """Open the log file anew, after a rotation."""
        self.events.reopen()

    def showcase(self) -> str | None:
        """The article whose preview links greet whoever starts a gateway: the newest with most translations."""
        index = self.upkeep.current().index
        originals = [facts for facts in index.newest(utc_now(), limit=1000) if facts.translation_of is None]
        if not originals:
            return None
        return max(originals, key=lambda facts: len(index.translations(facts.slug))).slug


async def _drain(site: web.SockSite, server: Server, lanes: list[Lane | Express]) -> None:
    """Accept no more, and let whoever is connected ask once more and be told that the connection closes."""
    for lane in lanes:
        lane.draining = True
    await site.stop()
    deadline = time.monotonic() + GRACE_SECONDS
    while server.connections and time.monotonic() < deadline:  # noqa: ASYNC110  (aiohttp has no event for the last one)
        await asyncio.sleep(0.05)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
