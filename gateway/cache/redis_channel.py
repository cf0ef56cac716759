"""Hear from Redis what other processes purged, so that this one's memory forgets it too, and what pages they made.

Nothing depends on it for correctness: keys carry versions and outcomes. What a purge means to remove stays in the
memory of a process that cannot hear for five seconds at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import orjson

from gateway.cache.redis_client import FAILURES, Connected
from gateway.cache.redis_cluster import listener

CHANNEL, FILLED = "gw1:purge", "gw1:filled"
DEAF_SECONDS = 5.0
_RETRY_SECONDS = 0.5
_SILENCE_SECONDS = 1.0

Forget = Callable[[frozenset[str] | None], object]


def message(tags: frozenset[str] | None) -> bytes:
    """A purge as it travels."""
    return orjson.dumps({"tags": None if tags is None else sorted(tags)})


def understood(data: object) -> tuple[bool, frozenset[str] | None]:
    """Whether this is a purge, and of what; None is everything. Anybody may publish: what is no purge is ignored."""
    try:
        tags = orjson.loads(data)["tags"]  # type: ignore[arg-type]
        if tags is None:
            return True, None
        if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
            return True, frozenset(tags)
    except (ValueError, TypeError, KeyError):
        pass
    return False, frozenset()


class Channel:
    """Listens for as long as its task runs. `forget` is called for each purge, and for everything while it is deaf;
    `filled` with whatever is said of pages that are made.
    """

    def __init__(
        self, connected: Connected, forget: Forget, filled: Callable[[object], object] = lambda _said: None
    ) -> None:
        self._connected = connected
        self._forget = forget
        self._filled = filled
        self.hears = False
        self._missed = False

    async def listen(self) -> None:
        """Listen until cancelled; a lost connection is made anew."""
        deaf_since = asyncio.get_running_loop().time()
        while True:
            try:
                await self._hear()
            except FAILURES:
                now = asyncio.get_running_loop().time()
                if self.hears:
                    self.hears, self._missed, deaf_since = False, True, now
                elif now - deaf_since >= DEAF_SECONDS:
                    self._forget(None)
                    self._missed, deaf_since = True, now
            await asyncio.sleep(_RETRY_SECONDS)

    async def _hear(self) -> None:
        async with asyncio.timeout(_SILENCE_SECONDS):
            pubsub = await listener(self._connected.client)
        try:
            async with asyncio.timeout(_SILENCE_SECONDS):
                await pubsub.subscribe(CHANNEL, FILLED)
                for _ in (CHANNEL, FILLED):
                    await pubsub.get_message(timeout=_SILENCE_SECONDS)
            if self._missed:
                self._forget(None)
            self.hears, self._missed = True, False
            waiting_for_pong = False
            while True:
                heard = await pubsub.get_message(timeout=_SILENCE_SECONDS)
                if heard is None:
                    if waiting_for_pong:
                        raise TimeoutError("no answer to PING")
                    async with asyncio.timeout(_SILENCE_SECONDS):
                        await pubsub.ping()
                    waiting_for_pong = True
                    continue
                waiting_for_pong = False
                if heard["channel"] == FILLED.encode():
                    if heard["type"] == "message":
                        self._filled(heard["data"])
                elif heard["type"] == "subscribe":
                    self._forget(None)  # the client connected anew by itself: what was said meanwhile is lost
                elif heard["type"] == "message":
                    purge, tags = understood(heard["data"])
                    if purge:
                        self._forget(tags)
        finally:
            await pubsub.aclose()  # type: ignore[no-untyped-call]
