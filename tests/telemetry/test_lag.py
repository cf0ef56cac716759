from __future__ import annotations

import asyncio
import time

import pytest

from gateway.telemetry.lag import LoopLag

pytestmark = pytest.mark.alone


async def test_a_loop_that_is_held_is_seen_to_be_late_and_recovers() -> None:
    lag = LoopLag()
    lag.start()
    await asyncio.sleep(0.06)
    assert lag.read() < 0.05
    time.sleep(0.3)  # noqa: ASYNC251  (the loop is held on purpose)
    await asyncio.sleep(0.01)
    assert lag.read() > 0.15
    await asyncio.sleep(0.8)
    assert lag.read() < 0.05
    lag.stop()
