"""Who in the fleet makes a page, agreed upon in Redis. A lock saves work and nothing more: whatever becomes of it,
pages are right, since they are found by the outcome that made them.

A lock is a key beside the page's, in the same slot, which expires by itself. Its holder gives it back by letting it
expire at once, after the page is stored and within its lease only; whoever waits leaves a word in it, so that the
holder tells the fleet just when somebody wants to know. All of it is SET, which every access list of ours allows.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import orjson

from gateway.cache.redis_channel import FILLED
from gateway.cache.redis_client import octets
from gateway.cache.redis_cluster import Client
from gateway.cache.variant import PREFIX

T = TypeVar("T")

LEASE_SECONDS = 3.0
POLL_SECONDS = 0.1
_SOMEBODY_WAITS = b"somebody waits"
_MARGIN_SECONDS = 0.5


class Ask(Protocol):
    """A command within the deadline; None where Redis did not answer, whatever happened."""

    async def __call__(self, command: Callable[[], Awaitable[T]], /) -> T | None:
        """Send it."""


class Locks:
    """The locks of one process. `improved` is called with a key whose page another process has made better."""

    def __init__(self, client: Client, ask: Ask, improved: Callable[[str], object]) -> None:
        self._client = client
        self._ask = ask
        self._improved = improved
        self._me = secrets.token_hex(8)
        self._held: dict[str, float] = {}
        self._waiting: dict[str, list[asyncio.Event]] = {}

    async def claim(self, key: str, limit: int) -> tuple[bool, bytes]:
        """Whether the page is ours to make, and what is stored by now, up to so many bytes. It is without Redis."""
        began = asyncio.get_running_loop().time()

        async def command() -> tuple[bool, bytes]:
            async with self._client.pipeline(transaction=False) as pipe:
                pipe.set(_lock(key), self._me, nx=True, px=int(LEASE_SECONDS * 1000))
                pipe.getrange(key, 0, limit)  # after the lock: who held it before has stored the page before
                taken, stored = await pipe.execute()
                return bool(taken), octets(stored)

        answer = await self._ask(command)
        if answer is None:
            return True, b""
        free, stored = answer
        if free:
            self._held[key] = began
        return free, stored

    async def wait(self, key: str, seconds: float) -> None:
        """Return once somebody says that the page is made, or nobody makes it any more; at the latest after
        `POLL_SECONDS`, since words get lost.
        """
        told = asyncio.Event()
        self._waiting.setdefault(key, []).append(told)
        try:
            async with asyncio.timeout(min(seconds, POLL_SECONDS)):
                if await self._ask(lambda: self._leave_word(key)) != (True,):
                    return
                await told.wait()
        except TimeoutError:
            return
        finally:
            self._waiting[key].remove(told)
            if not self._waiting[key]:
                del self._waiting[key]

    async def _leave_word(self, key: str) -> tuple[bool]:
        return (bool(await self._client.set(_lock(key), _SOMEBODY_WAITS, xx=True, keepttl=True)),)

    async def give_back(self, key: str, pages: list[tuple[str, bytes, int]]) -> None:
        """Store what was made (key, value, seconds), then let go of the lock, and tell those who wait."""
        began = self._held.pop(key, None)
        ours = began is not None and asyncio.get_running_loop().time() - began < LEASE_SECONDS - _MARGIN_SECONDS

        async def command() -> list[Any]:
            async with self._client.pipeline(transaction=False) as pipe:
                for name, value, seconds in pages:
                    pipe.set(name, value, ex=seconds)
                if ours:
                    pipe.set(_lock(key), b"", xx=True, get=True, px=1)
                return list(await pipe.execute(raise_on_error=True)) if len(pipe) else []

        answer = await self._ask(command)
        if answer and answer[-1] == _SOMEBODY_WAITS:
            await self.tell(key)

    async def tell(self, key: str, *, better: bool = False) -> None:
        """Tell the fleet that a page is made, or that there is a better one."""
        said = orjson.dumps({"key": key, "by": self._me, "better": better})
        await self._ask(lambda: self._client.publish(FILLED, said))

    def heard(self, data: object) -> None:
        """What somebody said. Anybody may say anything: it costs a look into the store at most."""
        try:
            said = orjson.loads(data)  # type: ignore[arg-type]
            key, by, better = str(said["key"]), said["by"], said["better"]
        except (ValueError, TypeError, KeyError):
            return
        for told in self._waiting.get(key, ()):
            told.set()
        if better is True and by != self._me:
            self._improved(key)


def _lock(key: str) -> str:
    return f"{PREFIX}fill:{key.removeprefix(PREFIX)}"
