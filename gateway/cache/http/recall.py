"""May a stored response answer this request, now? RFC 9111, section 4. Pure: read this first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.cache.http.directives import Directives, directives, seconds
from gateway.cache.http.profile import Profile
from gateway.cache.http.ranges import Part, wanted_part
from gateway.cache.http.stored import Stored
from gateway.cache.http.validators import strong_etag
from gateway.cache.http.vary import selected
from gateway.content.message import Fields, Request, values, without

CONDITIONS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range")


@dataclass(frozen=True, slots=True)
class Serve:
    """Answer with this (see `answer`). `age`: seconds. `revalidate`: refresh it meanwhile, by a request of its own
    with the fields of `validating` (RFC 5861, section 3).
    """

    stored: Stored
    age: float
    stale: bool = False
    revalidate: bool = False


@dataclass(frozen=True, slots=True)
class Validate:
    """Ask the origin whether this is still right, by a request with exactly these fields. A 304: `refreshed`, then
    `answer`; any other response: `keep`, then pass it on; a failure: `on_error`.
    """

    stored: Stored
    fields: Fields
    why: str


@dataclass(frozen=True, slots=True)
class Forward:
    """Ask the origin by a request with exactly these fields; nothing stored answers. `why`: RFC 9211's word. `stored`:
    what may help out if that fails, or be completed by what comes (see `combined`).
    """

    why: str
    fields: Fields
    stored: Stored | None = None


@dataclass(frozen=True, slots=True)
class Fail504:
    """The reader wants a stored answer or none (only-if-cached), and there is none (section 5.2.1.7)."""


Verdict = Serve | Validate | Forward | Fail504


def recall(request: Request, candidates: Iterable[Stored], now: float, profile: Profile) -> Verdict:
    """What to do about a request, given all that is stored for its target. `now`: Unix seconds."""
    if request.method not in ("GET", "HEAD"):
        return Forward("method", request.fields)
    if not profile.shares_with_credentials and values(request.fields, "authorization"):
        return Forward("bypass", request.fields)
    candidates = tuple(candidates)
    asked = directives(values(request.fields, "cache-control"))
    stored = selected(request, candidates, profile)
    if stored is None:
        return _forward("vary-miss" if candidates else "uri-miss", request, asked, profile)
    if stored.partial and not _within(request, stored.partial):
        return _completing(request, stored, now, asked, profile)
    age, lifetime = stored.age(now), stored.terms.lifetime or 0.0
    must_ask, fresh = stored.invalid or stored.terms.ask_first, lifetime > age
    refused = profile.readers_may_ask and _reader_refuses(stored, age, lifetime, asked, request)
    if not must_ask and not refused:
        if fresh:
            return Serve(stored, age)
        if not stored.terms.no_stale and _reader_takes_stale(asked, age - lifetime):
            return Serve(stored, age, stale=True)
        if not stored.terms.no_stale and age - lifetime <= (stored.terms.stale_while_revalidate or -1):
            return Serve(stored, age, stale=True, revalidate=True)
    why = "stale" if must_ask or not fresh else "request"
    if request.method == "HEAD" or not conditions_of(stored):
        return _forward(why, request, asked, profile, stored)
    return Fail504() if "only-if-cached" in asked else Validate(stored, validating(request, stored), why)


def on_error(
    request: Request, stored: Stored | None, now: float, profile: Profile, *, answered: int | None = None
) -> Serve | None:
    """Whether a stored response may stand in for an origin that failed: it could not be reached or did not keep to
    HTTP (`answered` is None), or it answered with this status (RFC 9111, section 4.2.4; RFC 5861, section 4). None:
    the failure is passed on.
    """
    if stored is None or stored.terms.no_stale or stored.invalid:
        return None
    if answered is not None and answered not in profile.failures:
        return None
    if stored.partial and not _within(request, stored.partial):
        return None
    age = stored.age(now)
    past = age - (stored.terms.lifetime or 0.0)
    allowed = stored.terms.stale_if_error
    if allowed is None:
        allowed = profile.stale_unreachable_seconds if answered is None else profile.stale_failing_seconds
    asked = seconds(directives(values(request.fields, "cache-control")), "stale-if-error")
    if past <= min(max(allowed, asked or 0), profile.stale_limit_seconds):
        return Serve(stored, age, stale=past >= 0)
    return None


def validating(request: Request, stored: Stored) -> Fields:
    """The request's fields, the reader's own conditions replaced by the stored response's (section 4.3.1)."""
    left_out = CONDITIONS if stored.partial else (*CONDITIONS, "range")
    return without(request.fields, left_out) + conditions_of(stored)


def conditions_of(stored: Stored) -> Fields:
    """The condition under which the origin need not send it again; none where it has no validator."""
    found = ("If-None-Match", stored.etag), ("If-Modified-Since", stored.last_modified)
    return tuple((name, value) for name, value in found if value is not None)


def _reader_refuses(stored: Stored, age: float, lifetime: float, asked: Directives, request: Request) -> bool:
    """Whether the reader wants it fresher than that (section 5.2.1), or by HTTP/1.0's Pragma (section 5.4)."""
    if "no-cache" in asked or (not asked and "no-cache" in directives(values(request.fields, "pragma"))):
        return True
    most, least = seconds(asked, "max-age"), seconds(asked, "min-fresh")
    if least is not None and lifetime - age < least:
        return True
    # A browser's reload does not move what is immutable while it is fresh (RFC 8246, section 2).
    return most is not None and age > most and not (stored.terms.immutable and lifetime > age)


def _reader_takes_stale(asked: Directives, past: float) -> bool:
    if "max-stale" not in asked:
        return False
    limit = seconds(asked, "max-stale")
    return asked["max-stale"] is None or (limit is not None and past <= limit)


def _within(request: Request, partial: tuple[int, int, int]) -> bool:
    """Whether the request asks for nothing but what this part holds (section 3.3)."""
    first, last, length = partial
    if request.method != "GET":
        return False
    wanted = wanted_part(values(request.fields, "range"), length)
    return isinstance(wanted, Part) and wanted.within(first, last)


def _completing(request: Request, stored: Stored, now: float, asked: Directives, profile: Profile) -> Verdict:
    """Ask for what is missing, where one range of the very same representation would be all of it."""
    first, last, length = stored.partial or (0, 0, 1)
    etag = strong_etag(stored.fields)
    rest = f"{last + 1}-" if first == 0 else f"0-{first - 1}" if last == length - 1 else None
    usable = stored.fresh_until > now and not stored.invalid and "only-if-cached" not in asked
    if request.method != "GET" or etag is None or rest is None or not usable or values(request.fields, "range"):
        return _forward("partial", request, asked, profile, stored)
    fields = without(request.fields, (*CONDITIONS, "range"))
    return Forward("partial", (*fields, ("Range", f"bytes={rest}"), ("If-Range", etag)), stored)


def _forward(why: str, request: Request, asked: Directives, profile: Profile, stored: Stored | None = None) -> Verdict:
    if "only-if-cached" in asked:
        return Fail504()
    waits = profile.whole_fills and request.method == "GET" and not values(request.fields, "range")
    return Forward(why, without(request.fields, CONDITIONS) if waits else request.fields, stored)
