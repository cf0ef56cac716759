"""How long an origin asks to be left alone. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after_of(value: str | None, date: str | None) -> float | None:
    """Seconds of a Retry-After (RFC 9110, section 10.2.3); None if there is none that can be read.

    A moment counts from the response's own Date, so that neither clock needs to be right.
    """
    if value is None:
        return None
    if value.isascii() and value.isdecimal():
        return float(value[:6])
    until, said = _moment(value), _moment(date)
    return None if until is None or said is None else max(0.0, (until - said).total_seconds())


def _moment(value: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value) if value else None
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
