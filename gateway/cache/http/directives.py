"""Cache-Control, read as RFC 9111, section 5.2, writes it, and as the world writes it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

MOST_SECONDS = 2**31
"""What a number of seconds that is too great stands for (RFC 9111, section 1.2.2)."""

_DIRECTIVE = re.compile(
    r'[ \t]*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?[ \t]*(?:,|$)', re.DOTALL
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NEXT = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*"|")*(?:,|$)', re.DOTALL)

Directives = Mapping[str, str | None]
"""Directives by name in small letters; None for one without an argument. Of a repeated one, the first counts."""


def directives(lines: Iterable[str]) -> Directives:
    """What these lines of a field say. What cannot be read is passed over, to the next comma outside of quotes."""
    return _parsed(", ".join(lines))


@lru_cache(maxsize=1024)
def _parsed(value: str) -> Directives:
    found: dict[str, str | None] = {}
    at = 0
    while at < len(value):
        match = _DIRECTIVE.match(value, at)
        if match is None:
            at = _NEXT.match(value, at).end()  # type: ignore[union-attr]  # matches always, if only emptiness
            continue
        at = match.end()
        quoted, token = match[2], match[3]
        found.setdefault(match[1].lower(), _ESCAPED.sub(r"\1", quoted) if quoted is not None else token)
    return found


def seconds(said: Directives, name: str) -> int | None:
    """The directive's number of seconds; None where it is absent or is no number."""
    value = said.get(name)
    return delta_seconds(value) if value is not None else None


def delta_seconds(text: str) -> int | None:
    """A count of seconds, at most 2**31; None for anything else (RFC 9111, section 1.2.2)."""
    if not text.isascii() or not text.isdigit():
        return None
    return min(int(text), MOST_SECONDS) if len(text) <= 10 else MOST_SECONDS


def names(value: str | None) -> frozenset[str]:
    """The field names in the argument of no-cache or private, in small letters; none where it has no argument."""
    return frozenset(name.strip(" \t").lower() for name in (value or "").split(",")) - {""}
