"""HTTP's dates, in the three forms that a recipient must accept (RFC 9110, section 5.6.7). Pure."""

from __future__ import annotations

import re
from calendar import timegm
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = "|".join(_MONTHS)
_TIME = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_FORMS = tuple(
    re.compile(form, re.ASCII)
    for form in (
        rf"(?:{'|'.join(_DAYS)}), (?P<day>\d\d) (?P<month>{_MONTH}) (?P<year>\d{{4}}) {_TIME} GMT",
        rf"(?:{'|'.join(_LONG_DAYS)}), (?P<day>\d\d)-(?P<month>{_MONTH})-(?P<year>\d\d) {_TIME} GMT",
        rf"(?:{'|'.join(_DAYS)}) (?P<month>{_MONTH}) (?P<day>[ \d]\d) {_TIME} (?P<year>\d{{4}})",
    )
)


def parsed(text: str, now: float) -> float | None:
    """Unix seconds of an HTTP date; None for what is none. `now` places the two-digit years of RFC 850's form: one
    that seems more than fifty years ahead is in the past.
    """
    return _parsed(text, datetime.fromtimestamp(now, UTC).year)


@lru_cache(maxsize=1024)
def _parsed(text: str, this_year: int) -> float | None:
    for form in _FORMS:
        match = form.fullmatch(text)
        if match:
            year, month = int(match["year"]), _MONTHS.index(match["month"]) + 1
            if len(match["year"]) == 2:
                year += this_year - this_year % 100
                if year > this_year + 50:
                    year -= 100
            # A leap second is legal; it counts as the first second of the next minute.
            clock = int(match["hour"]), int(match["minute"]), min(int(match["second"]), 59)
            try:
                moment = datetime(year, month, int(match["day"]), *clock, tzinfo=UTC)
            except ValueError:
                return None
            if int(match["second"]) > 60:
                return None
            return float(timegm(moment.timetuple())) + (match["second"] == "60")
    return None


def written(moment: float) -> str:
    """The preferred form, in whole seconds."""
    return format_datetime(datetime.fromtimestamp(int(moment), UTC), usegmt=True)
