"""How long a response may be kept by others: Cache-Control from the decision and the second (RFC 9111). Pure."""

from __future__ import annotations

from datetime import datetime

MAX_AGE_SECONDS = 60
NEGATIVE_MAX_AGE_SECONDS = 10

ASK_EACH_TIME = "private, no-cache"
NEVER_KEEP = "private, no-store"


def cache_control(depends_on_place: bool, valid_until: datetime | None, now: datetime, status: int = 200) -> str:
    """The field value for a response of the gateway's own; never empty, for 404, 410 and 451 are cacheable by default.

    `valid_until`: the next moment at which the answer can change, however it changes; freshness ends there, to the
    second. A 404 is asked for each time, since an embargo may end in the next second; a failure is not kept at all.
    """
    if status >= 500 or status in (400, 403, 405, 413, 414, 421, 431):
        return NEVER_KEEP
    if depends_on_place or status == 404:
        return ASK_EACH_TIME
    limit = MAX_AGE_SECONDS if status < 400 else NEGATIVE_MAX_AGE_SECONDS
    return f"public, max-age={seconds_fresh(valid_until, now, limit)}, must-revalidate"


def seconds_fresh(valid_until: datetime | None, now: datetime, limit: int = MAX_AGE_SECONDS) -> int:
    """Whole seconds until the boundary, rounded down, at least 0 and at most `limit`."""
    if valid_until is None:
        return limit
    return max(0, min(limit, int((valid_until - now).total_seconds())))
