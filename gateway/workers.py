"""The parent of several workers: it listens, starts them, starts anew those that die, and speaks for all of them.

Each worker is a whole gateway in a process of its own. They accept from the one socket that the parent holds, so a
worker that goes takes no waiting connection with it; and each has an admin port on a unix socket, by which the parent
asks them all.
"""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import signal
import time
from collections import deque
from contextlib import AsyncExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

import uvloop
from aiohttp import web
from pydantic import SecretStr

from gateway.app import Gateway, Ports, embedded_valkey, listen, name_of, started
from gateway.errors import GatewayError
from gateway.fleet import Fleet
from gateway.settings import Settings
from gateway.state import StateDirectory
from gateway.telemetry.logs import start_logging
from gateway.web.admin import admin_application
from gateway.web.admin_server import AdminRunner

READY_SECONDS = 600.0
"""A worker that starts without a kept index may have a hundred thousand articles to read on a busy machine."""
STOP_SECONDS = 40.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
DEATHS_ALLOWED = 10
DEATHS_WITHIN_SECONDS = 30.0
_PR_SET_PDEATHSIG = 1
_spawn = multiprocessing.get_context("spawn")


@dataclass(slots=True)
class Worker:
    """A worker's process and the socket of its admin port. `retired`: it is meant to end."""

    number: int
    process: SpawnProcess
    admin: Path
    retired: bool = False


class Workers:
    """`start`, then `stop`; `roll` replaces every worker, one after the other, without a failed request."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.state = StateDirectory(settings.state)
        self.state.prepare()
        self.signing_key = self.state.signing_key(settings.signing_key.get_secret_value())
        self.admin_token = self.state.admin_token(settings.admin_token.get_secret_value())
        self.events = start_logging(settings.log_format, settings.log_file)
        self.public_url = settings.site_url
        self.admin_url = ""
        self.article: str | None = None
        self.gave_up = asyncio.Event()
        self._running = AsyncExitStack()
        self._workers: dict[int, Worker] = {}
        self._started = 0
        self._deaths: deque[float] = deque(maxlen=DEATHS_ALLOWED)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def start(self) -> None:
        """Listen, start every worker, wait until each is ready. Raises GatewayError if one cannot start."""
        settings, running = self.settings, self._running
        running.callback(self.events.close)
        try:
            self._socket = listen(settings.host, settings.port)
            running.callback(self._socket.close)
            redis_url = settings.redis_url.get_secret_value() or embedded_valkey(settings, self.events, running)
            self._told = settings.model_copy(update={"redis_url": SecretStr(redis_url)})
            running.push_async_callback(self._end_all)
            # One after the other: the first alone may find that nothing can be served, and say so once.
            for number in range(settings.workers):
                await self._begin(number)
            await self._administer()
        except BaseException:
            self._stopping = True
            await running.aclose()
            raise

    async def stop(self) -> None:
        """End every worker after what it has in flight, then everything else."""
        self._stopping = True
        self.events.emit("gateway_stopped", workers=len(self._workers))
        await self._running.aclose()

    def roll_soon(self) -> None:
        """Begin a rolling restart (SIGUSR2)."""
        task = asyncio.create_task(self.roll())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def roll(self) -> None:
        """A rolling restart: each new worker is ready before its predecessor stops."""
        for number, old in sorted(self._workers.items()):
            old.retired = True
            await self._begin(number)
            await self._end(old)

    def reopen_logs(self) -> None:
        """Open the log file anew, here and in every worker."""
        self.events.reopen()
        for worker in self._workers.values():
            _signal(worker, signal.SIGHUP)

    def showcase(self) -> str | None:
        """The article whose preview links greet whoever starts a gateway."""
        return self.article

    async def _administer(self) -> None:
        fleet = Fleet(lambda: [worker.admin for worker in self._workers.values()], self.admin_token)
        runner = AdminRunner(admin_application(fleet, self.admin_token), self.events)
        await runner.setup()
        self._running.push_async_callback(runner.cleanup)
        admin = listen(self.settings.admin_host, self.settings.admin_port)
        await web.SockSite(runner, admin).start()
        self.state.publish(name_of(self._socket), name_of(admin))
        self._running.callback(self.state.withdraw, name_of(self._socket), name_of(admin))
        self.admin_url = f"http://{name_of(admin)}"
        self.public_url = self.settings.base_url[0] if self.settings.base_url else f"http://{name_of(self._socket)}"

    async def _begin(self, number: int) -> None:
        """Start a worker; it takes its place once it is ready. Raises GatewayError if it never gets there."""
        self._started += 1
        admin = self.state.worker_socket(self._started)
        hear, tell = _spawn.Pipe(duplex=False)
        process = _spawn.Process(
            target=run_worker,
            args=(self._told, Ports(self._socket, admin, keeps_state=number == 0), tell),
            name=f"gateway worker {number}",
        )
        await asyncio.to_thread(process.start)
        tell.close()
        worker = Worker(number, process, admin)
        try:
            self.article = await asyncio.to_thread(_wait_until_ready, hear)
        except (EOFError, TimeoutError) as error:
            await self._end(worker)
            raise GatewayError(f"worker {number} did not start; what it found stands above") from error
        except asyncio.CancelledError:
            await self._end(worker)
            raise
        finally:
            hear.close()
        self._workers[number] = worker
        task = asyncio.create_task(self._watch(worker))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self, worker: Worker) -> None:
        """Wait for a worker's end; one that was not meant to end is replaced, ever later if it keeps dying."""
        await asyncio.to_thread(worker.process.join)
        if worker.retired or self._stopping:
            return
        self.events.emit("worker_died", level="error", worker=worker.number, code=worker.process.exitcode)
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping:
            self._deaths.append(time.monotonic())
            if len(self._deaths) == DEATHS_ALLOWED and self._deaths[-1] - self._deaths[0] < DEATHS_WITHIN_SECONDS:
                self.gave_up.set()  # a crash loop is somebody else's to mend: a supervisor above sees us go
                return
            try:
                await self._begin(worker.number)
            except GatewayError as error:
                self.events.emit("worker_died", level="error", worker=worker.number, error=error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            else:
                return

    async def _end(self, worker: Worker) -> None:
        worker.retired = True
        _signal(worker, signal.SIGTERM)
        await asyncio.to_thread(worker.process.join, STOP_SECONDS)
        if worker.process.is_alive():
            worker.process.kill()
            await asyncio.to_thread(worker.process.join)
        worker.admin.unlink(missing_ok=True)

    async def _end_all(self) -> None:
        await asyncio.gather(*(self._end(worker) for worker in self._workers.values()))
        await asyncio.gather(*self._tasks, return_exceptions=True)


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


def _wait_until_ready(hear: Connection) -> str | None:
    if not hear.poll(READY_SECONDS):
        raise TimeoutError
    article = hear.recv()
    return article if isinstance(article, str) else None


def _signal(worker: Worker, number: signal.Signals) -> None:
    if worker.process.pid is not None and worker.process.is_alive():
        os.kill(worker.process.pid, number)
