"""A thousand who dribble their requests and two hundred who read nothing of a large answer cost readers nothing."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
import time
from itertools import count
from pathlib import Path

import pytest

from tests.acceptance.processes import held_open, resident_bytes
from tests.acceptance.recorder import Recording
from tests.acceptance.steady import everybody, write_site
from tests.load import readers, undisturbed
from tests.running import gateway

RATE, SECONDS = 300, 70.0
DRIBBLERS, STALLED = 1000, 200
MEDIUM_BYTES = 16 << 20

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]


async def connected(port: int, source: str, *, buffer: int = 0) -> socket.socket:
    made = socket.socket()
    made.setblocking(False)
    if buffer:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    made.bind((source, 0))
    await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", port))
    return made


async def dribble(port: int, source: str, lasted: list[float]) -> None:
    """A byte every second or so; how long that was let go on."""
    loop, began = asyncio.get_running_loop(), time.monotonic()
    with await connected(port, source) as one, contextlib.suppress(ConnectionError):
        for byte in b"GET /articles/warm-0 HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"y" * 200:
            await loop.sock_sendall(one, bytes([byte]))
            try:
                async with asyncio.timeout(1.0):
                    if not await loop.sock_recv(one, 4096):
                        break
            except TimeoutError:
                continue
    lasted.append(time.monotonic() - began)


async def stall(port: int, source: str) -> socket.socket:
    """Asks for a large file and takes nothing of it."""
    one = await connected(port, source, buffer=4096)
    await asyncio.get_running_loop().sock_sendall(one, b"GET /media/large.pdf HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    return one


async def test_slow_clients_beside_readers(tmp_path: Path, check: Recording) -> None:
    row = check(18)
    content, policies = write_site(tmp_path)
    (content / "media").mkdir()
    (content / "media" / "large.pdf").write_bytes(b"%PDF-1.4\n" + bytes(MEDIUM_BYTES))
    asks = everybody()
    dribbled: list[float] = []
    let_go = math.inf
    with gateway(
        tmp_path, content=content, policies=policies, trusted_proxies="127.0.0.1/32", arguments=["--workers", "2"]
    ) as running:
        port, number = running.port, count()
        control = await undisturbed(port, asks, RATE, 20)
        held = resident_bytes(running)
        most = held

        async def come(stop: asyncio.Event) -> None:
            """Whoever is closed comes again."""
            while not stop.is_set():
                mine = next(number)
                with contextlib.suppress(OSError):
                    await dribble(port, f"127.9.{mine // 250 % 250}.{1 + mine % 250}", dribbled)

        stop = asyncio.Event()
        async with readers(port, asks, RATE) as seen:
            attack = [asyncio.create_task(come(stop)) for _ in range(DRIBBLERS)]
            stalled = [await stall(port, f"127.8.0.{1 + n}") for n in range(STALLED)]
            began, held_at_first = time.monotonic(), held_open(port, "087F")
            while time.monotonic() < began + SECONDS:
                await asyncio.sleep(1)
                most = max(most, await asyncio.to_thread(resident_bytes, running))
                if math.isinf(let_go) and not held_open(port, "087F"):
                    let_go = time.monotonic() - began
            stop.set()
            await asyncio.gather(*attack, return_exceptions=True)
        for one in stalled:
            one.close()
    row.seen(seen, control, p99=0.1)
    row.figure(
        f"{len(dribbled):,} dribblers and all {held_at_first} who read nothing closed, RSS +{(most - held) >> 20} MB"
    )
    row.time("longest dribble", max(dribbled), limit=15.0)
    row.time("none of those who read nothing left", let_go, limit=60.0)
    assert not seen.faults
    assert not control.faults
    assert len(dribbled) >= DRIBBLERS
    assert held_at_first == STALLED
    assert let_go < SECONDS
    assert most - held < 200 << 20
