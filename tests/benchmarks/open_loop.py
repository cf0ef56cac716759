"""Ask at a rate that waits for nobody, and time each answer from the moment at which its request was due.

`python -m tests.benchmarks.open_loop PORT REQUESTS RATE SECONDS CONNECTIONS`

Requests are due at random (a Poisson process, the same one each time). One that finds no free connection waits for
one, and its waiting counts: a server that stalls is not asked more kindly for it. The loop spins, so that no timer's
grain is in the figures; the client's own microseconds are, for every server alike.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import time
from collections import deque
from pathlib import Path
from typing import cast

import uvloop

LONGEST_WAIT_SECONDS = 10.0


class Client(asyncio.Protocol):
    """One connection: free, or waiting for the answer to the request that was due at `due`."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.due = 0.0
        self.left = 0
        self.chunked = False
        self.head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.write = cast("asyncio.Transport", transport).write

    def data_received(self, data: bytes) -> None:
        if self.left:
            self.left -= len(data)
        elif not self.chunked:
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return
            head, got = self.head[:end].lower(), len(self.head) - end - 4
            self.head, status, length = b"", head[9:12], head.find(b"content-length:")
            self.run.wrong += status not in (b"200", b"304")
            if status == b"200" and length >= 0:
                self.left = int(head[length + 15 :].partition(b"\r")[0]) - got
            self.chunked = status == b"200" and length < 0
        if self.chunked:
            self.chunked = not data.endswith(b"0\r\n\r\n")
        if self.left <= 0 and not self.chunked:
            self.left = 0
            self.run.answered(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        self.run.wrong += not self.run.over


class Run:
    """All connections, and what is due."""

    def __init__(self, requests: list[bytes], rate: float, seconds: float) -> None:
        self.requests = requests
        chance, due = random.Random(1), 0.0
        self.due: deque[float] = deque()
        while (due := due + chance.expovariate(rate)) < seconds:
            self.due.append(due)
        self.asked = 0
        self.free: list[Client] = []
        self.took: list[float] = []
        self.wrong = 0
        self.over = False

    def answered(self, client: Client) -> None:
        """An answer is whole."""
        self.took.append(time.perf_counter() - self.began - client.due)
        self.free.append(client)

    async def go(self, port: int, connections: int) -> float:
        """Ask all that is due; how long it took until the last answer, in seconds."""
        loop, count = asyncio.get_running_loop(), len(self.due)
        for _ in range(connections):
            _, client = await loop.create_connection(lambda: Client(self), "127.0.0.1", port)
            self.free.append(client)
        gc.disable()
        self.began = time.perf_counter()
        ends = self.began + self.due[-1] + LONGEST_WAIT_SECONDS
        due, free, requests = self.due, self.free, self.requests
        while len(self.took) < count and time.perf_counter() < ends:
            now = time.perf_counter() - self.began
            while due and free and due[0] <= now:
                client = free.pop()
                client.due = due.popleft()
                client.write(requests[self.asked % len(requests)])
                self.asked += 1
            await asyncio.sleep(0)
        self.over = True
        self.wrong += count - len(self.took)
        return time.perf_counter() - self.began


def main() -> None:
    """Run, and say what was found as `load` reads it."""
    port, requests, rate, seconds, connections = sys.argv[1:]
    said = [whole + b"\r\n\r\n" for whole in Path(requests).read_bytes().split(b"\r\n\r\n")[:-1]]
    run = Run(said, float(rate), float(seconds))
    lasted = uvloop.run(run.go(int(port), int(connections)))
    took = sorted(run.took) or [0.0]
    p50, p99 = (took[int(len(took) * share)] * 1e6 for share in (0.5, 0.99))
    sys.stdout.write(
        f'RESULT {{"requests": {len(run.took)}, "microseconds": {lasted * 1e6:.0f}, '
        f'"p50": {p50:.0f}, "p99": {p99:.0f}, "wrong": {run.wrong}}}\n'
    )


if __name__ == "__main__":
    main()
