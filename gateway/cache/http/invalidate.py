"""What an unsafe request makes doubtful (RFC 9111, section 4.4; RFC 9875, section 3). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from gateway.cache.http.tags import groups_of
from gateway.content.message import Request, Response, values

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@dataclass(frozen=True, slots=True)
class Invalidated:
    """Targets and groups whose stored responses must not be used again before they are validated."""

    targets: frozenset[str]
    groups: frozenset[str]


def invalidated(request: Request, response: Response, origin: str) -> Invalidated | None:
    """What the answer to an unsafe request invalidates; None for nothing. `origin`: scheme and authority, as in
    `https://cms.example`, of the requests that are stored; another origin's targets are left alone.
    """
    if request.method in _SAFE or not 200 <= response.status < 400:
        return None
    targets = {request.target}
    for name in ("location", "content-location"):
        for value in values(response.fields, name):
            found = _same_origin(urljoin(f"{origin}{request.target}", value.strip(" \t")), origin)
            targets |= {found} if found is not None else set()
    return Invalidated(frozenset(targets), frozenset(groups_of(response.fields, "cache-group-invalidation")))


def _same_origin(url: str, origin: str) -> str | None:
    theirs, ours = urlsplit(url), urlsplit(origin)
    if (theirs.scheme, theirs.netloc.lower()) != (ours.scheme, ours.netloc.lower()):
        return None
    return (theirs.path or "/") + (f"?{theirs.query}" if theirs.query else "")
