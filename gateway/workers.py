"""The parent of several workers: it listens, starts them, starts anew those that die, and speaks for all of them.

Each worker is a whole gateway in a process of its own. They accept from the one socket that the parent holds, so a
worker that goes takes no waiting connection with it; and each has an admin port on a unix socket, by which the parent
asks them all.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Coroutine
from contextlib import AsyncExitStack

from aiohttp import web
from pydantic import SecretStr

from gateway.app import Ports
from gateway.caches import embedded_valkey
from gateway.errors import GatewayError
from gateway.fleet import Fleet
from gateway.settings import Settings
from gateway.state import StateDirectory
from gateway.telemetry.logs import start_logging
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.resident import resident_bytes
from gateway.web.admin import admin_application
from gateway.web.admin_server import AdminRunner
from gateway.web.listening import listen, name_of
from gateway.worker import Worker, run_worker, wait_until_ready

STOP_SECONDS = 40.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
DEATHS_ALLOWED = 10
DEATHS_WITHIN_SECONDS = 30.0
LOOK_AT_MEMORY_EVERY_SECONDS = 2.0
GROWN = 1.2
"""A worker that takes more than it may is replaced if it has grown so much: else the next one would take as much."""
_spawn = multiprocessing.get_context("spawn")


class Workers:
    """`start`, then `stop`; `roll` replaces every worker, one after the other, without a failed request."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.state = StateDirectory(settings.state)
        self.state.prepare()
        self.signing_key = self.state.signing_key(settings.signing_key.get_secret_value())
        self.admin_token = self.state.admin_token(settings.admin_token.get_secret_value())
        self.events = start_logging(settings.log_format, settings.log_file)
        self.metrics = Metrics()
        self.public_url = settings.site_url
        self.admin_url = ""
        self.article: str | None = None
        self.gave_up = asyncio.Event()
        self._running = AsyncExitStack()
        self._workers: dict[int, Worker] = {}
        self._started = 0
        self._deaths: deque[float] = deque(maxlen=DEATHS_ALLOWED)
        self._tasks: set[asyncio.Task[None]] = set()
        self._replacing = asyncio.Lock()
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
            watching = asyncio.create_task(self._watch_memory())
            running.push_async_callback(asyncio.wait, [watching])
            running.callback(watching.cancel)
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
        self._keep(self.roll())

    async def roll(self) -> None:
        """A rolling restart: each new worker is ready before its predecessor stops."""
        for _, old in sorted(self._workers.items()):
            await self._replace(old)

    def reopen_logs(self) -> None:
        """Open the log file anew, here and in every worker."""
        self.events.reopen()
        for worker in self._workers.values():
            worker.send(signal.SIGHUP)

    def showcase(self) -> str | None:
        """The article whose preview links greet whoever starts a gateway."""
        return self.article

    async def _administer(self) -> None:
        fleet = Fleet(lambda: [worker.admin for worker in self._workers.values()], self.admin_token, self.metrics)
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
            self.article = await asyncio.to_thread(wait_until_ready, hear)
        except (EOFError, TimeoutError) as error:
            await self._end(worker)
            raise GatewayError(f"worker {number} did not start; what it found stands above") from error
        except asyncio.CancelledError:
            await self._end(worker)
            raise
        finally:
            hear.close()
        worker.bytes = resident_bytes(process.pid or 0)
        self._workers[number] = worker
        self._keep(self._watch(worker))

    async def _replace(self, old: Worker) -> bool:
        """Put a new worker in the place of this one, and end it once the new one is ready. Where that never gets ready,
        the old one stays. Whether it was replaced.
        """
        async with self._replacing:
            if self._stopping or self._workers.get(old.number) is not old or not old.process.is_alive():
                return False  # it has been, or `_watch` does it
            old.retired = True
            try:
                await self._begin(old.number)
            except GatewayError as error:
                self.events.emit("worker_died", level="error", worker=old.number, error=error)
                old.retired = False
                if not old.process.is_alive():
                    self._keep(self._watch(old))  # the one before saw it retired
                return False
            await self._end(old)
            return True

    async def _watch_memory(self) -> None:
        """A worker that takes more than it may is replaced, one after the other, without a failed request."""
        limit = self.settings.worker_memory_bytes
        while limit:
            await asyncio.sleep(LOOK_AT_MEMORY_EVERY_SECONDS)
            for worker in list(self._workers.values()):
                held = resident_bytes(worker.process.pid or 0)
                if held > max(limit, worker.bytes * GROWN):
                    self.events.emit("worker_recycled", level="warning", worker=worker.number, bytes=held)
                    if await self._replace(worker):
                        self.metrics.add("gateway_workers_replaced_total", ("memory",))

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
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
                self.metrics.add("gateway_workers_replaced_total", ("died",))
                return

    async def _end(self, worker: Worker) -> None:
        worker.retired = True
        worker.send(signal.SIGTERM)
        await asyncio.to_thread(worker.process.join, STOP_SECONDS)
        if worker.process.is_alive():
            worker.process.kill()
            await asyncio.to_thread(worker.process.join)
        worker.admin.unlink(missing_ok=True)

    async def _end_all(self) -> None:
        await asyncio.gather(*(self._end(worker) for worker in self._workers.values()))
        await asyncio.gather(*self._tasks, return_exceptions=True)
