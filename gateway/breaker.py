"""When to stop asking something that fails. Pure: time comes in as seconds of a monotonic clock."""

from __future__ import annotations

FAILURES_TO_OPEN = 5
FORGET_AFTER_SECONDS = 10.0


class Breaker:
    """Closed: ask. Open: do not; a probe in the background finds out when to ask again, never a reader's request.

    It opens after five failures that outweigh the successes among them: one stalled answer in a hundred does not
    open it, an answer that never comes does after five.
    """

    __slots__ = ("_last_failure", "_score", "open", "reason", "since")

    def __init__(self) -> None:
        self.open = False
        self.reason = ""
        self.since = 0.0
        self._score = 0
        self._last_failure = 0.0

    def failed(self, reason: str, now: float, *, for_certain: bool = False) -> bool:
        """Count a failure; True if it opened the breaker. `for_certain`: no sense in trying again."""
        if self.open:
            return False
        if now - self._last_failure > FORGET_AFTER_SECONDS:
            self._score = 0
        self._last_failure = now
        self._score += 1
        if self._score < FAILURES_TO_OPEN and not for_certain:
            return False
        self.open, self.reason, self.since = True, reason, now
        return True

    def succeeded(self) -> None:
        """Count a success."""
        if self._score:
            self._score -= 1

    def close(self) -> None:
        """Ask again."""
        self.open, self.reason, self._score = False, "", 0
