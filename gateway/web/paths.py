"""One path per resource: the canonical form of a request's target, or a refusal."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

MAX_TARGET = 2048
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\;]|//|(?:^|/)\.\.?(?:/|$)|%")


def canonical(target: str) -> tuple[str, str] | None:
    """Path and query of an origin-form target; None where the path has no single reading.

    Dot segments, empty segments, backslashes, path parameters, control bytes, double escapes and
    bytes that are not UTF-8 are refused instead of repaired: a policy scoped to a path must never
    see another spelling than the content does (RFC 3986 section 6.2 names the equivalences).
    """
    if len(target) > MAX_TARGET or not target.startswith("/"):
        return None
    raw, _, query = target.partition("?")
    if "#" in raw or "#" in query or _ESCAPE.search(raw):
        return None
    if re.search(r"%2f|%5c", raw, re.IGNORECASE):
        return None  # an encoded separator reads as one segment here and as two elsewhere
    try:
        path = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeError:  # not UTF-8, or not even octets
        return None
    if _FORBIDDEN.search(path):
        return None
    return path, query
