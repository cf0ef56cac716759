"""How carefully an origin is asked: bounds and deadlines as values."""

from __future__ import annotations

from dataclasses import dataclass, replace

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that ask for nothing to be changed (RFC 9110, section 9.2.1)."""

FAILED = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that say that the origin, not the reader, is in trouble."""


@dataclass(frozen=True, slots=True)
class Care:
    """Deadlines in seconds, bounds in requests and bytes.

    `unsafe_first_byte_seconds`: an editor's upload may take long to be worked on. `silence_seconds`: how long nothing
    may come within a body that is passed through; such a body has no total deadline. `queue_seconds`: how long to wait
    for one of the `concurrency` places; at most `per_path` of them are for one path, whatever its query says;
    `uploads` are for requests with a body.
    """

    connect_seconds: float = 0.25
    first_byte_seconds: float = 2.0
    unsafe_first_byte_seconds: float = 60.0
    total_seconds: float = 5.0
    silence_seconds: float = 5.0
    queue_seconds: float = 1.0
    concurrency: int = 64
    per_path: int = 16
    uploads: int = 32
    idle_seconds: float = 4.0
    body_bytes: int = 8 * 2**20
    retry: bool = True
    breaker: bool = True
    probe_path: str = "/"
    probe_seconds: float = 1.0
    backoff_seconds: float = 20.0

    def for_rfc9111(self) -> Care:
        """Exactly what RFC 9111 has a shared cache do: no retry, no breaker, no back-off. Bounds and deadlines stay."""
        return replace(self, retry=False, breaker=False, backoff_seconds=0.0)
