"""To start what may be told to stop before it has started."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine


async def started(start: Coroutine[None, None, None], stopping: asyncio.Event) -> bool:
    """Whether it started; False if it was to stop before, and then nothing of it runs. Raises what `start` raises."""
    starting, stopped = asyncio.ensure_future(start), asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait([starting, stopped], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
    if starting.cancelled():
        return False
    starting.result()
    return True
