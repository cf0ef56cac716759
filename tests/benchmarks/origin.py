"""In front of a CMS: what a miss costs beside a bare aiohttp proxy, what a hit costs, and what a stampede asks.

`python -m tests.benchmarks.origin`. The same client asks the CMS itself, the proxy and the gateway in turn, each page
once; what a server adds is its time over the CMS's own. Processor time is that of the server's processes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.benchmarks.origin_peers import PAGE
from tests.benchmarks.peers import Peer, pin
from tests.running import exchange, gateway
from tests.sites import policy, write_policies

READER = "102.88.20.34"
PROXY = "bare aiohttp proxy"
_NUMBERS = itertools.count()


@dataclass(frozen=True, slots=True)
class Round:
    """A server's turn: microseconds a request as the client waited, and of the server's processor time. `waited`: the
    median; `quiet`: the tenth percentile, which other work on the machine hardly touches.
    """

    waited: float
    quiet: float
    spent: float


def main() -> int:
    """Run, and print; 1 where an answer was wrong or the stampede reached the CMS more than once."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.origin", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=1500, help="of each server in each round")
    parser.add_argument("--stampede", type=int, default=1000, help="readers who ask for one page at once")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    os.sched_setaffinity(0, {1 % (os.cpu_count() or 1)})
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-bench-")))
        cms = stack.enter_context(_apart("cms", 1))
        bare = stack.enter_context(_apart("proxy", 0, str(cms.port)))
        ours = stack.enter_context(_gateway(directory, cms.port))
        turns: dict[str, tuple[Peer, str, bool]] = {
            "CMS": (cms, "/story", False),
            PROXY: (bare, "/story", False),
            "gateway, page that is new": (ours, "/story", False),
            "gateway, picture that is new": (ours, "/picture", False),
            "gateway, page that is kept": (ours, "/story", True),
        }
        rounds: dict[str, list[Round]] = {name: [] for name in turns}
        order = list(turns)
        for server, kind, again in turns.values():
            _turn(server, 200, kind, again=again)
        for number in range(given.rounds):
            sys.stderr.write(f"round {number + 1}\n")
            for name in order[number % len(order) :] + order[: number % len(order)]:
                server, kind, again = turns[name]
                rounds[name].append(_turn(server, given.requests, kind, again=again))
        exchange(cms.port, "/-count", {})
        seconds, wrong = asyncio.run(_stampede(ours.port, given.stampede))
        asked = int(exchange(cms.port, "/-count", {}).text)
    found = _found(rounds) | {
        "stampede": {"readers": given.stampede, "wrong": wrong, "asked of the CMS": asked, "seconds": round(seconds, 3)}
    }
    sys.stdout.write((json.dumps(found, indent=1) if given.json else _text(found)) + "\n")
    return int(bool(wrong) or asked != 1)


def _found(rounds: dict[str, list[Round]]) -> dict[str, object]:
    """Medians; `added`: over the CMS's own time, to what the proxy adds: the median of each round's own ratio, so that
    a noisy minute cancels out; `quiet added`: the same of the tenth percentiles.
    """

    def added(runs: list[Round], what: str) -> float:
        ratios = []
        for cms, proxy, run in zip(rounds["CMS"], rounds[PROXY], runs, strict=True):
            base = getattr(cms, what)
            ratios.append((getattr(run, what) - base) / max(1.0, getattr(proxy, what) - base))
        return round(median(ratios), 2)

    return {
        "servers": {
            name: {
                **{what: round(median(getattr(run, what) for run in runs)) for what in ("waited", "quiet", "spent")},
                "added": added(runs, "waited"),
                "quiet added": added(runs, "quiet"),
            }
            for name, runs in rounds.items()
        }
    }


def _text(found: dict[str, object]) -> str:
    servers = found["servers"]
    assert isinstance(servers, dict)
    columns = {
        "waited": "waited, µs", "quiet": "tenth percentile", "spent": "processor, µs", "added": "added, to the proxy's",
        "quiet added": "of tenth percentiles",
    }  # fmt: skip
    lines = [f"| server | {' | '.join(columns.values())} |", f"|---|{'--:|' * len(columns)}"]
    lines += [f"| {name} | {' | '.join(str(each[what]) for what in columns)} |" for name, each in servers.items()]
    return "\n".join([*lines, "", *(f"{name}: {value}" for name, value in found.items() if name != "servers")])


def _turn(server: Peer, requests: int, kind: str, *, again: bool) -> Round:
    """Ask for so many of a kind, one after the other, over one connection; `again`: for one page only."""
    waited = []
    page = f"{kind}-{next(_NUMBERS)}"
    with socket.create_connection(("127.0.0.1", server.port), 30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _ask(connection, page)
        before = server.spent_seconds()
        for _ in range(requests):
            target = page if again else f"{kind}-{next(_NUMBERS)}"
            began = time.perf_counter()
            _ask(connection, target)
            waited.append(time.perf_counter() - began)
        spent = server.spent_seconds() - before
    return Round(median(waited) * 1e6, sorted(waited)[requests // 10] * 1e6, spent / requests * 1e6)


def _ask(connection: socket.socket, target: str) -> None:
    connection.sendall(
        f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: text/html\r\n"
        f"X-Forwarded-For: {READER}\r\n\r\n".encode()
    )
    head = b""
    while b"\r\n\r\n" not in head:
        head += _received(connection)
    head, _, body = head.partition(b"\r\n\r\n")
    while len(body) < len(PAGE):
        body += _received(connection)
    if not head.startswith(b"HTTP/1.1 200 ") or body != PAGE:
        raise AssertionError(head)


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("closed")
    return data


async def _stampede(port: int, readers: int) -> tuple[float, int]:
    """Seconds until all of them had the page that nobody had asked for before, and how many did not get it."""
    target = f"/slow-{next(_NUMBERS)}"

    async def read() -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            return (await reader.read()).endswith(PAGE)
        finally:
            writer.close()

    began = time.perf_counter()
    got = await asyncio.gather(*(read() for _ in range(readers)), return_exceptions=True)
    return time.perf_counter() - began, sum(one is not True for one in got)


@contextlib.contextmanager
def _apart(kind: str, core: int, *arguments: str) -> Iterator[Peer]:
    command: Sequence[str] = [sys.executable, "-m", "tests.benchmarks.origin_peers", kind, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            pin(process.pid, core % (os.cpu_count() or 1))
            yield Peer(kind, port, (process.pid,), Path(os.devnull))
        finally:
            process.terminate()


@contextlib.contextmanager
def _gateway(directory: Path, cms: int) -> Iterator[Peer]:
    """The gateway, whose one policy is for another page: each of these is looked at and then passed on as it came."""
    one = policy("warn", "notice: {id: warned}", readers="{in: [RU]}", articles="{paths: [/elsewhere/*]}")
    policies = write_policies(directory / "policies", [one], notices=["warned"])
    with gateway(directory, content=f"http://127.0.0.1:{cms}", policies=policies) as running:
        pin(running.process.pid, 0)
        yield Peer("gateway", running.port, (running.process.pid,), running.log)


if __name__ == "__main__":
    sys.exit(main())
