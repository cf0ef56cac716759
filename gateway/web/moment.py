"""What answers and log lines say of the time: made once a millisecond, since thousands are sent in it."""

from __future__ import annotations

from email.utils import formatdate

from gateway.telemetry.request_event import millisecond, to_minute

MILLISECOND_NS = 1_000_000


class Moment:
    """The millisecond from `begins` to `ends` (ns since the epoch), as the log writes it, in full and cut to its
    minute; and the second as HTTP writes it: a Date field and the end of a head.
    """

    __slots__ = ("begins", "date", "ends", "full", "minute", "second")

    def __init__(self) -> None:
        self.begins = self.ends = self.second = 0
        self.full = self.minute = self.date = b""

    def turn(self, now_ns: int) -> None:
        """Move to where this is."""
        milliseconds = now_ns // MILLISECOND_NS
        self.begins = milliseconds * MILLISECOND_NS
        self.ends = self.begins + MILLISECOND_NS
        self.full = millisecond(milliseconds)
        self.minute = to_minute(self.full)
        second = milliseconds // 1000
        if second != self.second:
            self.second = second
            self.date = b"Date: " + formatdate(second, usegmt=True).encode("ascii") + b"\r\n\r\n"
