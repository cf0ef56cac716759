"""What can go wrong, each as one would meet it; when it returns, it is over. Its docstring stands in the table."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping

from tests.acceptance.processes import workers
from tests.acceptance.test_check_14_smuggling import PAYLOADS
from tests.chaos.world import World, in_thread, write_evidence
from tests.web.wire import get

Fault = Callable[[World], Awaitable[None]]
KILLED_COST = 5
"""What a worker that is killed may take with it (acceptance check 21); more only where more were being answered."""


async def redis_stops(world: World) -> None:
    """Redis accepts and never answers"""
    world.redis.signal(signal.SIGSTOP)
    await asyncio.sleep(world.chance.uniform(0.5, 5))
    world.redis.signal(signal.SIGCONT)


async def redis_dies(world: World) -> None:
    """Redis is killed and comes back empty"""
    await asyncio.to_thread(world.redis.kill)
    await asyncio.sleep(world.chance.uniform(0, 4))
    await asyncio.to_thread(world.redis.start)


async def redis_is_emptied(world: World) -> None:
    """Redis is flushed"""
    await asyncio.to_thread(world.redis.command, "FLUSHALL")


async def redis_is_poisoned(world: World) -> None:
    """pages in Redis are damaged, swapped, replaced"""
    keys = await asyncio.to_thread(world.redis.command, "KEYS", "*")
    assert isinstance(keys, list)
    for key in world.chance.sample(sorted(keys), min(20, len(keys))):
        other = world.chance.choice(keys)
        for words in world.chance.choice(
            ([("SET", key, world.chance.randbytes(300))], [("SETRANGE", key, 60, b"\xff\x00")], [("DEL", key), ("LPUSH", key, b"x")],
             [("COPY", other, key, "REPLACE")], [("SET", key, b"")], [("SET", key, b"\x80\x04c__builtin__\neval\n")])
        ):  # fmt: skip
            with contextlib.suppress(Exception):  # the type may be another by now
                await asyncio.to_thread(world.redis.command, *words)


async def policy_changes(world: World) -> None:
    """an operator switches a notice"""
    world.write_extra(on=not world.extra)
    for _ in range(20):
        if await in_thread(world, "/reload", {}) == 200:
            world.settle()
            return
        await asyncio.sleep(0.5)
    raise AssertionError("a good edit was not taken")


async def policy_breaks(world: World) -> None:
    """an operator saves a file with a mistake"""
    wrong = [
        b"policy: extra\nreaders: {in: [UK]}\n",
        b"\xff\xfe",
        b"{" * 300,
        b"policy: &a [*a]\n",
        b"",
        b"a: 1\na: 2\n",
    ]
    whole = (world.policies / "extra.yaml").read_bytes()
    broken = world.chance.choice([*wrong, whole[: world.chance.randrange(1, len(whole) - 1)]])
    (world.policies / "broken.yaml").write_bytes(broken)
    await asyncio.sleep(world.chance.uniform(0.5, 3))
    (world.policies / "broken.yaml").unlink()


async def policy_is_written_slowly(world: World) -> None:
    """an editor writes a file byte by byte"""
    file = world.policies / "extra.yaml"
    whole = file.read_bytes()
    with file.open("wb", buffering=0) as writing:
        for start in range(0, len(whole), 16):
            writing.write(whole[start : start + 16])
            await asyncio.sleep(0.05)


async def evidence_is_overwritten(world: World) -> None:
    """the MMDB is overwritten in place, garbage first"""
    whole = world.evidence.read_bytes()
    with world.evidence.open("wb", buffering=0) as writing:
        writing.write(world.chance.choice([b"", b"<html>", whole[: len(whole) // 2], world.chance.randbytes(5000)]))
        await asyncio.sleep(world.chance.uniform(0, 3))
        writing.seek(0)
        writing.truncate()
        for start in range(0, len(whole), 512):
            writing.write(whole[start : start + 512])
            await asyncio.sleep(0.01)


async def evidence_is_replaced(world: World) -> None:
    """a new MMDB is moved into place"""
    new = world.evidence.with_suffix(".new")
    await asyncio.to_thread(write_evidence, new)
    new.replace(world.evidence)


async def evidence_vanishes(world: World) -> None:
    """the MMDB is gone for a while"""
    away = world.evidence.with_suffix(".away")
    world.evidence.rename(away)
    await asyncio.sleep(world.chance.uniform(0.5, 3))
    away.rename(world.evidence)


async def worker_dies(world: World) -> None:
    """a worker is killed"""
    before = workers(world.running)
    if len(before) < 2:
        return
    world.kills += 1
    world.may_be_lost += max(KILLED_COST, world.asked - world.answered())
    os.kill(world.chance.choice(before), signal.SIGKILL)
    await _two_workers(world, before)


async def workers_roll(world: World) -> None:
    """all workers are restarted, one after the other"""
    before = workers(world.running)
    world.running.process.send_signal(signal.SIGUSR2)
    for _ in range(600):
        now = workers(world.running)
        if len(now) == 2 and not set(now) & set(before):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the workers were not replaced within a minute")


async def _two_workers(world: World, before: list[int]) -> None:
    for _ in range(200):
        now = workers(world.running)
        if len(now) == 2 and now != before:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the dead worker was not replaced within twenty seconds")


async def log_stalls(world: World) -> None:
    """whoever reads the log stops reading"""
    world.log.reads.clear()
    await asyncio.sleep(world.chance.uniform(1, 5))
    world.log.reads.set()


async def log_is_rotated(world: World) -> None:
    """the log is reopened"""
    world.running.process.send_signal(signal.SIGHUP)


async def heads_drip(world: World) -> None:
    """a hundred clients send their heads byte by byte"""
    sent = get("/articles/warm-1", "X: " + "y" * 200)
    writers = [(await _connected(world))[1] for _ in range(100)]
    for byte in sent[:60]:
        for writer in writers:
            writer.write(bytes([byte]))
        await asyncio.sleep(0.05)
    _close(writers)


async def readers_take_nothing(world: World) -> None:
    """fifty clients ask a hundred times and read no answer"""
    writers = [(await _connected(world))[1] for _ in range(50)]
    for writer in writers:
        writer.transport.pause_reading()
        writer.write(get("/articles/warm-2") * 100)
    await asyncio.sleep(world.chance.uniform(1, 4))
    _close(writers)


async def readers_leave(world: World) -> None:
    """three hundred clients hang up in the middle"""
    for number in range(300):
        _, writer = await _connected(world)
        writer.write(get(f"/articles/cold-{number}")[: world.chance.choice([5, 40, 4000])])
        writer.transport.abort()
        if not number % 20:
            await asyncio.sleep(0.01)


async def framing_is_malformed(world: World) -> None:
    """sixty malformed requests, each on its connection"""
    writers = []
    for payload in world.chance.sample(sorted(PAYLOADS.values()), 60):
        _, writer = await _connected(world)
        writer.write(payload + get("/articles/court"))
        writers.append(writer)
    await asyncio.sleep(1)
    _close(writers)


async def everything_is_purged(world: World) -> None:
    """an operator purges everything"""
    await in_thread(world, "/purge", {"all": True})


async def processor_is_taken(_world: World) -> None:
    """something else computes for two seconds"""
    burning = "import time; end = time.time() + 2\nwhile time.time() < end: pass"
    done = await asyncio.create_subprocess_exec(sys.executable, "-c", burning)
    await done.wait()


async def _connected(world: World) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", world.running.port)


def _close(writers: list[asyncio.StreamWriter]) -> None:
    for writer in writers:
        writer.transport.abort()


FAULTS: Mapping[str, list[Fault]] = {
    "redis": [redis_stops, redis_dies, redis_is_emptied, redis_is_poisoned],
    "policies": [policy_changes, policy_breaks, policy_is_written_slowly],
    "evidence": [evidence_is_overwritten, evidence_is_replaced, evidence_vanishes],
    "processes": [worker_dies, workers_roll, processor_is_taken],
    "log": [log_stalls, log_is_rotated],
    "clients": [heads_drip, readers_take_nothing, readers_leave, framing_is_malformed, everything_is_purged],
}
"""By what they act on: of each kind there is one at a time, of different kinds as many as come together."""
