"""Give up pages in memory before the process takes more than it may: they are the one thing that it can do without."""

from __future__ import annotations

import asyncio
import ctypes
import time
from collections.abc import Callable, Sequence

from gateway.events import Events
from gateway.telemetry.resident import resident_bytes

LOOK_EVERY_SECONDS = 2.0
SHRINK_AT = 0.8
"""Of the limit; at the limit itself, a worker's parent puts another in its place."""
SHRINK_TO = 0.5
SHRINK_EVERY_SECONDS = 60.0

Shrink = Callable[[float], int]
"""Gives up all but this share of what is kept; how many pages that were."""


async def watch_memory(limit: int, shrinks: Sequence[Shrink], events: Events) -> None:
    """Look for ever. `limit`: bytes; 0: there is none."""
    shrunk = -SHRINK_EVERY_SECONDS
    while limit:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        taken, now = resident_bytes(), time.monotonic()
        if taken > limit * SHRINK_AT and now - shrunk >= SHRINK_EVERY_SECONDS:
            shrunk = now
            removed = sum(shrink(SHRINK_TO) for shrink in shrinks)
            _give_back()
            events.emit("memory_shrunk", level="warning", bytes=taken, count=removed)


def _give_back() -> None:
    """What is free goes back to the system, where the C library knows how."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
