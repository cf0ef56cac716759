"""Make any value fit for a log: valid Unicode, bounded in length, without anybody's address. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from ipaddress import ip_address

TEXT_LIMIT = 1024
ITEMS_LIMIT = 100
HIDDEN = "[address]"

_NOT_PLAIN = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
_ADDRESS = re.compile(
    r"(?<![0-9A-Za-z.:])(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:[0-9.]{0,15}))(?![0-9A-Za-z])"
)
_NOBODY = ("127.0.0.1", "::1", "0.0.0.0", "::")  # noqa: S104  (where we listen, not who reads)


def text(value: str, limit: int = TEXT_LIMIT) -> str:
    """The text, cut to `limit` characters; what steers a terminal or is no Unicode becomes its code."""
    if value.isascii() and "\x7f" not in value:
        return value if len(value) <= limit else value[:limit] + "…"
    cut = value if len(value) <= limit else value[:limit] + "…"
    return _NOT_PLAIN.sub(lambda match: f"\\u{ord(match[0]):04x}", cut)


def masked(value: str) -> str:
    """The text with every network address in it hidden, but for those that mean this machine."""
    return _ADDRESS.sub(_mask, value)


def _mask(match: re.Match[str]) -> str:
    found = match[0].rstrip(":.")
    if found in _NOBODY:
        return match[0]
    try:
        ip_address(found)
    except ValueError:
        return match[0]
    return HIDDEN + match[0][len(found) :]


def plain(value: object, depth: int = 0, *, characters: int = TEXT_LIMIT, items: int = ITEMS_LIMIT) -> object:
    """The value as JSON can say it, text scrubbed, masked and cut; what has no such form is told by its type only."""

    def inner(value: object) -> object:
        return plain(value, depth + 1, characters=characters, items=items)

    if isinstance(value, str):
        return text(masked(value[: 2 * characters]), characters)
    if value is None or isinstance(value, bool | float):
        return value  # orjson writes NaN as null
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if depth < 4 and isinstance(value, Mapping):
        return {text(masked(str(key))): inner(item) for key, item in list(value.items())[:items]}
    if depth < 4 and isinstance(value, list | tuple | set | frozenset):
        ordered = sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)
        return [inner(item) for item in ordered[:items]]
    return f"<{type(value).__name__}>"  # never a repr: it may hold anything
