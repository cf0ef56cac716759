"""The two levels of cache and those who fill them, opened together and counted together."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from gateway.cache.fetch import Fetches
from gateway.cache.memory import MemoryPages
from gateway.cache.recode import Recoder
from gateway.cache.redis import RedisPages
from gateway.cache.redis_channel import Forget
from gateway.cache.valkey import EmbeddedValkey
from gateway.errors import GatewayError
from gateway.events import Events
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Caches:
    """Pages in memory and in Redis; what fetches them, and what codes them better. `forgets` are told what other
    processes have purged; `shrinks` give up what is kept in memory.
    """

    memory: MemoryPages
    store: RedisPages
    fetches: Fetches
    recoder: Recoder
    forgets: list[Forget]
    shrinks: list[Callable[[float], int]]

    def count(self, metrics: Metrics) -> None:
        """Say where the numbers are; they are read at a scrape."""
        metrics.gauge("gateway_cache_memory_bytes", lambda: self.memory.bytes)
        metrics.gauge("gateway_redis_up", lambda: self.store.up)
        metrics.gauge("gateway_breaker_state", lambda: not self.store.up, ("redis",))

        def take_over() -> None:
            for reason, count in self.store.counts.items():
                kind, _, detail = reason.partition(":")
                if kind == "rejected":
                    metrics.set_total("gateway_cache_variant_refused_total", (detail,), count)
                elif kind in ("hit", "miss"):
                    metrics.set_total("gateway_cache_requests_total", ("redis", kind), count)
            for result, count in self.fetches.counts.items():
                metrics.set_total("gateway_cache_fills_total", (result,), count)
            for result, count in self.recoder.counts.items():
                metrics.set_total("gateway_cache_recoded_total", (result,), count)

        metrics.before_scrape(take_over)


async def open_caches(
    redis_url: str,
    memory_bytes: int,
    signing_key: bytes,
    events: Events,
    lag_seconds: Callable[[], float],
    running: AsyncExitStack,
) -> Caches:
    """Everything opened; `running` closes it. A Redis that does not answer is no error."""
    memory = MemoryPages(memory_bytes)
    forgets: list[Forget] = [memory.purge]
    store = RedisPages(
        redis_url,
        signing_key,
        events,
        forget=lambda tags: [forget(tags) for forget in forgets],
        improved=lambda key: recoder.improved(key),  # noqa: PLW0108  (it is made below)
        lag_seconds=lag_seconds,
    )
    recoder = Recoder(memory, store)
    fetches = Fetches(memory, store)
    for part in (store, recoder, fetches):
        running.push_async_callback(part.aclose)
    await store.start()
    return Caches(memory, store, fetches, recoder, forgets, [memory.shrink])


def embedded_valkey(settings: Settings, events: Events, running: AsyncExitStack) -> str:
    """Start the embedded server; without it everything is still served, so a failure is only said. Its URL."""
    valkey = EmbeddedValkey(settings.state, events)
    try:
        valkey.start()
    except GatewayError as error:
        events.emit("redis_lost", level="error", error=error)
    else:
        running.callback(valkey.stop)
    return valkey.url
