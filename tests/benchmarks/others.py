"""The servers beside which the gateway is measured: how each is started, on the measured core alone."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import redis

from tests.benchmarks import nginx_best, varnish
from tests.benchmarks.material import Material
from tests.benchmarks.peers import Peer, end, pin, wait
from tests.servers import Server, free_port, valkey

Write = Callable[[Material, nginx_best.Pages, Path, int], Path]


@contextlib.contextmanager
def nginx(
    name: str, write: Write, material: Material, pages: nginx_best.Pages, home: Path, core: int
) -> Iterator[Peer]:
    """One worker, with the configuration that `write` writes."""
    port = free_port()
    config = write(material, pages, home, port)
    with _started(
        ["nginx", "-e", "stderr", "-p", str(home), "-c", str(config)], home, port, core, signal.SIGQUIT
    ) as pid:
        yield Peer(name, port, (pid,), home / "access.log")


@contextlib.contextmanager
def pages_in_redis(pages: nginx_best.Pages, home: Path) -> Iterator[Server]:
    """A Valkey that has every page. It runs on whichever core is free, which does those who ask it a favour."""
    with valkey(home) as store, redis.Redis(port=store.port) as client:
        for (variant, slug, coding), page in pages.items():
            client.set(f"{variant}:{slug}:{coding}", json.dumps(dict(page.headers)).encode() + b"\n" + page.body)
        yield store


@contextlib.contextmanager
def python_service(name: str, module: str, store: Server, material: Material, home: Path, core: int) -> Iterator[Peer]:
    """A service of this package that asks Redis once a request."""
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", str(port), str(store.port), str(material.geoip)]
    with _started([*command, str(home / "access.log")], home, port, core) as pid:
        yield Peer(name, port, (pid,), home / "access.log")


@contextlib.contextmanager
def bare(pages: nginx_best.Pages, material: Material, home: Path, core: int) -> Iterator[Peer]:
    """uvloop alone, with the first page's bytes for everybody."""
    home.mkdir(parents=True, exist_ok=True)
    page = pages["plain", material.warm[0], "gzip"]
    fields = "".join(f"{name}: {value}\r\n" for name, value in page.headers.items())
    head = f"HTTP/1.1 200 OK\r\n{fields}Content-Length: {len(page.body)}\r\n\r\n"
    (home / "answer").write_bytes(head.encode() + page.body)
    port = free_port()
    with _started(
        [sys.executable, "-m", "tests.benchmarks.bare", str(port), str(home / "answer")], home, port, core
    ) as pid:
        yield Peer("uvloop alone, constant bytes", port, (pid,), None)


@contextlib.contextmanager
def varnish_before(upstream: Peer, material: Material, home: Path, core: int) -> Iterator[Peer]:
    """Varnish, filled from another of these."""
    with varnish.running(material, upstream.port, home) as (port, processes):
        wait(port, processes[0])
        for process in processes:
            pin(process.pid, core)
        pids = tuple(process.pid for process in processes)
        yield Peer("Varnish, in memory", port, pids, home / "access.log", lambda: varnish.purge(home))


@contextlib.contextmanager
def _started(
    command: list[str], home: Path, port: int, core: int, how: signal.Signals = signal.SIGTERM
) -> Iterator[int]:
    with (home / "stderr").open("wb") as stderr:
        process = subprocess.Popen(command, stderr=stderr)
    try:
        wait(port, process)
        pin(process.pid, core)
        yield process.pid
    finally:
        end(process, how)
