"""Whatever happens to Redis under load: every answer is right, none waits for it, and it is asked again soon after.

Each fault is broken and mended while readers come at 500 a second; a proxy for the cuts, the real server for the rest.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import NamedTuple

import pytest
import redis

from gateway.cache.redis import RedisPages
from tests.acceptance.recorder import Recording
from tests.acceptance.steady import everybody, said, told, write_site
from tests.cache.conftest import KEY, Remembered, page
from tests.load import readers, undisturbed
from tests.running import Running, gateway
from tests.servers import Proxy, Server, debian_redis, proxy_before, valkey

RATE, WORKERS = 500, 2
BROKEN_SECONDS = 6.0

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

Change = Callable[[Server, redis.Redis], object]


class Fault(NamedTuple):
    """How to break it and to mend it, by commands on a connection that stands; `opens`: nothing can be asked of it
    meanwhile; `back`: after so many seconds it is asked again.
    """

    broken: Change
    mended: Change
    opens: bool = True
    back: float = 2.0


def slowly_loaded(server: Server, _: redis.Redis) -> None:
    """Killed and started again on a dump that takes it seconds to read."""
    server.command("SAVE")
    server.kill()
    server.options = ("--key-load-delay", "30000", "--loading-process-events-interval-bytes", "1024")
    server.start(wait=False)


def replica(server: Server, control: redis.Redis) -> None:
    """Of itself-to-be: a master that it has, so that it refuses writes and answers reads."""
    control.execute_command("CONFIG", "SET", "replica-serve-stale-data", "yes")
    control.execute_command("REPLICAOF", "127.0.0.1", server.port + 1 if server.port < 65535 else 1)


def locked(_: Server, control: redis.Redis) -> None:
    control.execute_command("CONFIG", "SET", "requirepass", "changed")
    control.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    control.execute_command("CLIENT", "KILL", "TYPE", "pubsub")


def full_house(_: Server, control: redis.Redis) -> None:
    control.execute_command("CONFIG", "SET", "maxclients", "1")
    control.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    control.execute_command("CLIENT", "KILL", "TYPE", "pubsub")


def set_to(name: str, value: str) -> Change:
    return lambda _, control: control.execute_command("CONFIG", "SET", name, value)


def nothing(_: Server, __: redis.Redis) -> None:
    """It mends itself, or has."""


FAULTS: dict[str, Fault] = {
    "SIGKILL": Fault(lambda server, _: server.kill(), lambda server, _: server.start()),
    "FLUSHALL": Fault(lambda _, control: control.flushall(), nothing, opens=False),
    "LOADING": Fault(slowly_loaded, lambda server, _: server.wait_until_it_answers(60), back=2.0),
    "READONLY": Fault(replica, lambda _, control: control.execute_command("REPLICAOF", "NO", "ONE"), opens=False),
    "OOM": Fault(set_to("maxmemory", "1"), set_to("maxmemory", "0"), opens=False),
    "NOAUTH": Fault(locked, set_to("requirepass", ""), back=37.0),
    "maxclients": Fault(full_house, set_to("maxclients", "1000")),
}


def most_in_a_second(running: Running) -> int:
    """Of lines of one cause."""
    seen: Counter[tuple[object, ...]] = Counter()
    for line in running.log.read_bytes().splitlines():
        if b'"event.action":"request"' not in line:
            action, second = re.findall(rb'"event.action":"([^"]*)"|"@timestamp":"([^".]*)', line)[:2]
            reason = re.findall(rb'"event.reason":"([^"]*)"', line)
            seen[b"".join(action), b"".join(second), *reason] += 1
    return max(seen.values())


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_under_load(name: str, tmp_path: Path, check: Recording) -> None:
    fault, row = FAULTS[name], check(6, name)
    content, policies = write_site(tmp_path)
    asks = everybody()
    with (
        debian_redis(tmp_path / "redis", "--maxmemory-policy", "noeviction") as server,
        gateway(tmp_path, content=content, policies=policies, redis_url=server.url, arguments=["--workers", f"{WORKERS}"]) as running,
        redis.Redis(port=server.port, socket_timeout=5) as control,
    ):  # fmt: skip
        control.ping()
        before = await undisturbed(running.port, asks, RATE, 6)
        async with readers(running.port, asks, RATE) as seen:
            await asyncio.to_thread(fault.broken, server, control)
            await asyncio.sleep(BROKEN_SECONDS)
            lost = said(running, "redis_lost")
            await asyncio.to_thread(fault.mended, server, control)
            if lost:
                back = await told(running, "redis_restored", lost, seconds=fault.back + 15)
                row.time("asked again", back, limit=fault.back)
            await asyncio.sleep(3)
        lines = most_in_a_second(running)
    row.seen(seen, before, p99=0.05)
    row.figure(f"≤ {lines / WORKERS:g} lines/s of one cause and worker")
    assert not seen.faults
    assert not before.faults
    assert bool(lost) == fault.opens  # a worker to whom few connections fell has not asked often enough to know
    assert lines <= WORKERS


async def test_a_reset_at_every_byte_of_an_answer_gives_the_page(tmp_path: Path, check: Recording) -> None:
    """Once each, so that the one retry must bring the page."""
    row = check(6, "reset at every byte")
    with valkey(tmp_path / "valkey") as server:
        async with (
            proxy_before(server.port) as proxy,
            aclosing(RedisPages(proxy.url, KEY, Remembered(), deadline_seconds=2.0)) as store,
        ):
            await store.put(page())
            length = int(server.command("STRLEN", page().key)) + 16  # type: ignore[call-overload]
            served = 0
            for offset in range(length):
                proxy.cut_once = offset
                served += await store.get(page().key) == page()
                assert proxy.cut_once is None
            assert store.up
    row.figure(f"{served:,} of {length:,} offsets gave the page by the one retry, 0 anything else")
    assert served == length


async def test_resets_everywhere_under_load(tmp_path: Path, check: Recording) -> None:
    """With nothing kept in memory, so that every page comes through the connections that break."""
    row = check(6, "resets under load")
    content, policies = write_site(tmp_path, cold=1)
    asks = everybody(cold_every=0)
    with valkey(tmp_path / "valkey") as server:
        async with proxy_before(server.port) as proxy:
            settings = {"redis_url": proxy.url, "memory_cache_bytes": "0"}
            with gateway(tmp_path, content=content, policies=policies, **settings) as running:
                before = await undisturbed(running.port, asks, 100, 6)
                async with readers(running.port, asks, 100) as seen:
                    cuts = await _cut(proxy, 20.0)
    row.seen(seen, before, p99=0.05)
    row.figure(f"{cuts:,} resets")
    assert not seen.faults
    assert cuts > 100


async def _cut(proxy: Proxy, seconds: float) -> int:
    cuts, deadline = 0, asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline:
        if proxy.cut_once is None:
            proxy.cut_once = cuts * 7 % 8000
            cuts += 1
        await asyncio.sleep(0.02)
    proxy.cut_once = None
    return cuts
