"""How late the event loop is: what a deadline missed by our own slowness is told apart by."""

from __future__ import annotations

import asyncio

_INTERVAL_SECONDS = 0.05
_FADE = 0.7


class LoopLag:
    """Measures while it runs. `seconds`: the lateness of late, the newest weighing most."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0

    def start(self) -> None:
        """Begin to measure the running loop."""
        loop = asyncio.get_running_loop()
        self._due = loop.time() + _INTERVAL_SECONDS
        self._timer = loop.call_at(self._due, self._tick, loop)

    def stop(self) -> None:
        """Measure no more."""
        if self._timer is not None:
            self._timer.cancel()

    def read(self) -> float:
        """Seconds of lag; for gauges and breakers."""
        return self.seconds

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        late = max(0.0, loop.time() - self._due)
        self.seconds = max(late, self.seconds * _FADE)
        self.start()
