"""An origin that says exactly the bytes that a test wrote for it, with pauses, cuts and resets, and counts what it hears.

An answer is a script: bytes are sent, a number is a pause in seconds, and CUT, RESET and HANG end it. After any other end
the connection is kept, as the bytes said.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Self


class Act(Enum):
    """How a script may end."""

    CUT = "close, as if all had been said"
    RESET = "reset"
    HANG = "say nothing more"


CUT, RESET, HANG = Act.CUT, Act.RESET, Act.HANG
Script = Sequence[bytes | float | Act]


@dataclass(frozen=True, slots=True)
class Heard:
    """A request as it arrived: its fields as they stood there, the body without chunks."""

    method: str
    target: str
    lines: tuple[bytes, ...]
    body: bytes
    connection: int

    @property
    def fields(self) -> Mapping[str, str]:
        """By name in small letters; the last of repeated ones wins."""
        pairs = (line.decode("latin-1").partition(":") for line in self.lines)
        return {name.lower(): value.strip() for name, _, value in pairs}


Answer = Script | Callable[[Heard], Script]


def response(body: bytes = b"", status: str = "200 OK", *fields: str, length: int | None = None) -> bytes:
    """A whole response with Content-Length; `length`: another one than the body has."""
    lines = [f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body) if length is None else length}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def head(status: str = "200 OK", *fields: str) -> bytes:
    """A head alone, framed by whatever the fields say."""
    return "\r\n".join([f"HTTP/1.1 {status}", *fields, "", ""]).encode("latin-1")


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """A body in chunks."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + end


def nothing_there(heard: Heard) -> Script:
    """A 404, to HEAD without its body."""
    return [response(b"" if heard.method == "HEAD" else b"nothing", "404 Not Found", length=7)]


class Scripted:
    """`answers` by target, else by path without query, else `default`; change them at any time.

    `heard`: every request so far. `connections`: how many were made. `at_once`: the most requests in work together.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.default: Answer = nothing_there
        self.heard: list[Heard] = []
        self.connections = 0
        self.at_once = 0
        self.port = 0
        self._at_work = 0
        self._listener: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def asked(self) -> Counter[str]:
        """How often each target was asked for, probes left out."""
        return Counter(each.target for each in list(self.heard) if "probe" not in each.fields.get("user-agent", ""))

    @property
    def probes(self) -> int:
        """How often the gateway asked by itself."""
        return sum("probe" in each.fields.get("user-agent", "") for each in list(self.heard))

    async def listen(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen, at the same port as before."""
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=2048, ssl=tls)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Listen no more and drop everybody."""
        if self._listener is not None:
            self._listener.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        number = self.connections
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._exchange(reader, writer, number):
                    pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort() if task.cancelled() else writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        request = (await reader.readuntil(b"\r\n\r\n"))[:-4]
        start, *lines = request.split(b"\r\n")
        method, target, _ = start.decode("latin-1").split(" ")
        heard = Heard(method, target, tuple(lines), b"", number)
        answer = self.answers.get(target) or self.answers.get(target.partition("?")[0]) or self.default
        early = getattr(answer, "early", False)
        if not early:
            heard = Heard(method, target, tuple(lines), await _body(reader, heard.fields), number)
        self.heard.append(heard)
        self._at_work += 1
        self.at_once = max(self.at_once, self._at_work)
        try:
            return await self._say(answer(heard) if callable(answer) else answer, writer)
        finally:
            self._at_work -= 1

    async def _say(self, script: Script, writer: asyncio.StreamWriter) -> bool:
        for step in script:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            elif isinstance(step, float | int):
                await asyncio.sleep(step)
            elif step is Act.HANG:
                await asyncio.sleep(3600)
            else:
                if step is Act.RESET:
                    raw = writer.get_extra_info("socket")
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
        return True


async def _body(reader: asyncio.StreamReader, fields: Mapping[str, str]) -> bytes:
    if "transfer-encoding" not in fields:
        return await reader.readexactly(int(fields.get("content-length", "0")))
    pieces = []
    while size := int(await reader.readline(), 16):
        pieces.append((await reader.readexactly(size + 2))[:-2])
    await reader.readline()
    return b"".join(pieces)


@contextlib.asynccontextmanager
async def scripted(tls: ssl.SSLContext | None = None) -> AsyncIterator[Scripted]:
    """One in the test's own loop."""
    origin = Scripted()
    await origin.listen(tls)
    try:
        yield origin
    finally:
        await origin.refuse()


class Apart:
    """One in a thread of its own, for a test that waits for a gateway in another process."""

    def __init__(self) -> None:
        self.origin = Scripted()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def listen(self) -> None:
        asyncio.run_coroutine_threadsafe(self.origin.listen(), self._loop).result(10)

    def refuse(self) -> None:
        asyncio.run_coroutine_threadsafe(self.origin.refuse(), self._loop).result(10)

    def __enter__(self) -> Self:
        self._thread.start()
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@contextlib.contextmanager
def apart() -> Iterator[Apart]:
    """One in a thread of its own."""
    with Apart() as running:
        yield running
