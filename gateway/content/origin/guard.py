"""Whether to ask an origin now. Pure: time comes in as seconds of a monotonic clock.

The breaker is for an origin that is down; a probe in the background, never a reader's request, finds out when it is
back, and then it is asked a little more every moment. Until a first probe has failed, too, there is only doubt. The
back-off is for one page that fails while others are well.
"""

from __future__ import annotations

from gateway.breaker import Breaker
from gateway.content.origin.care import FAILED, SAFE, Care
from gateway.content.origin.error import Fault, OriginError

RAMP_STEP_SECONDS = 0.4
RAMP_SHARE = 0.1
RETRY_AFTER_LIMIT_SECONDS = 300.0
_PATHS = 10_000

_OF_THE_ORIGIN = frozenset(
    {Fault.UNRESOLVED, Fault.REFUSED, Fault.CONNECT_TIMEOUT, Fault.TLS, Fault.DISCONNECTED, Fault.FIRST_BYTE_TIMEOUT}
)
_OF_THE_PAGE = frozenset(
    {
        Fault.FIRST_BYTE_TIMEOUT,
        Fault.TIMEOUT,
        Fault.MALFORMED,
        Fault.TRUNCATED,
        Fault.UNDECODABLE,
        Fault.TOO_LARGE,
        Fault.SUSPICIOUS,
    }
)


class Guard:
    """What is known of an origin's health. `not_before`: when a probe makes sense at the earliest, as it said."""

    def __init__(self, care: Care) -> None:
        self._care = care
        self._breaker = Breaker()
        self._confirmed = False
        self._resumed: float | None = None
        self._credit = 0.0
        self._backing_off: dict[str, tuple[float, bool]] = {}
        self.not_before = 0.0

    @property
    def open(self) -> bool:
        """Whether the origin is left alone: it failed, and a probe did, too."""
        return self._breaker.open and self._confirmed

    @property
    def reason(self) -> str:
        """What opened the breaker."""
        return self._breaker.reason

    @property
    def since(self) -> float:
        """When it opened."""
        return self._breaker.since

    def admit(self, method: str, target: str, now: float, *, standby: bool) -> None:
        """Let a request through, or raise OriginError. `standby`: something stale stands ready in its place; then
        doubt is enough to leave the origin alone.
        """
        if self._breaker.open and (self._confirmed or standby):
            seconds = max(self._care.probe_seconds, self.not_before - now)
            raise OriginError(Fault.OPEN, self._breaker.reason, retry_after=_whole(seconds))
        if method in SAFE:
            until, always = self._backing_off.get(target, (0.0, False))
            if now < until and (always or standby):
                raise OriginError(Fault.BACKING_OFF, retry_after=_whole(until - now))
        if standby and not self._ramped(now):
            raise OriginError(Fault.RECOVERING)

    def failed(self, method: str, target: str, error: OriginError, now: float) -> bool:
        """Count a fault of the origin's or of the page's; True if it opened the breaker."""
        if error.late:
            return False
        if error.fault in _OF_THE_PAGE:
            self._back_off(method, target, self._care.backoff_seconds, now, always=error.fault is not Fault.SUSPICIOUS)
        return error.fault in _OF_THE_ORIGIN and self._count(str(error.fault), now)

    def answered(self, method: str, target: str, status: int, retry_after: float | None, now: float) -> bool:
        """Count an answer's status, with the seconds of its Retry-After; True if it opened the breaker."""
        if status not in FAILED:
            if method == "GET":
                self._backing_off.pop(target, None)
            self._breaker.succeeded()
            return False
        wait = min(retry_after or 0.0, RETRY_AFTER_LIMIT_SECONDS)
        self._back_off(method, target, max(wait, self._care.backoff_seconds), now, always=False)
        if self._care.breaker:
            self.not_before = max(self.not_before, now + wait)
        return self._count(str(status), now)

    def confirm(self) -> None:
        """A probe has failed, too: it is the origin that is down, not some pages of it."""
        self._confirmed = True

    def resume(self, now: float, *, gently: bool) -> None:
        """Ask again. `gently`: a tenth of what could wait, and a tenth more every moment."""
        self._breaker.close()
        self._confirmed = False
        self.not_before = 0.0
        self._resumed = now if gently else None

    def _count(self, reason: str, now: float) -> bool:
        return self._care.breaker and self._breaker.failed(reason, now)

    def _ramped(self, now: float) -> bool:
        if self._resumed is None:
            return True
        share = RAMP_SHARE * (1 + int((now - self._resumed) / RAMP_STEP_SECONDS))
        if share >= 1:
            self._resumed = None
            return True
        self._credit += share
        if self._credit < 1:
            return False
        self._credit -= 1
        return True

    def _back_off(self, method: str, target: str, seconds: float, now: float, *, always: bool) -> None:
        if method != "GET" or not self._care.backoff_seconds:  # a HEAD that goes wrong says nothing of the page
            return
        self._backing_off.pop(target, None)
        self._backing_off[target] = now + seconds, always
        while len(self._backing_off) > _PATHS:
            del self._backing_off[next(iter(self._backing_off))]


def _whole(seconds: float) -> int:
    return max(1, round(seconds + 0.5))
