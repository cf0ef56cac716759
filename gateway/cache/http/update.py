"""Bring a stored response up to date by what the origin says of it: 304, HEAD, further parts (RFC 9111). Pure."""

from __future__ import annotations

from dataclasses import replace

from gateway.cache.http.keep import digest_of, kept_fields
from gateway.cache.http.profile import Profile
from gateway.cache.http.ranges import Part, content_range, joined_bodies, written
from gateway.cache.http.stored import Stored
from gateway.cache.http.tags import names_of
from gateway.cache.http.terms import terms_of
from gateway.cache.http.validators import same_strong, same_weak, strong_date, strong_etag
from gateway.cache.http.vary import selecting, vary_names
from gateway.content.message import Fields, Request, Response, values, without

_ABOUT_THE_STORED_BODY = ("content-encoding", "content-length", "content-range")
"""What an update leaves as it is: it would say something untrue of the bytes that are stored (section 3.2)."""
_OF_THE_MOMENT = ("age", "date")


def refreshed(
    request: Request, stored: Stored, response: Response, requested_at: float, received_at: float, profile: Profile
) -> Stored | None:
    """The stored response after a 304 to our condition (sections 3.2, 4.3.4). None where the 304 means another
    response: then nothing may be updated by it, and the request is sent again without a condition.
    """
    if not _is_meant(stored, response.fields, received_at):
        return None
    return _updated(request, stored, response.fields, requested_at, received_at, profile)


def head_updated(
    request: Request, stored: Stored, response: Response, requested_at: float, received_at: float, profile: Profile
) -> Stored:
    """A stored response that this HEAD could have selected, after its 200 (section 4.3.5): updated where validators and
    length agree, else doubtful, to be validated before it is used again.
    """
    for name in ("etag", "last-modified", "content-length"):
        theirs = [value.strip(" \t") for value in values(response.fields, name)]
        ours = [value.strip(" \t") for value in values(stored.fields, name)]
        if name == "content-length" and not ours and not stored.partial:
            ours = [str(len(stored.response.body))]
        if theirs and theirs != ours:
            return replace(stored, invalid=True)
    return _updated(request, stored, response.fields, requested_at, received_at, profile)


def combined(
    request: Request, stored: Stored, response: Response, requested_at: float, received_at: float, profile: Profile
) -> Stored | None:
    """A stored response and a 206 of the same representation as one (section 3.4); None where they share no strong
    validator, or do not touch.
    """
    new = content_range(response) if response.status == 206 else None
    if new is None or not same_strong(stored.fields, response.fields, received_at):
        return None
    first, _, length = stored.partial or (0, 0, len(stored.response.body))
    found = joined_bodies(stored.response.body, first, response.body, new[0]) if new[2] == length else None
    if found is None:
        return None
    at, body = found
    updated = _updated(request, stored, response.fields, requested_at, received_at, profile)
    fields = without(updated.fields, ("content-range", "content-length"))
    whole = len(body) == length
    part = Part(at, at + len(body) - 1)
    fields += () if whole else (("Content-Range", written(part, length)),)
    fields += (("Content-Length", str(len(body))),)
    joined = Response(200, "OK", fields, body) if whole else replace(updated.response, fields=fields, body=body)
    partial = None if whole else (part.first, part.last, length)
    return replace(updated, response=joined, partial=partial, digest=digest_of(joined))


def _is_meant(stored: Stored, new: Fields, now: float) -> bool:
    """Section 4.3.4: by strong validators, else by weak ones. A 304 with neither answers the only question that was
    asked: many origins send such, and there is one response that they can mean.
    """
    if strong_etag(new) or strong_date(new, now):
        same_etag = strong_etag(new) is not None and strong_etag(new) == strong_etag(stored.fields)
        same_date = strong_date(new, now) is not None and strong_date(new, now) == (stored.last_modified or "").strip()
        return same_etag or (same_date and strong_etag(new) is None)
    if values(new, "etag") or values(new, "last-modified"):
        return same_weak(new, stored.fields)
    return True


def _updated(
    request: Request, stored: Stored, new: Fields, requested_at: float, received_at: float, profile: Profile
) -> Stored:
    """The stored response with each of these fields in place of its own (section 3.2)."""
    new = without(kept_fields(new, received_at, profile), _ABOUT_THE_STORED_BODY)
    fields = without(stored.fields, {name for name, _ in new} | set(_OF_THE_MOMENT)) + new
    response = replace(stored.response, fields=fields)
    varies = vary_names(fields)
    return replace(
        stored,
        response=response,
        selected_by=stored.selected_by if varies is None else selecting(varies, request, profile),
        requested_at=requested_at,
        received_at=received_at,
        terms=terms_of(response.status, fields, requested_at, received_at, profile),
        digest=digest_of(response),
        tags=names_of(stored.uri, fields),
        invalid=varies is None,
    )
