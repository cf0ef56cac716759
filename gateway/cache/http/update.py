"""Bring a stored response up to date by what the origin says of it: 304, HEAD (RFC 9111, section 4.3). Pure."""

from __future__ import annotations

from dataclasses import replace

from gateway.cache.http.keep import kept_fields
from gateway.cache.http.profile import Profile
from gateway.cache.http.stored import Stored
from gateway.cache.http.tags import groups_of, tags_of
from gateway.cache.http.terms import terms_of
from gateway.content.message import Response, without


def refreshed(stored: Stored, response: Response, requested_at: float, received_at: float, profile: Profile) -> Stored:
    """The stored response after a 304: each field of the 304 takes the place of the stored one (section 3.2)."""
    new = without(kept_fields(response.fields, profile), ("content-length", "content-encoding", "content-range"))
    fields = without(stored.fields, {name for name, _ in new}) + new
    return replace(
        stored,
        response=replace(stored.response, fields=fields),
        requested_at=requested_at,
        received_at=received_at,
        terms=terms_of(stored.response.status, fields, requested_at, received_at, profile),
        tags=tags_of(fields),
        groups=groups_of(fields),
        invalid=False,
    )
