"""Load by wrk on a core of its own: every request another reader and another path, as a browser sends it."""

from __future__ import annotations

import json
import resource
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.material import BROWSER, Material

SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True, slots=True)
class Measured:
    """One run. Rates in requests a second, latencies in milliseconds; `wrong` counts errors and statuses above 399.

    `busy`: the share of its core that wrk used; near 1, it is wrk that was measured. `server_seconds`: processor time
    of the server's processes, which other work on the machine does not touch.
    """

    requests: int
    rate: float
    body_bytes: int
    p50: float
    p99: float
    wrong: int
    busy: float
    server_seconds: float = 0.0


def write_load(material: Material, directory: Path) -> list[str]:
    """Files that load.lua reads: addresses, paths, header lines."""
    files = {
        "addresses": [reader.address for reader in material.readers],
        "paths": material.paths,
        "headers": [f"{name}: {value}" for name, value in BROWSER],
    }
    for name, lines in files.items():
        (directory / name).write_text("\n".join(lines) + "\n")
    return [str(directory / name) for name in files]


def run(port: int, files: Sequence[str], *, seconds: float, connections: int, core: int) -> Measured:
    """Ask `port` for `seconds` over `connections` kept-alive connections; wrk runs on `core`."""
    before = _spent_seconds()
    done = subprocess.run(
        ["taskset", "--cpu-list", str(core), "wrk", "--threads", "1", "--connections", str(connections),
         "--duration", f"{seconds:g}s", "--timeout", "10s", "--script", str(SCRIPT), f"http://127.0.0.1:{port}/",
         "--", *files],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    said = json.loads(done.stdout.rpartition("RESULT ")[2])
    return Measured(
        requests=said["requests"],
        rate=said["requests"] / (said["microseconds"] / 1e6),
        body_bytes=said["bytes"],
        p50=said["p50"] / 1e3,
        p99=said["p99"] / 1e3,
        wrong=said["wrong"],
        busy=(_spent_seconds() - before) / (said["microseconds"] / 1e6),
    )


def _spent_seconds() -> float:
    """Processor time of all children that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
