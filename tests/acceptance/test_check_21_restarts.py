"""Workers that are replaced in turn cost nobody an answer; one that is killed costs what it had in flight."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from tests.acceptance.processes import workers
from tests.acceptance.recorder import Recording
from tests.acceptance.steady import everybody, said, told, write_site
from tests.load import readers, undisturbed
from tests.running import gateway

RATE, WORKERS = 400, 2
COLD = 300
IN_FLIGHT = 5

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]


@pytest.mark.parametrize("keep_alive", [True, False], ids=["keep-alive", "close"])
async def test_two_rolling_restarts_under_load(keep_alive: bool, tmp_path: Path, check: Recording) -> None:
    row = check(21, f"rolling, {'keep-alive' if keep_alive else 'close'}")
    content, policies = write_site(tmp_path, cold=COLD)
    asks = everybody(cold=COLD, close=not keep_alive)
    with gateway(tmp_path, content=content, policies=policies, arguments=["--workers", f"{WORKERS}"]) as running:
        before = workers(running)
        control = await undisturbed(running.port, asks, RATE, 10, keep_alive=keep_alive)
        async with readers(running.port, asks, RATE, keep_alive=keep_alive) as seen:
            for turn in (1, 2):
                os.kill(running.process.pid, signal.SIGUSR2)
                await told(running, "gateway_stopped", turn * WORKERS, seconds=60)
                await asyncio.sleep(1)
        deadline = time.monotonic() + 40
        while len(after := workers(running)) > WORKERS and time.monotonic() < deadline:  # noqa: ASYNC110  (other processes)
            await asyncio.sleep(0.1)  # one that stops may still wait for who was slow
    row.seen(seen, control)
    assert not seen.faults
    assert not control.faults
    assert len(after) == WORKERS
    assert not set(before) & set(after)


async def test_a_worker_that_is_killed_under_load(tmp_path: Path, check: Recording) -> None:
    row = check(21, "SIGKILL")
    content, policies = write_site(tmp_path, cold=COLD)
    asks = everybody(cold=COLD, close=True)
    with gateway(tmp_path, content=content, policies=policies, arguments=["--workers", f"{WORKERS}"]) as running:
        control = await undisturbed(running.port, asks, RATE, 10, keep_alive=False)
        started = said(running, "gateway_started")
        async with readers(running.port, asks, RATE, keep_alive=False) as seen:
            await asyncio.sleep(1)
            victim = workers(running)[0]
            os.kill(victim, signal.SIGKILL)
            back = await told(running, "gateway_started", started + 1, seconds=30)
            await asyncio.sleep(5)
            calm = time.monotonic()
            await asyncio.sleep(5)
        after = workers(running)
    row.figure(f"{sum(seen.faults.values())} of {seen.sent:,} failed, {seen.faults['missing']} notices missing")
    row.time("a new worker serves after", back, limit=2.0)
    row.time("p99 from 5 s after that", seen.percentile(0.99, since=calm), control=control.percentile(0.99))
    assert sum(seen.faults.values()) <= IN_FLIGHT
    assert not {"missing", "wrong"} & set(seen.faults)
    assert not control.faults
    assert len(after) == WORKERS
    assert victim not in after
