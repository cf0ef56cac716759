"""Which stored response a request selects: Vary (RFC 9111, section 4.1). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from gateway.cache.http.stored import Stored
from gateway.content.message import Fields, Request, joined, values


@lru_cache(maxsize=512)
def _names(value: str) -> tuple[str, ...] | None:
    found = sorted({name.strip(" \t").lower() for name in value.split(",")} - {""})
    return None if "*" in found else tuple(found)


def vary_names(fields: Fields) -> tuple[str, ...] | None:
    """The request fields, in small letters, that Vary names; None for `*`, which no request matches."""
    return _names(",".join(values(fields, "vary")))


def selecting(names: Iterable[str], request: Request) -> Mapping[str, str | None]:
    """The request's values of these fields, normalised; None for one that it does not have."""
    return {name: normalised(joined(request.fields, name)) for name in names}


def normalised(value: str | None) -> str | None:
    """Lines combined, and whitespace around members dropped: two values alike mean the same (section 4.1)."""
    if value is None:
        return None
    return ",".join(part.strip(" \t") for part in value.split(","))


def selected(request: Request, candidates: Iterable[Stored]) -> Stored | None:
    """The candidate that the request selects; of several the one with the most recent Date (section 4.1)."""
    found = [stored for stored in candidates if selecting(stored.selected_by, request) == stored.selected_by]
    return max(found, key=lambda stored: (stored.terms.date, stored.received_at), default=None)
