"""A CMS behind the gateway, opened: the origin, what is kept of it, and how requests are passed on to it."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack

from gateway.cache.http.levels import Responses
from gateway.cache.http.memory import MemoryResponses
from gateway.cache.http.profile import PROFILES
from gateway.cache.http.redis import RedisResponses
from gateway.caches import Caches
from gateway.content.origin import Care, Origin
from gateway.errors import Problem, SettingsError
from gateway.events import Events
from gateway.passage import Passage
from gateway.passage.aside import Aside
from gateway.passage.treatment import Treatment
from gateway.passage.withheld_media import WithheldMedia
from gateway.render.foreign.rules import Rules
from gateway.render.foreign.rules_file import parse_rules
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics
from gateway.web.host import hostname
from gateway.web.onward import Onward

RFC9111 = "rfc9111"


def open_passage(
    settings: Settings, caches: Caches, signing_key: bytes, events: Events, metrics: Metrics, running: AsyncExitStack
) -> Passage:
    """Everything opened; `running` closes it. An origin that does not answer is no error. Raises SettingsError."""
    origin = Origin(settings.origin, events, care_of(settings), host=settings.origin_host)
    host = hostname(settings.site_url.partition("//")[2])
    aside = Aside()
    running.push_async_callback(aside.aclose)
    rules = rules_of(settings)
    media = WithheldMedia(caches.store, aside, rules, host)
    running.push_async_callback(media.aclose)
    treatment = Treatment(caches.memory, caches.store, caches.fetches, rules, host, events, aside, media)
    profile, memory = PROFILES[settings.origin_profile], MemoryResponses(settings.memory_cache_bytes // 2)
    alone = not settings.redis_url.get_secret_value()  # an embedded Valkey, and no other worker that writes to it
    shared = RedisResponses(caches.store, signing_key, profile, settings.origin, alone=alone)
    responses = Responses(memory, shared)
    caches.forgets.append(memory.forget)
    caches.shrinks.append(memory.shrink)
    passage = Passage(origin, responses, treatment, profile, time.time, settings.origin)
    running.push_async_callback(passage.aclose)
    metrics.gauge("gateway_breaker_state", lambda: not origin.up, ("origin",))
    metrics.gauge("gateway_cache_memory_bytes", lambda: caches.memory.bytes + memory.bytes)

    def take_over() -> None:
        metrics.set_total("gateway_stale_served_total", (), passage.stale_served)
        for event, count in origin.counts.items():
            metrics.set_total("gateway_origin_events_total", (event,), count)

    metrics.before_scrape(take_over)
    return passage


def care_of(settings: Settings) -> Care:
    """How carefully it is asked."""
    care = Care(
        connect_seconds=settings.origin_connect_seconds,
        first_byte_seconds=settings.origin_first_byte_seconds,
        unsafe_first_byte_seconds=settings.origin_unsafe_first_byte_seconds,
        total_seconds=settings.origin_total_seconds,
        probe_path=settings.origin_probe_path,
        concurrency=settings.origin_concurrency,
    )
    return care.for_rfc9111() if settings.origin_profile == RFC9111 else care


def onward(settings: Settings) -> Onward:
    """How requests are passed on."""
    passes = frozenset(name.lower() for name in settings.origin_passes)
    return Onward(settings.site_url, passes, settings.origin_sessions, settings.origin_profile == RFC9111)


def rules_of(settings: Settings) -> Rules:
    """What the newsroom says of its CMS. Raises SettingsError with every problem in its file."""
    if settings.origin_pages is None:
        return Rules()
    problems: list[Problem] = []
    try:
        rules = parse_rules(settings.origin_pages.read_bytes(), str(settings.origin_pages), problems)
    except OSError as error:
        raise SettingsError(f"{settings.origin_pages}: {error.strerror}; name a file that can be read") from error
    if rules is None:
        raise SettingsError("\n".join(map(str, problems)), problems)
    return rules
