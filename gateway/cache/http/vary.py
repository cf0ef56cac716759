"""Which stored response a request selects: Vary (RFC 9111, section 4.1). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from gateway.cache.http.members import members
from gateway.cache.http.profile import Profile
from gateway.cache.http.stored import Stored
from gateway.content.message import Fields, Request, joined, values

_WEIGHT = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.ASCII)


@lru_cache(maxsize=512)
def _names(value: str) -> tuple[str, ...] | None:
    found = sorted({name.strip(" \t").lower() for name in value.split(",")} - {""})
    return None if "*" in found else tuple(found)


def vary_names(fields: Fields) -> tuple[str, ...] | None:
    """The request fields, in small letters, that Vary names; None for `*`, which no request matches."""
    return _names(",".join(values(fields, "vary")))


def selecting(names: Iterable[str], request: Request, profile: Profile) -> Mapping[str, str | None]:
    """The request's values of these fields, normalised; None for one that it does not have."""
    unordered = {"accept-encoding", "accept-language"} if profile.languages_unordered else {"accept-encoding"}
    found = {name: joined(request.fields, name) for name in names}
    return {
        name: None if value is None else _normalised(name, value, name in unordered) for name, value in found.items()
    }


@lru_cache(maxsize=1024)
def _normalised(name: str, value: str, unordered: bool) -> str:
    """What is the same for all values that mean the same: lines combined, whitespace around members dropped; languages
    and codings in small letters, and where order means nothing, by weight and name.
    """
    found = members(value)
    if name in ("accept-encoding", "accept-language"):
        found = [_weighed(member.lower()) for member in found]
    return ",".join(sorted(found) if unordered else found)


def _weighed(member: str) -> str:
    """A member with its weight in one form: none for 1."""
    parts = [part.strip(" \t") for part in member.split(";")]
    weight = _WEIGHT.fullmatch(parts[-1])
    if weight is None:
        return ";".join(parts)
    return ";".join(parts[:-1] if float(weight[1]) == 1 else [*parts[:-1], f"q={float(weight[1]):g}"])


def selected(request: Request, candidates: Iterable[Stored], profile: Profile) -> Stored | None:
    """The candidate that the request selects. Of several, the most recent by Date, of those that name what they vary
    by, if there are any (section 4.1).
    """
    found = [stored for stored in candidates if _selects(request, stored, profile)]
    return max(found, key=lambda stored: (bool(stored.selected_by), stored.terms.date), default=None)


def _selects(request: Request, stored: Stored, profile: Profile) -> bool:
    by = stored.selected_by
    return not by or selecting(by, request, profile) == by
