"""Pages in Redis, shared by the fleet and outliving a restart. A Redis that fails costs a reader 100 ms at most,
and after five failures nothing: then only a probe in the background asks it.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar

from gateway.breaker import Breaker
from gateway.cache.page import Claim, StoredPage
from gateway.cache.redis_channel import CHANNEL, Channel, Forget, message
from gateway.cache.redis_client import FAILURES, connect, octets, reason_of
from gateway.cache.redis_locks import Locks
from gateway.cache.redis_sweep import sweep
from gateway.cache.seal import VALUE_LIMIT_BYTES
from gateway.cache.signing import Codec
from gateway.cache.variant import PREFIX
from gateway.events import Events

T = TypeVar("T")

DEADLINE_SECONDS = 0.1
PAGE_SECONDS = 7 * 24 * 3600
_CONNECTIONS = 32
_PROBE_SECONDS = 0.5
_PROBE_AFTER_REFUSED_CREDENTIALS_SECONDS = 30.0
_PROBES_TO_CLOSE = 3
_OWN_LAG_SECONDS = 0.02
_PURGE_TIMEOUT_SECONDS = 5.0
_CREDENTIALS = ("authentication", "permission")


class RedisPages:
    """A PageStore in Redis (`url`: see `connect`). `forget` is told what other processes purged, `improved` the key of
    each page that another made better.

    `counts` holds what happened so far: hits, misses, skipped (breaker open), failures and rejected values by reason.
    `lag_seconds` tells how late the event loop is: our own slowness must not look like Redis's.
    """

    def __init__(
        self,
        url: str,
        signing_key: bytes,
        events: Events,
        *,
        forget: Forget = lambda _tags: None,
        improved: Callable[[str], object] = lambda _key: None,
        lag_seconds: Callable[[], float] = lambda: 0.0,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self._codec = Codec(signing_key)
        self._events = events
        self._lag_seconds = lag_seconds
        self._deadline = deadline_seconds
        self.readers = connect(url, timeout_seconds=deadline_seconds, max_connections=_CONNECTIONS)
        self._patient = connect(url, timeout_seconds=_PURGE_TIMEOUT_SECONDS, max_connections=4)
        self._locks = Locks(self.readers.client, self.ask, improved)
        self._channel = Channel(self._patient, forget, self._locks.heard)
        self._slots = asyncio.Semaphore(_CONNECTIONS - 2)  # the probe must find a connection too
        self._breaker = Breaker()
        self._tasks: set[asyncio.Task[None]] = set()
        self._owed: set[frozenset[str] | None] = set()
        self._said: dict[str, float] = {}
        self._started = False
        self._doubtful = False
        self.counts: Counter[str] = Counter()

    @property
    def up(self) -> bool:
        """Whether Redis is being asked."""
        return not self._breaker.open

    @property
    def hears_purges(self) -> bool:
        """Whether purges by other processes reach this one now."""
        return self._channel.hears

    async def start(self) -> None:
        """Ask once, so that no reader finds out that nobody answers; listen for purges."""
        if self._started:
            return
        self._started = True
        self._spawn(self._channel.listen())
        try:
            async with asyncio.timeout(self._deadline * 5):
                await self.readers.client.ping()
        except FAILURES as error:
            self._failed(error, for_certain=True)

    async def aclose(self) -> None:
        """Stop listening and probing; close every connection."""
        while self._tasks:
            for task in self._tasks:
                task.cancel()  # again and again: redis-py, while it connects, may swallow one
            await asyncio.wait(self._tasks, timeout=0.1)
        await self.readers.aclose()
        await self._patient.aclose()

    async def get(self, key: str) -> StoredPage | None:
        """The page stored under exactly this key, its signature checked; None when there is none, for any cause."""
        value = await self.ask(lambda: self.read(key))
        if not value:
            self.counts["miss"] += value is not None
            return None
        page, refused = self._codec.decode(value, key)
        self.counts["hit" if page else f"rejected:{refused}"] += 1
        if page is None:
            self._say("cache_value_rejected", refused, every_seconds=1)
        return page

    async def read(self, key: str) -> bytes:
        """What stands there: GETRANGE, so that somebody's 100 MB under our key cannot fill our memory."""
        return octets(await self.readers.client.getrange(key, 0, VALUE_LIMIT_BYTES))

    async def put(self, page: StoredPage) -> None:
        """Keep it for seven days, if that can be done now; a claim to make it ends with that."""
        value = self._codec.encode(page)
        fits = len(value) <= VALUE_LIMIT_BYTES
        await self._locks.give_back(page.key, [(page.key, value, PAGE_SECONDS)] if fits else [])

    async def improve(self, page: StoredPage) -> None:
        """Put a better page in the place of the one that is there, if there is one, and tell the fleet."""
        value = self._codec.encode(page)
        if len(value) <= VALUE_LIMIT_BYTES:
            client = self.readers.client
            if await self.ask(lambda: client.set(page.key, value, ex=PAGE_SECONDS, xx=True)):
                await self._locks.tell(page.key, better=True)

    async def claim(self, key: str) -> Claim:
        """Ask to be the only one in the fleet who makes this page, for three seconds."""
        if self._doubtful:
            return Claim(free=True)  # it kept a reader waiting just now: once is enough
        free, value = await self._locks.claim(key, VALUE_LIMIT_BYTES)
        page = self._codec.decode(value, key)[0] if value else None
        self.counts["hit"] += page is not None  # whoever claims has looked before: what is refused was counted then
        return Claim(free, page)

    async def wait(self, key: str, seconds: float) -> None:
        """Wait for a page that another is making, until that is told, or for a moment."""
        await self._locks.wait(key, seconds)

    async def release(self, key: str) -> None:
        """Give a claim back: the page could not be made, or was there already."""
        await self._locks.give_back(key, [])

    async def purge(self, tags: frozenset[str] | None) -> int:
        """Remove every page with one of these tags (None: every page), tell the other processes; how many went.

        It looks twice, a deadline apart, since a reader's page may be on its way. While Redis is out of reach the
        purge is owed, and done before the first page is read from it again.
        """
        try:
            removed = await sweep(self._patient.client, tags, remove=True)
            await self._patient.client.publish(CHANNEL, message(tags))
            await asyncio.sleep(2 * self._deadline)
            removed += await sweep(self._patient.client, tags, remove=True)
            await self._patient.client.publish(CHANNEL, message(tags))
        except FAILURES as error:
            self._failed(error, for_certain=True)
            self._owed.add(tags)
            return 0
        return removed

    async def remaining(self, tags: frozenset[str] | None) -> int | None:
        """How many pages with these tags are there now, read back from Redis; None when it cannot be asked."""
        try:
            return await sweep(self._patient.client, tags, remove=False)
        except FAILURES:
            return None

    async def ask(self, command: Callable[[], Awaitable[T]]) -> T | None:
        """The answer to a reader's command within the deadline, or None; whatever happens is counted, never raised."""
        if self._breaker.open:
            self.counts["skipped"] += 1
            return None
        if not self._started:
            await self.start()
        clock = asyncio.get_running_loop().time
        began, asked = clock(), None
        try:
            async with asyncio.timeout(self._deadline), self._slots:
                asked = clock()
                answer = await command()
        except FAILURES as error:
            self._doubtful = True
            waited = clock() - (began if asked is None else asked)
            late = clock() - began > self._deadline + _OWN_LAG_SECONDS or self._lag_seconds() > _OWN_LAG_SECONDS
            if asked is None or (reason_of(error) == "timeout" and (late or waited < self._deadline / 2)):
                self.counts["failed:ourselves"] += 1  # no free connection, or a loop that was late
            else:
                self._failed(error)
            return None
        self._breaker.succeeded()
        self._doubtful = False
        return answer

    def _failed(self, error: BaseException, *, for_certain: bool = False) -> None:
        reason = reason_of(error)
        self.counts[f"failed:{reason}"] += 1
        if reason in ("wrong-type", "busy"):
            return
        if reason in ("out-of-memory", "read-only", "refused"):
            self._say("cache_write_refused", reason, every_seconds=60)
            return
        for_certain = for_certain or reason in _CREDENTIALS
        if self._breaker.failed(reason, asyncio.get_running_loop().time(), for_certain=for_certain):
            self._events.emit("redis_lost", level="error" if reason in _CREDENTIALS else "warning", reason=reason)
            self._spawn(self._recover())

    async def _recover(self) -> None:
        """Probe until Redis answers three times in a row within the deadline; then let readers ask again."""
        loop, answered = asyncio.get_running_loop(), 0
        while answered < _PROBES_TO_CLOSE:
            refused = self._breaker.reason in _CREDENTIALS
            pause = _PROBE_AFTER_REFUSED_CREDENTIALS_SECONDS if refused else _PROBE_SECONDS
            await asyncio.sleep(self._deadline / 2 if answered else pause * random.uniform(0.8, 1.2))  # noqa: S311
            try:
                async with asyncio.timeout(self._deadline):
                    await self.readers.client.getrange(f"{PREFIX}probe", 0, 0)
                if answered == _PROBES_TO_CLOSE - 1:
                    await self._pay()
                answered += 1
            except FAILURES as error:
                self._breaker.reason, answered = reason_of(error), 0
        seconds = loop.time() - self._breaker.since
        self._breaker.close()
        self._events.emit("redis_restored", seconds=round(seconds, 3))

    async def _pay(self) -> None:
        for tags in list(self._owed):
            await sweep(self._patient.client, tags, remove=True)
            await self._patient.client.publish(CHANNEL, message(tags))
            self._owed.discard(tags)

    def _say(self, event: str, reason: str, *, every_seconds: float) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._said.get(event + reason, -every_seconds) >= every_seconds:
            self._said[event + reason] = now
            self._events.emit(event, level="warning", reason=reason)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
