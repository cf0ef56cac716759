"""The servers that are compared: how each is started, and that each runs on the measured core alone."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.material import BROWSER, HOST, Material, Reader
from tests.running import exchange, gateway

REST_SECONDS, REST_SHARE = 2.0, 0.03
HOPS = {"connection", "date", "content-length", "transfer-encoding", "server", "keep-alive"}


@dataclass(frozen=True, slots=True)
class Peer:
    """A running server: its port, its processes, the file into which it writes a line for each request, and what makes
    it forget all pages, where it keeps any.
    """

    name: str
    port: int
    pids: tuple[int, ...]
    log: Path | None
    purge: Callable[[], object] | None = None

    def spent_seconds(self) -> float:
        """Processor time of its processes so far."""
        return sum(_spent_seconds(pid) for pid in self.pids)

    def megabytes(self) -> float:
        """Memory of its own that its processes hold (proc(5): RssAnon), shared files aside."""
        return sum(map(_megabytes, self.pids))

    def lines(self) -> int:
        """Requests logged so far."""
        if self.log is None:
            return 0
        with self.log.open("rb") as file:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


@dataclass(frozen=True, slots=True)
class Page:
    """What a reader gets: header fields in order (names in lower case, hop-by-hop and Date aside), and the bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def fetch(port: int, path: str, reader: Reader, coding: str | None = None) -> Page:
    """Ask as the load does; `coding` in place of the browser's codings."""
    headers = {name: value for name, value in BROWSER if name != "Connection"}
    headers |= {"X-Forwarded-For": reader.address} | ({"Accept-Encoding": coding} if coding else {})
    answer = exchange(port, path, headers)
    return Page(answer.status, {name: value for name, value in answer.headers.items() if name not in HOPS}, answer.body)


@contextlib.contextmanager
def the_gateway(
    material: Material, directory: Path, core: int, *, name: str = "gateway", express: str = "on"
) -> Iterator[Peer]:
    """The gateway, one process, with the sample policies and an embedded Valkey that it need not ask once warm."""
    directory.mkdir(parents=True, exist_ok=True)
    with gateway(
        directory, content=material.content, geoip=str(material.geoip), base_url=f"https://{HOST}", express=express
    ) as running:
        pin(running.process.pid, core)
        yield Peer(
            name, running.port, (running.process.pid,), running.log, lambda: running.admin("/purge", {"all": True})
        )


def let_rest(servers: Sequence[Peer], seconds: float = 180.0) -> list[Peer]:
    """Wait, so long at most, until none has work of its own left: the gateway codes what is asked for often once more,
    better, and is slower meanwhile. Returns those who had.
    """
    working: set[str] = set()
    deadline = time.monotonic() + seconds
    while servers and time.monotonic() < deadline:
        before = {server.name: server.spent_seconds() for server in servers}
        time.sleep(REST_SECONDS)
        now = {
            server.name
            for server in servers
            if server.spent_seconds() - before[server.name] > REST_SHARE * REST_SECONDS
        }
        working |= now
        if not now:
            break
    return [server for server in servers if server.name in working]


def pin(pid: int, core: int) -> None:
    """Keep a process, its threads and its children on one core; what they start later inherits it."""
    for thread in _threads(pid):
        with contextlib.suppress(ProcessLookupError):  # gone meanwhile
            os.sched_setaffinity(thread, {core})
    for child in _children(pid):
        pin(child, core)


def _threads(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()]
    return []


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for thread in _threads(pid):
        with contextlib.suppress(OSError):
            found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
    return found


def _spent_seconds(pid: int) -> float:
    """User and system time of a process and of its children, ended or not (proc(5): fields 14 to 17, in ticks)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    own = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return own + sum(map(_spent_seconds, _children(pid)))


def _megabytes(pid: int) -> float:
    try:
        fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    except OSError:
        return 0.0
    return int(fields["RssAnon"].split()[0]) / 1024 + sum(map(_megabytes, _children(pid)))


def wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            exchange(port, "/", {"Host": HOST})
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not start")


def end(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    process.send_signal(how)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
