"""Readers who leave at any moment never make another get the wrong page, and leave nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import struct
from contextlib import aclosing
from pathlib import Path

import pytest

from gateway.cache.redis import RedisPages
from tests.acceptance.processes import connections_to, descriptors, descriptors_of
from tests.acceptance.recorder import Recording
from tests.acceptance.steady import everybody, write_site
from tests.cache.conftest import KEY, Remembered, page
from tests.cache.test_redis_faults import half_of_whom_leave
from tests.load import Ask, undisturbed
from tests.running import gateway
from tests.servers import proxy_before, valkey

READINGS = 100_000
AT_ONCE = 200
POOL = 32

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("protocol", [2, 3])
async def test_readings_of_the_store_that_are_cancelled(protocol: int, tmp_path: Path, check: Recording) -> None:
    """By the million that a year brings: half of all tasks are cancelled between 0 and 10 ms after they began."""
    row = check(8, f"store, RESP{protocol}")
    chance = random.Random(11)
    pages, most = [page(f"a{n}", size=400) for n in range(20)], 0
    before = len(asyncio.all_tasks()), descriptors_of("self")
    with valkey(tmp_path / "valkey") as server:
        async with (
            proxy_before(server.port) as proxy,
            aclosing(RedisPages(proxy.url, KEY, Remembered())) as store,
        ):
            store.readers.client.connection_pool.connection_kwargs["protocol"] = protocol
            for one in pages:
                await store.put(one)
            proxy.delay = (0.0, 0.003)

            pool, wrong, answered = store.readers.client.connection_pool, 0, 0
            for _ in range(READINGS // AT_ONCE):
                mistaken, served = await half_of_whom_leave(store, pages, chance, rounds=1, at_once=AT_ONCE)
                wrong, answered = wrong + mistaken, answered + served
                most = max(most, len(pool._in_use_connections) + len(pool._available_connections))
            await asyncio.sleep(0.5)
            in_use = len(pool._in_use_connections)
            refused = sum(count for name, count in store.counts.items() if name.startswith("rejected"))
    await asyncio.sleep(0.2)
    left = len(asyncio.all_tasks()), descriptors_of("self")
    row.figure(
        f"{wrong} wrong of {answered:,} answered ({READINGS:,} asked), pool ≤ {most}, {in_use} connections in use after, "
        f"{left[0] - before[0]} tasks and {max(0, left[1] - before[1])} descriptors left"
    )
    assert (wrong, refused, in_use) == (0, 0, 0)
    assert answered > READINGS / 10
    assert most <= POOL
    assert left[0] == before[0]
    assert left[1] <= before[1]


async def leave(port: int, ask: Ask, chance: random.Random) -> str:
    """One reader on a connection of its own, every other one of whom leaves at some point; what was wrong."""
    leaves = chance.random() < 0.5
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        if leaves:
            writer.write(ask.request[: chance.randrange(1, len(ask.request) + 1)])
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(chance.uniform(0, 0.008)):
                    await reader.readexactly(chance.randrange(1, 8000))
            if chance.random() < 0.5:  # by reset instead of an orderly end
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return ""
        writer.write(ask.request)
        answer = await reader.read()
        head, _, body = answer.partition(b"\r\n\r\n")
        return ask.fault(int(head[9:12]), body)
    except (OSError, EOFError) as error:
        return "" if leaves else type(error).__name__
    finally:
        writer.close()


async def test_readers_of_a_gateway_who_leave(tmp_path: Path, check: Recording) -> None:
    """Nothing is kept in memory, so every page comes from a Redis that takes up to 3 ms for each piece."""
    row = check(8, "gateway")
    number_of = int(os.environ.get("CANCELLED_READERS", READINGS))
    row.of(number_of, READINGS)
    content, policies = write_site(tmp_path, cold=1)
    asks, chance = everybody(cold_every=0, close=True), random.Random(5)
    faults: list[str] = []
    most = 0
    with valkey(tmp_path / "valkey") as server:
        async with proxy_before(server.port) as proxy:
            settings = {"redis_url": proxy.url, "memory_cache_bytes": "0"}
            with gateway(tmp_path, content=content, policies=policies, **settings) as running:
                await undisturbed(running.port, everybody(cold_every=0), 100, 5)
                held = await asyncio.to_thread(descriptors, running)
                proxy.delay = (0.0, 0.003)
                numbers = iter(range(number_of))

                async def come() -> None:
                    nonlocal most
                    for number in numbers:
                        fault = await leave(running.port, asks(number), chance)
                        if number % 100 == 0:
                            most = max(most, connections_to(proxy.port))
                        if fault:
                            faults.append(fault)

                await asyncio.gather(*(come() for _ in range(24)))
                await asyncio.sleep(2)
                left = await asyncio.to_thread(descriptors, running) - held
                after = await undisturbed(running.port, everybody(cold_every=0), 100, 3)
    row.figure(
        f"{len(faults)} wrong or failed of {number_of:,} readers, half of whom left; {most} connections to Redis at most, "
        f"{max(0, left)} descriptors left"
    )
    assert faults == []
    assert most <= POOL + 4
    assert left <= POOL
    assert not after.faults
