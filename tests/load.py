"""Readers at a steady rate, whatever the answers take, and an oracle for each answer: due notices, and nothing else.

Open loop: a request is sent when it is due, over a connection that is free or a new one, and its time counts from
when it was due; so whoever has to wait behind a stall is counted as having waited.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field

NOTICE = re.compile(rb'data-notice="([^"]+)"')
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_CLOSE = re.compile(rb"(?i)\AHTTP/1\.0|\r\nconnection: *close")
PATIENCE_SECONDS = 20.0
WARM_CONNECTIONS = 20
TOGETHER = 1000


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, and what its answer must be: its status, exactly these notices, these bytes, and not those."""

    request: bytes
    status: int = 200
    notices: frozenset[str] = frozenset()
    holds: bytes = b""
    lacks: bytes = b""

    def fault(self, status: int, body: bytes) -> str:
        """What is wrong with an answer: `missing` a notice, the `wrong` page, or a `status`; "" for nothing."""
        if status != self.status:
            return f"status {status}"
        shown = {name.decode() for name in NOTICE.findall(body)}
        if self.notices - shown:
            return "missing"
        if shown - self.notices or self.holds not in body or (self.lacks and self.lacks in body):
            return "wrong"
        return ""


Asks = Callable[[int], Ask]
"""The request of each number."""


@dataclass(slots=True)
class Seen:
    """What readers got. `faults`: how many answers had which fault; a lost connection is one."""

    seconds: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    began: list[float] = field(default_factory=list)

    @property
    def sent(self) -> int:
        return len(self.seconds)

    def percentile(self, share: float, *, since: float = 0.0) -> float:
        """Seconds; of what was due after a moment of the monotonic clock."""
        chosen = sorted(took for took, due in zip(self.seconds, self.began, strict=True) if due >= since)
        return chosen[min(len(chosen) - 1, int(len(chosen) * share))] if chosen else math.inf

    def told(self) -> str:
        """For the table."""
        oracle = f"{self.faults['missing']} notices missing, {self.faults['wrong']} wrong pages"
        failed = sum(count for fault, count in self.faults.items() if fault not in ("missing", "wrong"))
        return f"{failed} of {self.sent:,} failed, {oracle}"


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Load:
    """A stream of readers at a port. `keep_alive` off: each request on a connection of its own. `connections`: some that
    are open already.
    """

    def __init__(
        self, port: int, asks: Asks, rate: float, *, keep_alive: bool = True, connections: Iterable[Connection] = ()
    ) -> None:
        self.seen = Seen()
        self._port, self._asks, self._rate, self._keep_alive = port, asks, rate, keep_alive
        self._idle: list[Connection] = list(connections)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Ask until told to stop, then wait for the last answer."""
        due, number = time.monotonic(), 0
        while not stop.is_set():
            task = asyncio.create_task(self.one(self._asks(number), due))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            number += 1
            due += 1 / self._rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        await asyncio.gather(*self._tasks)
        for _, writer in self._idle:
            writer.close()

    def _waiting(self) -> Connection | None:
        """A connection that is free; one that the server has closed meanwhile is none, as for any client."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and reader.exception() is None:
                return reader, writer
            writer.close()
        return None

    async def one(self, ask: Ask, due: float) -> None:
        """A request that is due at this moment of the monotonic clock, and its answer."""
        writer = None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                reader, writer = self._waiting() or await asyncio.open_connection("127.0.0.1", self._port)
                writer.write(ask.request)
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                body = await reader.readexactly(int(length[1])) if length else b""
            status = int(head[9:12])
            self.seen.statuses[status] += 1
            fault = ask.fault(status, body)
            if self._keep_alive and not _CLOSE.search(head):
                self._idle.append((reader, writer))
                writer = None
        except (OSError, EOFError, asyncio.LimitOverrunError) as error:
            fault = type(error).__name__
        self.seen.seconds.append(time.monotonic() - due)
        self.seen.began.append(due)
        if fault:
            self.seen.faults[fault] += 1
        if writer is not None:
            writer.close()


@contextlib.asynccontextmanager
async def readers(port: int, asks: Asks, rate: float, *, keep_alive: bool = True) -> AsyncIterator[Seen]:
    """Readers for as long as the body runs."""
    load, stop = Load(port, asks, rate, keep_alive=keep_alive), asyncio.Event()
    task = asyncio.create_task(load.run(stop))
    try:
        yield load.seen
    finally:
        stop.set()
        await task


async def undisturbed(port: int, asks: Asks, rate: float, seconds: float, *, keep_alive: bool = True) -> Seen:
    """The same readers with nothing broken: what times are to be held against."""
    async with readers(port, asks, rate, keep_alive=keep_alive) as seen:
        await asyncio.sleep(seconds)
    return seen


async def at_once(port: int, wanted: Ask) -> Seen:
    """A thousand connections, opened a hundred at a time; then the same request on all of them."""
    connections: list[Connection] = []
    for _ in range(0, TOGETHER, 100):
        connections += await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(100)))
    load = Load(port, lambda _: wanted, 1, connections=connections)
    await asyncio.gather(*(load.one(wanted, time.monotonic()) for _ in range(TOGETHER)))
    for _, writer in connections:
        writer.close()
    return load.seen
