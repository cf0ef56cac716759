"""Entity tags and dates of change: which are strong, and when two are the same (RFC 9110, section 8.8). Pure."""

from __future__ import annotations

import re

from gateway.cache.http import dates
from gateway.content.message import Fields, values

_STRONG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')
_SURE_SECONDS = 60


def strong_etag(fields: Fields) -> str | None:
    """The entity tag, if it is a strong one."""
    found = values(fields, "etag")
    etag = found[0].strip(" \t") if found else ""
    return etag if _STRONG.fullmatch(etag) else None


def strong_date(fields: Fields, now: float) -> str | None:
    """Last-Modified, if it lies far enough before Date that nothing changed unseen (section 8.8.2.2)."""
    modified, date = values(fields, "last-modified"), values(fields, "date")
    if not modified or not date:
        return None
    changed, made = dates.parsed(modified[0], now), dates.parsed(date[0], now)
    sure = changed is not None and made is not None and made - changed >= _SURE_SECONDS
    return modified[0].strip(" \t") if sure else None


def same_strong(one: Fields, other: Fields, now: float) -> bool:
    """Whether two responses have a strong validator in common, and none in which they differ."""
    etags = strong_etag(one), strong_etag(other)
    if etags[0] or etags[1]:
        return etags[0] == etags[1]
    days = strong_date(one, now), strong_date(other, now)
    return days[0] is not None and days[0] == days[1]


def same_weak(one: Fields, other: Fields) -> bool:
    """Whether the validators that the first response has are the other's, too, by weak comparison."""
    for name in ("etag", "last-modified"):
        mine, theirs = values(one, name), values(other, name)
        if mine:
            return bool(theirs) and _bare(mine[0]) == _bare(theirs[0])
    return False


def _bare(etag: str) -> str:
    return etag.strip(" \t").removeprefix("W/")
