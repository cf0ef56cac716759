"""May a stored response answer this request, now? RFC 9111, section 4. Pure: read this first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.cache.http.directives import Directives, directives, seconds
from gateway.cache.http.profile import Profile
from gateway.cache.http.stored import Stored
from gateway.cache.http.vary import selected
from gateway.content.message import Fields, Request, values, without

_CONDITIONS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range", "range")


@dataclass(frozen=True, slots=True)
class Serve:
    """Answer with this (see `answer`). `age`: seconds. `revalidate`: refresh it meanwhile (RFC 5861, section 3)."""

    stored: Stored
    age: float
    stale: bool = False
    revalidate: bool = False


@dataclass(frozen=True, slots=True)
class Validate:
    """Ask the origin whether this is still right, by a request with exactly these fields. A 304: `refreshed`, then
    `answer`; a whole response: `keep`, then pass it on; a failure: `on_error`.
    """

    stored: Stored
    fields: Fields
    why: str


@dataclass(frozen=True, slots=True)
class Forward:
    """Ask the origin; nothing stored answers. `why`: RFC 9211's word. `stored`: what may help out if that fails."""

    why: str
    stored: Stored | None = None


@dataclass(frozen=True, slots=True)
class Fail504:
    """The reader wants a stored answer or none (only-if-cached), and there is none (section 5.2.1.7)."""


Verdict = Serve | Validate | Forward | Fail504


def recall(request: Request, candidates: Iterable[Stored], now: float, profile: Profile) -> Verdict:
    """What to do about a request, given all that is stored for its target. `now`: Unix seconds."""
    if request.method not in ("GET", "HEAD"):
        return Forward("method")
    candidates = tuple(candidates)
    asked = directives(values(request.fields, "cache-control"))
    stored = selected(request, candidates)
    if stored is None:
        return _forward("vary-miss" if candidates else "uri-miss", None, asked)
    age = stored.age(now)
    why = _must_ask(stored, age, asked, request, profile)
    if why is None:
        return Serve(stored, age)
    if why == "stale" and not stored.terms.no_stale:
        past = age - (stored.terms.lifetime or 0.0)
        if _reader_takes_stale(asked, past):
            return Serve(stored, age, stale=True)
        if past <= (stored.terms.stale_while_revalidate or -1):
            return Serve(stored, age, stale=True, revalidate=True)
    conditions = conditions_of(stored)
    if not conditions or "only-if-cached" in asked:
        return _forward(why, stored, asked)
    return Validate(stored, without(request.fields, _CONDITIONS) + conditions, why)


def on_error(
    request: Request, stored: Stored | None, now: float, profile: Profile, *, answered: int | None = None
) -> Serve | None:
    """Whether a stale response may stand in for an origin that failed: it could not be reached (`answered` is None),
    or it answered with this 5xx (RFC 9111, section 4.2.4; RFC 5861, section 4). None: the failure is passed on.
    """
    if stored is None or stored.terms.no_stale or stored.invalid or (answered is not None and answered < 500):
        return None
    age = stored.age(now)
    past = age - (stored.terms.lifetime or 0.0)
    allowed = stored.terms.stale_if_error
    if allowed is None:
        allowed = profile.stale_if_error_seconds
    asked = seconds(directives(values(request.fields, "cache-control")), "stale-if-error")
    if past <= max(allowed, asked or 0):
        return Serve(stored, age, stale=past >= 0)
    return None


def conditions_of(stored: Stored) -> Fields:
    """The condition under which the origin need not send it again (section 4.3.1); none where it has no validator."""
    found = [("If-None-Match", value) for value in values(stored.fields, "etag")[:1]]
    found += [("If-Modified-Since", value) for value in values(stored.fields, "last-modified")[:1]]
    return tuple(found)


def _must_ask(stored: Stored, age: float, asked: Directives, request: Request, profile: Profile) -> str | None:
    """Why the origin must be asked before this is used, in RFC 9211's words; None where it need not be."""
    lifetime = stored.terms.lifetime or 0.0
    if stored.invalid or stored.terms.ask_first or age >= lifetime:
        return "stale"
    if not profile.readers_may_ask:
        return None
    if "no-cache" in asked or ("cache-control" not in asked and _pragma(request, asked)):
        return "request"
    most, least = seconds(asked, "max-age"), seconds(asked, "min-fresh")
    if (most is not None and age > most) or (least is not None and lifetime - age < least):
        return "request"
    return None


def _pragma(request: Request, asked: Directives) -> bool:
    """HTTP/1.0's no-cache, where there is no Cache-Control (section 5.4)."""
    return not asked and "no-cache" in directives(values(request.fields, "pragma"))


def _reader_takes_stale(asked: Directives, past: float) -> bool:
    if "max-stale" not in asked:
        return False
    limit = seconds(asked, "max-stale")
    return asked["max-stale"] is None or (limit is not None and past <= limit)


def _forward(why: str, stored: Stored | None, asked: Directives) -> Verdict:
    return Fail504() if "only-if-cached" in asked else Forward(why, stored)
