"""One of several workers: its process, as its parent sees it, and its life, as it is lived there."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

import uvloop

from gateway.app import Gateway, Ports
from gateway.errors import GatewayError
from gateway.settings import Settings
from gateway.starting import started

READY_SECONDS = 600.0
"""A worker that starts without a kept index may have a hundred thousand articles to read on a busy machine."""
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Worker:
    """A worker's process and the socket of its admin port. `bytes`: what it held when it was ready. `retired`: it is
    meant to end.
    """

    number: int
    process: SpawnProcess
    admin: Path
    bytes: int = 0
    retired: bool = False

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it is still there to get one."""
        if self.process.pid is not None and self.process.is_alive():
            os.kill(self.process.pid, number)


def run_worker(settings: Settings, ports: Ports, ready: Connection) -> None:
    """A worker's whole life, in its own process."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)  # no worker outlives its parent
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(settings, ports, ready))


async def _work(settings: Settings, ports: Ports, ready: Connection) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    loop.add_signal_handler(signal.SIGINT, lambda: None)  # Ctrl-C reaches the whole group; the parent ends us
    gateway = Gateway(settings, ports)
    loop.add_signal_handler(signal.SIGHUP, gateway.reopen_logs)
    try:
        if not await started(gateway.start(), stopping):
            return
    except GatewayError as error:
        os.write(2, f"{error}\n".encode())
        raise SystemExit(1) from error
    ready.send(gateway.showcase())
    ready.close()
    await stopping.wait()
    await gateway.stop()


def wait_until_ready(hear: Connection) -> str | None:
    """The article with which a worker greets once it is ready. Raises TimeoutError, or EOFError where it has ended."""
    if not hear.poll(READY_SECONDS):
        raise TimeoutError
    article = hear.recv()
    return article if isinstance(article, str) else None
