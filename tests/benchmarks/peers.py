"""The servers that are compared: how each is started, and that each runs on the measured core alone."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.benchmarks import nginx_best
from tests.benchmarks.material import BROWSER, HOST, Material, Reader
from tests.running import exchange, gateway
from tests.servers import free_port, valkey

HOPS = {"connection", "date", "content-length", "transfer-encoding", "server", "keep-alive"}


@dataclass(frozen=True, slots=True)
class Peer:
    """A running server: its port, its processes, and the file into which it writes a line for each request."""

    name: str
    port: int
    pids: tuple[int, ...]
    log: Path

    def spent_seconds(self) -> float:
        """Processor time of its processes so far."""
        return sum(_spent_seconds(pid) for pid in self.pids)

    def lines(self) -> int:
        """Requests logged so far."""
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
        yield Peer(name, running.port, (running.process.pid,), running.log)


@contextlib.contextmanager
def nginx(material: Material, pages: nginx_best.Pages, directory: Path, core: int) -> Iterator[Peer]:
    """nginx at its best: one worker, pages rendered beforehand, picked by geoip2, compressed beforehand."""
    port = free_port()
    config = nginx_best.write(material, pages, directory, port)
    with (directory / "stderr").open("wb") as stderr:
        process = subprocess.Popen(["nginx", "-e", "stderr", "-p", str(directory), "-c", str(config)], stderr=stderr)
    try:
        _wait(port, process)
        pin(process.pid, core)
        yield Peer("nginx, pre-rendered", port, (process.pid,), directory / "access.log")
    finally:
        _end(process, signal.SIGQUIT)


@contextlib.contextmanager
def aiohttp_and_redis(material: Material, pages: nginx_best.Pages, directory: Path, core: int) -> Iterator[Peer]:
    """Plain aiohttp that asks Redis once a request. Redis runs on the other core, which does it a favour."""
    directory.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with valkey(directory / "valkey") as store:
        with redis.Redis(port=store.port) as client:
            for (variant, slug, coding), page in pages.items():
                client.set(f"{variant}:{slug}:{coding}", json.dumps(dict(page.headers)).encode() + b"\n" + page.body)
        command = [sys.executable, "-m", "tests.benchmarks.plain", str(port), str(store.port), str(material.geoip)]
        with (directory / "stderr").open("wb") as stderr:
            process = subprocess.Popen([*command, str(directory / "access.log")], stderr=stderr)
        try:
            _wait(port, process)
            pin(process.pid, core)
            yield Peer("aiohttp, one Redis GET a request", port, (process.pid,), directory / "access.log")
        finally:
            _end(process, signal.SIGTERM)


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


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            exchange(port, "/", {"Host": HOST})
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not start")


def _end(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    process.send_signal(how)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
