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
FACTS_STEPS = 50
"""An hour that ended may have fifty thousand cells; so many take less than a millisecond."""
IDLE_SECONDS = 0.25
LOOK_SECONDS = 1.0


async def settle_for_ever(record: Record, express: Express | None, crowd: Crowd) -> None:
    """Settle step by step, tell of the hour that ended; look each second whether all readers come from one place."""
    looked = time.monotonic()
    while True:
        waiting = express.waiting if express is not None else 0
        await asyncio.sleep(STEP_SECONDS if waiting or record.telling else IDLE_SECONDS)
        if express is not None:
            express.let_go()
            if waiting:
                express.settle(SHARE)
        record.flush_facts(steps=FACTS_STEPS)
        now = time.monotonic()
        if now - looked >= LOOK_SECONDS:
            looked = now
            crowd.look(now)


async def settle_last(settling: asyncio.Task[None], record: Record, express: Express | None) -> None:
    """End it, and hand on what is left."""
    settling.cancel()
    await asyncio.gather(settling, return_exceptions=True)
    if express is not None:
        express.settle()
    record.flush_facts(closing=True)
