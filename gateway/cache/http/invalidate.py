"""What an unsafe request makes doubtful (RFC 9111, section 4.4; RFC 9875, section 3). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from gateway.cache.http.stored import Stored
from gateway.cache.http.structured import strings
from gateway.cache.http.tags import group_name, target_name
from gateway.content.message import Request, Response, values

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing (RFC 9110, section 9.2.1). Any other may, those nobody knows among them."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


def invalidated(request: Request, response: Response, origin: str, known: Iterable[Stored] = ()) -> frozenset[str]:
    """The names (see `tags`) of what may not be used again after this answer: to be purged. None for a safe method, or
    one that failed. `origin`: scheme and authority of the CMS, as in `https://cms.example`; what Location and
    Content-Location name of another origin is left alone. `known`: what is stored for the target; whatever shares a
    group with it goes along.
    """
    if request.method in SAFE or not 200 <= response.status < 400:
        return frozenset()
    found = {target_name(request.target)}
    for name in ("location", "content-location"):
        for value in values(response.fields, name):
            target = _of_same_origin(request.target, value.strip(" \t"), origin)
            found |= {target_name(target)} if target is not None else set()
    groups = strings(values(response.fields, "cache-group-invalidation"))
    shared = {name for stored in known for name in stored.tags if name.startswith(group_name(""))}
    return frozenset(found | shared | {group_name(group) for group in groups})


def _of_same_origin(target: str, reference: str, origin: str) -> str | None:
    try:
        theirs, ours = urlsplit(urljoin(f"{origin}{target}", reference)), urlsplit(origin)
        same = (theirs.scheme, theirs.hostname, _port(theirs.scheme, theirs.port)) == (
            ours.scheme,
            ours.hostname,
            _port(ours.scheme, ours.port),
        )
    except ValueError:  # no URL at all
        return None
    return (theirs.path or "/") + (f"?{theirs.query}" if theirs.query else "") if same else None


def _port(scheme: str, port: int | None) -> int | None:
    return _DEFAULT_PORTS.get(scheme) if port is None else port
