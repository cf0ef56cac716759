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


def passable(target: str, *, exact: bool = False) -> str | None:
    """The path of a target that is passed on as it is, in the one form in which policies look at it; None where it has
    no single reading: dot segments, backslashes, encoded separators, double escapes, controls, what is no UTF-8.

    Empty segments and path parameters are the CMS's business; policies see the path without them. `exact`: no policy
    is asked, and a path without a single reading is passed on as it stands, too.
    """
    raw = target.partition("?")[0]
    if _PLAIN.fullmatch(raw):
        return raw
    if target == "*":
        return "*"
    if not raw.startswith("/"):
        return None
    try:
        path = unquote_to_bytes(raw.encode("utf-8", "surrogateescape")).decode("utf-8")
    except UnicodeDecodeError:
        path = "\0"
    bare = re.sub(r";[^/]*", "", path)  # before dots are looked for: in Java, `..;x` is a dot segment, too
    doubtful = _ESCAPE.search(raw) or re.search(r"%2f|%5c|#", raw, re.IGNORECASE)
    if doubtful or _DOUBTFUL.search(path) or _DOUBTFUL.search(bare):
        return raw if exact else None
    return re.sub(r"/{2,}", "/", bare) or "/"


_PLAIN = re.compile(r"/|(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?")
"""Most paths have a single reading at sight."""
_DOUBTFUL = re.compile(r"[\x00-\x1f\x7f\\]|(?:^|/)\.\.?(?:/|$)|%[0-9A-Fa-f]{2}")
