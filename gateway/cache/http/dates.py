"""HTTP's dates, in the three forms that a recipient must accept (RFC 9110, section 5.6.7). Pure."""

from __future__ import annotations

import re
from calendar import timegm
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

_DAYS = "mon|tue|wed|thu|fri|sat|sun"
_LONG_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_TIME = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
# Without regard to case, as RFC 9111, section 4.2, wants it of caches; any zone but GMT is no date.
_FORMS = tuple(
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        rf"(?:{_DAYS}), (?P<day>\d\d) {_MONTH} (?P<year>\d{{4}}) {_TIME} GMT",
        rf"(?:{_LONG_DAYS}), (?P<day>\d\d)-{_MONTH}-(?P<year>\d\d) {_TIME} GMT",
        rf"(?:{_DAYS}) {_MONTH} (?P<day>[ \d]\d) {_TIME} (?P<year>\d{{4}})",
    )
)
_AHEAD_DAYS = 50 * 365.2425
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


def parsed(text: str, now: float) -> float | None:
    """Unix seconds of an HTTP date; None for what is none. `now` places the two-digit years of RFC 850's form: what
    seems more than fifty years ahead is in the past.
    """
    return _parsed(text.strip(" \t"), _EPOCH + int(now // 86400))


@lru_cache(maxsize=1024)
def _parsed(text: str, today: int) -> float | None:
    for form in _FORMS:
        match = form.fullmatch(text)
        if match:
            year = int(match["year"])
            if len(match["year"]) == 2:
                year += datetime.fromordinal(today).year // 100 * 100
            moment = _moment(year, match)
            too_far = len(match["year"]) == 2 and moment is not None and moment > (today + _AHEAD_DAYS - _EPOCH) * 86400
            return _moment(year - 100, match) if too_far else moment
    return None


def _moment(year: int, match: re.Match[str]) -> float | None:
    second = int(match["second"])
    clock = int(match["hour"]), int(match["minute"]), min(second, 59)
    try:
        moment = datetime(year, _MONTHS.index(match["month"].lower()) + 1, int(match["day"]), *clock, tzinfo=UTC)
    except ValueError:
        return None
    return float(timegm(moment.timetuple())) + (second == 60) if second <= 60 else None  # a leap second is legal


def written(moment: float) -> str:
    """The preferred form, in whole seconds."""
    return format_datetime(datetime.fromtimestamp(int(moment), UTC), usegmt=True)
