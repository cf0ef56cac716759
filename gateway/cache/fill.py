"""One fill at a time for each key in this process: the first who misses renders, the others wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Fills(Generic[T]):
    """Fills under way, by key. A fill is a task of its own: a reader who leaves takes nobody's page away."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[T]] = {}

    def __len__(self) -> int:
        return len(self._under_way)

    async def once(self, key: str, fill: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `fill` makes, or that a fill already under way for this key is making.

        If it fails, all who wait get its exception, and the next reader tries anew.
        """
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(fill(), name=f"fill {key}")
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        return await asyncio.shield(task)

    async def aclose(self) -> None:
        """Wait for nothing: what is under way is cancelled."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _finished(self, key: str, task: asyncio.Task[T]) -> None:
        if self._under_way.get(key) is task:
            del self._under_way[key]
        if not task.cancelled():
            task.exception()  # looked at, or asyncio complains where every reader has left
