"""Policies are read in a process of their own, and whatever becomes of that process, this one goes on."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from pathlib import Path

import pytest

from gateway.errors import PolicyError
from gateway.policy.apart import parse_apart
from gateway.policy.parse import parse
from tests.policy.world import files, policy

NO_HOSTS: frozenset[str] = frozenset()
FEW = files(policy("notice: warn"))
MANY = files(*(policy("notice: warn", name=f"p{number}") for number in range(3000)))


def readers() -> list[int]:
    """The processes that read policies for this one."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    found = [int(child) for child in children]
    return [pid for pid in found if b"gateway.policy.apart" in Path(f"/proc/{pid}/cmdline").read_bytes()]


async def test_what_comes_back_is_what_was_read() -> None:
    assert await parse_apart(FEW, NO_HOSTS) == (FEW, parse(FEW, redirect_hosts=NO_HOSTS))


async def test_what_is_wrong_comes_back_with_every_problem() -> None:
    _, parsed = await parse_apart({"p.yaml": b"policy: ["}, NO_HOSTS)
    assert parsed.problems == parse({"p.yaml": b"policy: ["}, redirect_hosts=NO_HOSTS).problems != ()
    with pytest.raises(PolicyError, match="cannot be read"):
        await parse_apart(Path("/nowhere"), NO_HOSTS)


async def test_the_collector_never_visits_what_was_read() -> None:
    _, parsed = await parse_apart(FEW, NO_HOSTS)
    assert gc.isenabled()
    assert not any(known is parsed.policies for known in gc.get_objects())


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_a_reading_process_that_dies_is_a_refusal(how: signal.Signals) -> None:
    reading = asyncio.create_task(parse_apart(MANY, NO_HOSTS))
    await asyncio.sleep(0.2)
    os.kill(readers()[0], how)
    with pytest.raises(PolicyError, match="died"):
        await reading
    assert not readers()
    assert gc.isenabled()


async def test_a_reading_that_does_not_end_is_a_refusal_and_leaves_no_process() -> None:
    reading = asyncio.create_task(parse_apart(MANY, NO_HOSTS, seconds=1))
    await asyncio.sleep(0.2)
    os.kill(readers()[0], signal.SIGSTOP)
    with pytest.raises(PolicyError, match="could not be read within"):
        await asyncio.wait_for(reading, 20)
    assert not readers()


async def test_a_stop_in_the_middle_of_a_reading_leaves_no_process() -> None:
    reading = asyncio.create_task(parse_apart(FEW, NO_HOSTS))
    await asyncio.sleep(0.05)
    os.kill(readers()[0], signal.SIGSTOP)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(reading, 20)
    assert not readers()
