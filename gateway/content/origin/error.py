"""What can go wrong at an origin, in our own words.

A failure of the whole origin (nobody listens, nobody answers) is not a failure of one page (too late, cut off, too
large): the first is the breaker's, the second the back-off's.
"""

from __future__ import annotations

from enum import StrEnum

from gateway.errors import GatewayError


class Fault(StrEnum):
    """Why there is no whole answer from the origin; the values are stable words for logs and metrics."""

    UNRESOLVED = "unresolved"  # its name has no address
    FORBIDDEN = "forbidden"  # the address, or the request, is one that is never asked
    REFUSED = "refused"
    CONNECT_TIMEOUT = "connect-timeout"
    TLS = "tls"
    DISCONNECTED = "disconnected"  # closed or reset before a head came
    FIRST_BYTE_TIMEOUT = "first-byte-timeout"
    TIMEOUT = "timeout"  # the whole took too long, or nothing came for too long
    MALFORMED = "malformed"
    TRUNCATED = "truncated"
    UNDECODABLE = "undecodable"  # the content coding is broken
    TOO_LARGE = "too-large"
    SUSPICIOUS = "suspicious"  # a 200 that looks like a failure
    OPEN = "open"  # the breaker: it is not asked now
    RECOVERING = "recovering"  # it is asked again, but gently: a stale answer will do
    BACKING_OFF = "backing-off"  # this page failed just now
    BUSY = "busy"  # no place among those that may ask at once


NOT_ASKED = frozenset({Fault.OPEN, Fault.RECOVERING, Fault.BACKING_OFF, Fault.BUSY, Fault.FORBIDDEN})
"""Faults for which the origin was not even asked."""

TOO_LATE = frozenset({Fault.CONNECT_TIMEOUT, Fault.FIRST_BYTE_TIMEOUT, Fault.TIMEOUT})
"""Faults that answer with 504, the others with 502 or 503 (RFC 9110, section 15.6)."""


class OriginError(GatewayError):
    """There is no whole answer. `retry_after`: whole seconds after which asking again makes sense, for Retry-After.

    `late`: we were late ourselves when the deadline passed, so that nothing is known about the origin.
    """

    def __init__(self, fault: Fault, message: str = "", *, retry_after: int = 1, late: bool = False) -> None:
        super().__init__(f"{fault}: {message}" if message else str(fault))
        self.fault = fault
        self.retry_after = retry_after
        self.late = late

    @property
    def status(self) -> int:
        """The status for a reader for whom nothing stale stands ready."""
        if self.fault in NOT_ASKED:
            return 503
        return 504 if self.fault in TOO_LATE else 502
