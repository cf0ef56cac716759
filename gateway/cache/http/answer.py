"""What a reader is sent from a stored response: all of it, a part (206), nothing new (304), or its fields. Pure."""

from __future__ import annotations

from dataclasses import replace

from gateway.cache.codings import etag_matches
from gateway.cache.http import dates
from gateway.cache.http.ranges import Part, wanted_part, written
from gateway.cache.http.stored import Stored
from gateway.cache.http.validators import strong_date, strong_etag
from gateway.content.message import Fields, Request, Response, values, without

_NOT_IN_304 = ("content-encoding", "content-language", "content-length", "content-range", "content-type")


def answer(request: Request, stored: Stored, now: float, *, validated: bool = False) -> Response:
    """The response to a GET or HEAD, its conditions and range applied (RFC 9111, section 4.3.2).

    `validated`: the origin has confirmed or made it for this very request, so that its Age is as the origin sent it;
    else Age is ours (section 4).
    """
    fields = stored.fields
    if not validated:
        fields = (*without(fields, ("age",)), ("Age", str(int(stored.age(now)))))
    if stored.response.status in (200, 206) and _not_modified(request, stored):
        # Last-Modified is for those that have nothing better (RFC 9110, section 15.4.5).
        left_out = (*_NOT_IN_304, "last-modified") if stored.etag else _NOT_IN_304
        return Response(304, "Not Modified", without(fields, left_out))
    if request.method == "HEAD":
        return Response(stored.response.status, stored.response.reason, fields)
    part = _wanted(request, stored, now)
    if stored.partial and not (isinstance(part, Part) and part.within(*stored.partial[:2])):
        part = None  # the origin sent other positions than were asked for, and says which
    if part is not None:
        return _partial(stored, fields, part)
    return stored.response if validated else replace(stored.response, fields=fields)


def _not_modified(request: Request, stored: Stored) -> bool:
    """If-None-Match, or if there is none, If-Modified-Since (RFC 9110, section 13.2.2)."""
    wanted = values(request.fields, "if-none-match")
    if wanted:
        listed = ", ".join(wanted)
        return listed.strip(" \t") == "*" or bool(stored.etag and etag_matches(listed, stored.etag.strip(" \t")))
    since = values(request.fields, "if-modified-since")
    theirs = dates.parsed(since[0], stored.received_at) if len(since) == 1 else None
    if theirs is None:
        return False
    ours = dates.parsed(stored.last_modified, stored.received_at) if stored.last_modified else stored.terms.date
    return ours is not None and ours <= theirs


def _wanted(request: Request, stored: Stored, now: float) -> Part | bool | None:
    """The part that is asked for, if it applies: of a whole or partial 200, and If-Range still true."""
    if request.method != "GET" or stored.response.status not in (200, 206):
        return None
    condition = values(request.fields, "if-range")
    if condition and not _is_same(condition[0].strip(" \t"), stored, now):
        return None
    length = stored.partial[2] if stored.partial else len(stored.response.body)
    return wanted_part(values(request.fields, "range"), length)


def _is_same(condition: str, stored: Stored, now: float) -> bool:
    """Strong comparison, and of dates an exact one (RFC 9110, section 13.1.5)."""
    return condition in (strong_etag(stored.fields), strong_date(stored.fields, now))


def _partial(stored: Stored, fields: Fields, part: Part | bool) -> Response:
    at, _, length = stored.partial or (0, 0, len(stored.response.body))
    rest = without(fields, ("content-length", "content-range"))
    if not isinstance(part, Part):
        unsatisfied = (("Content-Range", f"bytes */{length}"), ("Content-Length", "0"))
        return Response(416, "Range Not Satisfiable", without(rest, _NOT_IN_304) + unsatisfied)
    described = (("Content-Range", written(part, length)), ("Content-Length", str(part.length)))
    return Response(
        206, "Partial Content", rest + described, stored.response.body[part.first - at : part.last - at + 1]
    )
