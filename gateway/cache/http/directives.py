"""Cache-Control, read as RFC 9111, section 5.2, writes it, and as the world writes it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from gateway.cache.http.members import members

MOST_SECONDS = 2**31
"""What a number of seconds that is too great stands for (RFC 9111, section 1.2.2)."""
UNREADABLE = "?"
"""The argument of a directive whose own argument cannot be read: no number, and no list of names either."""

_DIRECTIVE = re.compile(r'([!#$%&\'*+.^_`|~0-9A-Za-z-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^ \t",]*)))?', re.DOTALL)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

Directives = Mapping[str, str | None]
"""Directives by name in small letters; None for one without an argument. Of a repeated one, the first counts."""


def directives(lines: Iterable[str]) -> Directives:
    """What these lines of a field say. Of a member that cannot be read, its name still counts: `no-store =1` forbids
    to store, and `max-age =60` is no lifetime.
    """
    value = ", ".join(lines)
    return _parsed(value) if value else {}


@lru_cache(maxsize=1024)
def _parsed(value: str) -> Directives:
    found: dict[str, str | None] = {}
    for member in members(value):
        whole, name = _DIRECTIVE.fullmatch(member), _NAME.match(member)
        if whole:
            quoted, token = whole[2], whole[3]
            found.setdefault(whole[1].lower(), _ESCAPED.sub(r"\1", quoted) if quoted is not None else token)
        elif name:
            found.setdefault(name[0].lower(), UNREADABLE)
    return found


def seconds(said: Directives, name: str) -> int | None:
    """The directive's number of seconds; None where it is absent or is no number."""
    value = said.get(name)
    return delta_seconds(value) if value is not None else None


def delta_seconds(text: str) -> int | None:
    """A count of seconds, at most 2**31; None for anything else (RFC 9111, section 1.2.2)."""
    if not text.isascii() or not text.isdigit():
        return None
    digits = text.lstrip("0")
    return min(int(digits or "0"), MOST_SECONDS) if len(digits) <= 10 else MOST_SECONDS


def names(value: str | None) -> frozenset[str]:
    """The field names in the argument of no-cache or private, in small letters; none where there is no argument, or
    none that can be read, so that the directive counts for the whole response.
    """
    if not value or value == UNREADABLE:
        return frozenset()
    return frozenset(name.strip(" \t").lower() for name in value.split(",")) - {""}
