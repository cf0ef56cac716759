"""Load on a core of its own: as fast as answers come, by wrk; or at a rate that waits for nobody, by `open_loop`."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True, slots=True)
class Measured:
    """One run. Rates in requests a second, latencies in milliseconds; `wrong` counts errors and statuses above 399.

    `busy`: the share of its core that the load used; near 1, it is the load that was measured. `server_seconds`:
    processor time of the server's processes, which other work on the machine does not touch.
    """

    requests: int
    rate: float
    p50: float
    p99: float
    wrong: int
    busy: float
    server_seconds: float = 0.0


def run(port: int, requests: Path, *, seconds: float, connections: int, core: int) -> Measured:
    """Ask `port` for `seconds` (whole ones) over `connections` kept-alive connections; wrk runs on `core`."""
    return _run(
        ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds:.0f}s",
         "--timeout", "10s", "--script", str(SCRIPT), f"http://127.0.0.1:{port}/", "--", str(requests)],
        core,
    )  # fmt: skip


def run_at(rate: float, port: int, requests: Path, *, seconds: float, connections: int, core: int) -> Measured:
    """The same at so many requests a second, whatever the server does; latencies are from when a request was due."""
    given = [str(port), str(requests), f"{rate:.0f}", f"{seconds:g}", str(connections)]
    return _run([sys.executable, "-m", "tests.benchmarks.open_loop", *given], core)


def _run(command: list[str], core: int) -> Measured:
    before = _spent_seconds()
    pinned = ["taskset", "--cpu-list", str(core), *command]
    done = subprocess.run(pinned, check=True, capture_output=True, text=True)
    said = json.loads(done.stdout.rpartition("RESULT ")[2])
    return Measured(
        requests=said["requests"],
        rate=said["requests"] / (said["microseconds"] / 1e6),
        p50=said["p50"] / 1e3,
        p99=said["p99"] / 1e3,
        wrong=said["wrong"],
        busy=(_spent_seconds() - before) / (said["microseconds"] / 1e6),
    )


def _spent_seconds() -> float:
    """Processor time of all children that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
