"""The embedded Valkey: pages outlive a restart, the server outlives nobody, and damage costs pages only."""

# ruff: noqa: ASYNC220, ASYNC221, ASYNC240, ASYNC251
# Nothing else runs on these loops, and what is under test is a process.
from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from gateway.cache.valkey import EmbeddedValkey
from gateway.errors import GatewayError
from tests.cache.conftest import Open, Remembered, page


def gone(pid: int, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False


Make = Callable[..., EmbeddedValkey]


@pytest.fixture
def made(tmp_path: Path, events: Remembered) -> Iterator[Make]:
    started: list[EmbeddedValkey] = []

    def make(state: Path = tmp_path) -> EmbeddedValkey:
        valkey = EmbeddedValkey(state, events)
        started.append(valkey)
        valkey.start()
        return valkey

    yield make
    for valkey in started:
        valkey.stop()


async def test_after_a_restart_of_everything_the_first_answer_is_a_hit(made: Make, opened: Open) -> None:
    first = made()
    async with opened(first.url) as store:
        await store.put(page())
    first.stop()
    async with opened(made().url) as store:
        assert await store.get(page().key) == page()


async def test_it_listens_on_a_private_socket_and_nowhere_else(made: Make, tmp_path: Path) -> None:
    valkey = made()
    path = Path(unquote(valkey.url.removeprefix("unix://")))
    assert path.is_socket()
    assert path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "valkey").stat().st_mode & 0o077 == 0
    listening = subprocess.run(["ss", "-ltnp"], capture_output=True, text=True, check=False).stdout
    assert f"pid={valkey.pid}," not in listening


@pytest.mark.parametrize("waits", [True, False])
async def test_it_dies_with_a_gateway_that_is_killed_and_saves_its_dump(
    tmp_path: Path, made: Make, opened: Open, waits: bool
) -> None:
    program = (
        "import sys, time; from pathlib import Path; from gateway.cache.valkey import EmbeddedValkey\n"
        "from gateway.events import NoEvents\n"
        "valkey = EmbeddedValkey(Path(sys.argv[1]), NoEvents()); valkey.start()\n"
        "print(valkey.pid, valkey.url, flush=True); time.sleep(60)"
    )
    gateway = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert gateway.stdout is not None
    pid, url = gateway.stdout.readline().split()
    async with opened(url) as store:
        await store.put(page())
    gateway.kill()
    gateway.wait()
    gateway.stdout.close()
    if waits:
        assert gone(int(pid))
        assert (tmp_path / "valkey" / "dump.rdb").exists()
    async with opened(made().url) as store:  # at once: the old server may be saving still
        assert await store.get(page().key) == page()
    assert gone(int(pid))


async def test_a_second_gateway_on_the_same_state_shares_it(made: Make, opened: Open, events: Remembered) -> None:
    first, second = made(), made()
    assert second.url == first.url
    assert second.pid is None
    async with opened(second.url) as store:
        await store.put(page())
    second.stop()
    async with opened(first.url) as store:
        assert await store.get(page().key) == page()
    assert events.names() == ["cache_shared"]


def test_a_state_directory_that_is_held_while_its_server_is_silent_is_told_clearly(made: Make) -> None:
    first = made()
    assert first.pid is not None
    os.kill(first.pid, signal.SIGSTOP)
    try:
        with pytest.raises(GatewayError, match="another gateway holds this state directory"):
            made()
    finally:
        os.kill(first.pid, signal.SIGCONT)


async def test_killed_it_is_started_again_and_both_are_told(made: Make, opened: Open, events: Remembered) -> None:
    valkey = made()
    old = valkey.pid
    assert old is not None
    os.kill(old, signal.SIGKILL)
    assert gone(old)
    deadline = time.monotonic() + 5
    while valkey.pid in (None, old) or not _answers(valkey):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    async with opened(valkey.url) as store:
        await store.put(page())
        assert await store.get(page().key) == page()
    while "embedded_cache_restored" not in events.names():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert events.names() == ["embedded_cache_died", "embedded_cache_restored"], (
        "nothing of the kind at the first start"
    )


async def test_a_damaged_dump_is_put_aside_and_the_gateway_starts(
    made: Make, tmp_path: Path, opened: Open, events: Remembered
) -> None:
    (tmp_path / "valkey").mkdir()
    (tmp_path / "valkey" / "dump.rdb").write_bytes(b"this is no dump")
    async with opened(made().url) as store:
        await store.put(page())
        assert await store.get(page().key) == page()
    assert (tmp_path / "valkey" / "dump.unreadable").read_bytes() == b"this is no dump"
    assert "cache_dump_rejected" in events.names()


def test_a_stale_socket_is_no_obstacle(made: Make, tmp_path: Path) -> None:
    (tmp_path / "valkey").mkdir()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(tmp_path / "valkey" / "socket"))
    assert made().pid is not None


@pytest.mark.parametrize("name", ["d" * 150, 'it\'s a "press" кириллица'])
def test_any_directory_will_do(made: Make, tmp_path: Path, name: str) -> None:
    valkey = made(tmp_path / name)
    assert valkey.pid is not None
    valkey.stop()
    assert (tmp_path / name / "valkey" / "dump.rdb").exists()


def test_it_keeps_within_its_memory(made: Make) -> None:
    valkey = made()
    assert _says(valkey, b"CONFIG GET maxmemory-policy\r\n").endswith(b"allkeys-lru\r\n")
    assert b"268435456" in _says(valkey, b"CONFIG GET maxmemory\r\n")


def test_stopping_twice_or_never_started_is_nothing(tmp_path: Path, events: Remembered, made: Make) -> None:
    EmbeddedValkey(tmp_path / "never", events).stop()
    valkey = made()
    pid = valkey.pid
    valkey.stop()
    valkey.stop()
    assert pid is not None
    assert gone(pid)
    assert events.seen == []


def _says(valkey: EmbeddedValkey, command: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(2)
        asking.connect(unquote(valkey.url.removeprefix("unix://")))
        asking.sendall(command)
        return asking.recv(4096)


def _answers(valkey: EmbeddedValkey) -> bool:
    try:
        return _says(valkey, b"PING\r\n").startswith(b"+PONG")
    except OSError:
        return False
