"""A response that is kept, with all that is needed to know which requests it answers and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.cache.http.terms import Terms
from gateway.content.message import Fields, Response


@dataclass(frozen=True, slots=True)
class Stored:
    """`uri`: the target that it answers. `response`: as the origin sent it, without the fields that may not be kept.

    `selected_by`: the request's values of the fields that Vary names, by name in small letters, normalised.
    `requested_at`, `received_at`: Unix seconds. `digest`: of status, body and the fields that describe the body;
    the same for as long as the origin says that nothing changed. `tags`: Surrogate-Key and Cache-Tag; `groups`:
    Cache-Groups (RFC 9875). `partial`: of a 206, first and last position and the whole length. `invalid`: it must be
    validated before it is used again (RFC 9111, section 4.4).
    """

    uri: str
    selected_by: Mapping[str, str | None]
    response: Response
    requested_at: float
    received_at: float
    terms: Terms
    digest: str
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    partial: tuple[int, int, int] | None = None
    invalid: bool = False

    @property
    def fields(self) -> Fields:
        """The stored response's fields."""
        return self.response.fields

    @property
    def fresh_until(self) -> float:
        """The moment (Unix seconds) at which it is no longer fresh."""
        return self.received_at + (self.terms.lifetime or 0.0) - self.terms.age

    def age(self, now: float) -> float:
        """Seconds since the origin made or confirmed it (RFC 9111, section 4.2.3)."""
        return self.terms.age + max(0.0, now - self.received_at)
