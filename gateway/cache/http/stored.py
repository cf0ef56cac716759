"""A response that is kept, with all that is needed to know which requests it answers and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.cache.http.terms import Terms
from gateway.content.message import Fields, Response, values


@dataclass(frozen=True, slots=True)
class Stored:
    """`uri`: the target that it answers. `response`: as the origin sent it, without the fields that may not be kept.

    `selected_by`: the request's values of the fields that Vary names, by name in small letters, normalised.
    `requested_at`, `received_at`: Unix seconds. `digest`: of status, body and the fields that describe the body; the
    same for as long as the origin says that nothing changed. `tags`: the names under which it can be purged.
    `partial`: of a 206, first and last position and the whole length. `invalid`: it must be validated before it is
    used again, whatever its freshness (RFC 9111, section 4.4).
    """

    uri: str
    selected_by: Mapping[str, str | None]
    response: Response
    requested_at: float
    received_at: float
    terms: Terms
    digest: str
    tags: tuple[str, ...] = ()
    partial: tuple[int, int, int] | None = None
    invalid: bool = False

    @property
    def fields(self) -> Fields:
        """The stored response's fields."""
        return self.response.fields

    @property
    def size(self) -> int:
        """Bytes of body and fields, about."""
        return len(self.response.body) + sum(len(name) + len(value) + 4 for name, value in self.response.fields)

    @property
    def fresh_until(self) -> float:
        """The moment (Unix seconds) at which it is no longer fresh."""
        return self.received_at + (self.terms.lifetime or 0.0) - self.terms.age

    @property
    def etag(self) -> str | None:
        """Its entity tag, as the origin wrote it."""
        return next(iter(values(self.response.fields, "etag")), None)

    @property
    def last_modified(self) -> str | None:
        """Its Last-Modified, as the origin wrote it."""
        return next(iter(values(self.response.fields, "last-modified")), None)

    def age(self, now: float) -> float:
        """Seconds since the origin made or confirmed it (RFC 9111, section 4.2.3)."""
        return self.terms.age + max(0.0, now - self.received_at)
