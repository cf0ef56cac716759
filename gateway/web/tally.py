"""Hand what was counted to the metrics, the decision facts and the watch over proxies: a little at a time."""

from __future__ import annotations

import asyncio
import time

from gateway.web.express import Express
from gateway.web.own_proxy import Crowd
from gateway.web.record import Record

STEP_SECONDS = 0.01
SHARE = 100
"""A step settles this part of what waits, so what was counted waits about a second: settled more often, the same few
answers and places would be handed over again and again; settled all at once, readers would wait.
"""
IDLE_SECONDS = 0.25
LOOK_SECONDS = 1.0


async def settle_for_ever(record: Record, express: Express | None, crowd: Crowd) -> None:
    """Settle step by step; each second look whether all readers come from one place, and whether an hour has ended."""
    looked = time.monotonic()
    while True:
        waiting = express.waiting if express is not None else 0
        await asyncio.sleep(STEP_SECONDS if waiting else IDLE_SECONDS)
        if express is not None:
            express.let_go()
            if waiting:
                express.settle(SHARE)
        now = time.monotonic()
        if now - looked >= LOOK_SECONDS:
            looked = now
            crowd.look(now)
            record.flush_facts()


async def settle_last(settling: asyncio.Task[None], record: Record, express: Express | None) -> None:
    """End it, and hand on what is left."""
    settling.cancel()
    await asyncio.gather(settling, return_exceptions=True)
    if express is not None:
        express.settle()
    record.flush_facts(closing=True)
