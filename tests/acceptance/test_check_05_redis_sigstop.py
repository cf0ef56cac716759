"""A Redis that accepts and never answers, for a minute, costs nobody anything."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.acceptance.recorder import Recording
from tests.acceptance.steady import everybody, said, told, write_site
from tests.load import readers, undisturbed
from tests.running import gateway
from tests.servers import valkey

RATE = 500
STOPPED_SECONDS = 60.0

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]


async def test_a_stopped_redis_under_load(tmp_path: Path, check: Recording) -> None:
    row = check(5)
    content, policies = write_site(tmp_path)
    asks = everybody()
    with (
        valkey(tmp_path / "valkey") as server,
        gateway(tmp_path, content=content, policies=policies, redis_url=server.url, arguments=["--workers", "2"]) as running,
    ):  # fmt: skip
        control = await undisturbed(running.port, asks, RATE, 20)
        async with readers(running.port, asks, RATE) as seen:
            server.signal(signal.SIGSTOP)
            opened = await told(running, "redis_lost", 2)
            await asyncio.sleep(STOPPED_SECONDS - opened)
            server.signal(signal.SIGCONT)
            closed = await told(running, "redis_restored", 2)
            await asyncio.sleep(2)
        lost, restored = said(running, "redis_lost"), said(running, "redis_restored")
    row.seen(seen, control, p99=0.05, most=0.25)
    row.time("breakers of both workers open", opened, limit=1.0)
    row.time("closed after SIGCONT", closed, limit=2.0)
    assert not seen.faults
    assert not control.faults
    assert seen.sent > RATE * STOPPED_SECONDS * 0.9
    assert (lost, restored) == (2, 2)
