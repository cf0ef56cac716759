"""On what terms a stored response may be used: its freshness and age, worked out once, when it is stored. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.cache.http import dates
from gateway.cache.http.directives import Directives, delta_seconds, directives, names, seconds
from gateway.cache.http.profile import Profile
from gateway.cache.http.targeted import targeted
from gateway.content.message import Fields, joined, values

HEURISTIC_STATUSES = frozenset({200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501})
"""Heuristically cacheable (RFC 9110, section 15.1)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """`date`: Unix seconds. `age`: seconds, as of the moment at which the response came (RFC 9111, section 4.2.3).
    `lifetime`: seconds of freshness (section 4.2.1), None where nothing gives it any. `ask_first`: no reuse without
    validation. `no_stale`: never sent stale. `stale_while_revalidate`, `stale_if_error`: seconds past freshness (RFC
    5861), None where the origin does not say. `immutable`: RFC 8246. `no_store`: may not stay stored, as a 304 may find
    out late.
    """

    date: float
    age: float
    lifetime: float | None
    ask_first: bool = False
    no_stale: bool = False
    stale_while_revalidate: int | None = None
    stale_if_error: int | None = None
    immutable: bool = False
    no_store: bool = False


def control(fields: Fields, profile: Profile) -> tuple[Directives, bool]:
    """The directives that count for this cache, and whether they are a targeted field's (RFC 9213, section 2.2)."""
    for name in profile.targets:
        said = targeted(values(fields, name))
        if said is not None:
            return said, True
    return directives(values(fields, "cache-control")), False


def terms_of(status: int, fields: Fields, requested_at: float, received_at: float, profile: Profile) -> Terms:
    """The terms of a response to a request sent at `requested_at`, received at `received_at` (Unix seconds)."""
    said, is_targeted = control(fields, profile)
    date = date_of(fields, received_at)
    # Counted from when the request was sent: the answer may have aged on its way (section 4.2.3).
    age = max(received_at - date, _age_value(fields) + max(0.0, received_at - requested_at), 0.0)
    lifetime = _explicit(said, fields, date, received_at, is_targeted)
    if lifetime is None and (status in HEURISTIC_STATUSES or "public" in said):
        lifetime = _heuristic(fields, date, received_at, profile)
    while_revalidate, if_error = seconds(said, "stale-while-revalidate"), seconds(said, "stale-if-error")
    says_both = profile.stale_beside_s_maxage and bool(while_revalidate or if_error)
    ask_first = "no-cache" in said and not names(said["no-cache"])
    return Terms(
        date=date,
        age=age,
        lifetime=lifetime,
        ask_first=ask_first,
        no_stale=ask_first
        or bool({"must-revalidate", "proxy-revalidate"} & said.keys())
        or ("s-maxage" in said and not says_both),
        stale_while_revalidate=while_revalidate,
        stale_if_error=if_error,
        immutable="immutable" in said,
        no_store="no-store" in said and "must-understand" not in said,
    )


def date_of(fields: Fields, received_at: float) -> float:
    """Date, or the moment of receipt where there is none that can be read (RFC 9110, section 6.6.1)."""
    found = values(fields, "date")
    moment = dates.parsed(found[0], received_at) if found else None
    return received_at if moment is None else moment


def _age_value(fields: Fields) -> int:
    """Age; of several members the first, and 0 for what is no number (section 5.1)."""
    first = (joined(fields, "age") or "").partition(",")[0].strip(" \t")
    return delta_seconds(first) or 0


def _explicit(said: Directives, fields: Fields, date: float, received_at: float, is_targeted: bool) -> float | None:
    """Section 4.2.1. What is said but cannot be read leaves the response stale, as the section encourages."""
    for name in ("s-maxage", "max-age"):
        if name in said:
            return float(seconds(said, name) or 0)
    expires = values(fields, "expires")
    if is_targeted or not expires:
        return None
    moment = dates.parsed(expires[0], received_at)
    return 0.0 if moment is None else max(0.0, moment - date)


def _heuristic(fields: Fields, date: float, received_at: float, profile: Profile) -> float | None:
    """A share of the time since Last-Modified (section 4.2.2)."""
    modified = values(fields, "last-modified")
    moment = dates.parsed(modified[0], received_at) if modified else None
    if moment is None or profile.heuristic_fraction <= 0:
        return None
    return min(max(0.0, date - moment) * profile.heuristic_fraction, float(profile.heuristic_limit_seconds))
