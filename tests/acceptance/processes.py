"""What the processes of a gateway take: memory, descriptors; and which they are."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from tests.running import Running


def workers(running: Running) -> list[int]:
    """The workers' process ids; the gateway's own where it has none."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == running.process.pid and b"spawn_main" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return sorted(found) or [running.process.pid]


def resident_bytes(running: Running) -> int:
    """Of all workers together."""
    kilobytes = (re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()) for pid in workers(running))
    return sum(int(found[1]) << 10 for found in kilobytes if found)


def descriptors(running: Running) -> int:
    """Open in all workers together."""
    return sum(map(descriptors_of, workers(running)))


def descriptors_of(process: int | str) -> int:
    """Open in one process ("self": this one)."""
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


def connections_to(port: int) -> int:
    """Established connections of this machine's clients to a loopback port."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return sum(row[2].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


def held_open(port: int, ends: str) -> int:
    """How many connections a server at a loopback port has open with addresses such as 127.8.0.9 (`ends`: "087F", as the
    kernel writes their first half). One that it has closed counts no more, whether its client knows that or not.
    """
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return sum(
        row[1].endswith(f":{port:04X}") and row[2].split(":")[0].endswith(ends) and row[3] == "01" for row in rows
    )
