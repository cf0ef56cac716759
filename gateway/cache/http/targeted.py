"""Targeted cache control fields: Cache-Control for one kind of cache (RFC 9213). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.cache.http.directives import MOST_SECONDS, Directives
from gateway.cache.http.structured import dictionary


def targeted(lines: Sequence[str]) -> Directives | None:
    """What a targeted field says; None where it is absent, empty or no dictionary, and thus to be ignored (section
    2.1). Parameters are ignored. A value of the wrong type counts as one that cannot be read.
    """
    members = dictionary(lines) if lines else None
    return {name: _argument(value) for name, value in members.items()} if members else None


def _argument(value: object) -> str | None:
    if value is True:
        return None
    if isinstance(value, int) and value >= 0:
        return str(min(value, MOST_SECONDS))
    return value if isinstance(value, str) else "?"
