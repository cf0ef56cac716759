"""Targeted cache control fields: Cache-Control for one kind of cache (RFC 9213). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.cache.http.directives import MOST_SECONDS, UNREADABLE, Directives
from gateway.cache.http.structured import dictionary

_NUMBERS = frozenset({"max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"})


def targeted(lines: Sequence[str]) -> Directives | None:
    """What a targeted field says; None where it is absent, empty or no dictionary, and thus to be ignored (section
    2.1). Parameters are ignored. A value of a type that its directive does not have is not consumed: seconds must be
    an integer, names a string.
    """
    members = dictionary(lines) if lines else None
    if not members:
        return None
    return {name: _argument(name, value) for name, value in members.items() if value is not False}


def _argument(name: str, value: object) -> str | None:
    if value is True:
        return UNREADABLE if name in _NUMBERS else None
    if name in _NUMBERS:
        return str(min(value, MOST_SECONDS)) if isinstance(value, int) and value >= 0 else UNREADABLE
    return value if isinstance(value, str) else UNREADABLE
