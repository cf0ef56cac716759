"""The truth about an answer that began at a CMS: what may be kept of it, by whom, until when (RFC 9110, 9111). Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gateway.cache.codings import choose_coding, etag_matches
from gateway.cache.freshness import ASK_EACH_TIME, MAX_AGE_SECONDS, NEVER_KEEP, seconds_fresh
from gateway.cache.http.answer import answer
from gateway.cache.http.directives import directives
from gateway.cache.http.profile import RFC9111
from gateway.cache.http.status import cache_status, with_status
from gateway.cache.http.stored import Stored
from gateway.cache.http.terms import terms_of
from gateway.cache.page import StoredPage
from gateway.content.message import Fields, Request, Response, joined, values, without
from gateway.passage.passing import Passed
from gateway.policy.decision import Decision
from gateway.web.context import Context
from gateway.web.exchange import Outgoing
from gateway.web.headers import OF_THE_CONTENT, blocked_by, with_those_of_policies
from gateway.web.onward import PSEUDONYM

VIA = ("Via", f"1.1 {PSEUDONYM}")
_LIFETIMES = ("cache-control", "edge-control", "expires", "pragma", "surrogate-control", "x-accel-expires")
"""With every `…-cache-control` (RFC 9213): what says to anybody how long an answer may be kept. nginx, by the last of
them, and Akamai, by `Edge-Control`, keep even what Cache-Control calls private.
"""
_OF_THE_ORIGINAL = ("accept-ranges", "age", "content-md5", "date", "digest", "etag", "last-modified", "vary")
_BY_DATE = ("if-modified-since", "if-unmodified-since", "if-range")


def outgoing(context: Context, passed: Passed, now: float) -> Outgoing:
    """The answer as it leaves, for this reader at this moment (`now`: Unix seconds)."""
    if passed.stream is not None:
        return _streamed(context, passed)
    page, decision = passed.sight.page, passed.decision
    if page is None or decision is None:
        sent = _as_it_came(context, passed, now)
    else:
        sent = _treated(context, passed, page, decision, now)
    return replace(sent, door=passed.sight.door, delivered=passed, reader=context.reader)


def _streamed(context: Context, passed: Passed) -> Outgoing:
    response, decision = passed.response, passed.decision
    fields = response.fields
    if decision is not None and _bound(decision):
        fields = _bounded(fields, decision, context.reader.now)
    fields = (*with_status(fields, _status(passed)), VIA)
    sent = Outgoing(response.status, fields, b"", delivered=passed, reader=context.reader, exact=True)
    condition, etag = context.incoming.header("if-none-match"), joined(response.fields, "etag")
    if response.status == 200 and condition and etag and etag_matches(condition, etag):
        return replace(sent, status=304, reason="Not Modified", headers=_unchanged(fields), stream=passed.stream)
    return replace(sent, reason=response.reason, stream=passed.stream)


def _as_it_came(context: Context, passed: Passed, now: float) -> Outgoing:
    """The CMS's own octets. Where the page can depend on place or is about to change, only who may keep it is ours."""
    decision, came, reading = passed.decision, passed.response, context.reader
    asked = Request(context.incoming.method, context.incoming.target, context.incoming.fields)
    bound = decision is not None and _bound(decision)
    if bound:
        # Another reader's page may have the same date and other words.
        asked = replace(asked, fields=without(asked.fields, _BY_DATE))
    stored = passed.stored or (_for_now(came, now) if came.status == 200 else None)
    response, aged = came, passed.status in ("hit", "stale")
    if stored is not None and asked.method in ("GET", "HEAD"):
        stored = stored if stored.response is came else replace(stored, response=came)
        response = answer(asked, stored, now, validated=not aged)
    fields = response.fields
    if bound and decision is not None:
        fields = _bounded(fields, decision, reading.now)
    if reading.preview:
        fields = (*_unkept(fields), ("Cache-Control", NEVER_KEEP), ("X-Robots-Tag", "noindex, nofollow, noarchive"))
    headers = (*with_status(fields, _status(passed)), VIA)
    if aged:
        headers = (*without(headers, ("age",)), *(one for one in headers if one[0] == "Age"))
    return Outgoing(response.status, headers, response.body, exact=True, reason=response.reason)


def _treated(context: Context, passed: Passed, page: StoredPage, decision: Decision, now: float) -> Outgoing:
    """What policies made of it, under an entity tag of its own: neither tag ever stands for the other's page."""
    coding = choose_coding(context.incoming.header("accept-encoding"), page.bodies)
    varies = ", ".join(dict.fromkeys([*(values(page.fields, "vary")), "Accept-Encoding"]))
    headers = [
        ("Content-Type", page.content_type),
        *_unkept(without(page.fields, _OF_THE_ORIGINAL)),
        ("Cache-Control", _control(context, passed, decision, now)),
        ("ETag", page.etags[coding]),
        ("Vary", varies),
        ("Cache-Status", _status(passed)),
        VIA,
    ]
    if coding != "identity":
        headers.append(("Content-Encoding", coding))
    if page.status == 451:
        headers.append(blocked_by(context))
    if decision.treatments.forwarding is not None and page.status in (302, 307):
        headers.append(("Location", decision.treatments.forwarding.location))
    headers = with_those_of_policies(headers, decision)
    if context.reader.preview:
        headers.append(("X-Robots-Tag", "noindex, nofollow, noarchive"))
    status, body = page.status, page.bodies[coding]
    condition = context.incoming.header("if-none-match")
    if status == 200 and condition is not None and etag_matches(condition, page.etags[coding]):
        kept = [field for field in headers if field[0] not in OF_THE_CONTENT]
        return Outgoing(304, kept, b"", exact=True, reason="Not Modified")
    reason = passed.response.reason if status == passed.response.status else _PHRASES.get(status, "")
    return Outgoing(status, headers, body, exact=True, reason=reason)


_PHRASES = {302: "Found", 307: "Temporary Redirect", 410: "Gone", 451: "Unavailable For Legal Reasons"}


def _control(context: Context, passed: Passed, decision: Decision, now: float) -> str:
    """Cache-Control of a treated page: never longer than the CMS allows, nor past the next boundary."""
    if context.reader.preview:
        return NEVER_KEEP
    if "storing" in decision.treatments.protect:
        return "private, no-cache, no-store"
    said = directives(values(passed.response.fields, "cache-control"))
    if "no-store" in said:
        return NEVER_KEEP
    stored = passed.stored
    if decision.depends_on_place or stored is None or "private" in said or stored.terms.ask_first:
        return ASK_EACH_TIME
    fresh = int(min(float(MAX_AGE_SECONDS), max(0.0, stored.fresh_until - now)))
    return f"public, max-age={seconds_fresh(decision.valid_until, context.reader.now, fresh)}, must-revalidate"


def _bound(decision: Decision) -> bool:
    """Whether another reader, or another moment, may get another page."""
    return decision.depends_on_place or decision.valid_until is not None


def _bounded(fields: Fields, decision: Decision, now: datetime) -> Fields:
    """The fields, with nothing in them by which anybody could keep the page for another reader, or past a boundary."""
    said = directives(values(fields, "cache-control"))
    if "no-store" in said:
        return (*_unkept(fields), ("Cache-Control", NEVER_KEEP))
    if decision.depends_on_place or "private" in said:
        return (*_unkept(fields), ("Cache-Control", ASK_EACH_TIME))
    age = int(joined(fields, "age") or 0) if (joined(fields, "age") or "0").isdecimal() else 0
    longest = [int(value) for name in ("s-maxage", "max-age") if (value := said.get(name)) and value.isdecimal()]
    fresh = max(0, max(longest, default=0) - age)
    seconds = age + seconds_fresh(decision.valid_until, now, min(fresh, 10**9))
    return (*_unkept(fields), ("Cache-Control", f"public, max-age={seconds}, must-revalidate"))


def _unkept(fields: Fields) -> Fields:
    """The fields without any that says how long the answer may be kept, or how it is confirmed by date."""
    return tuple(
        (name, value)
        for name, value in fields
        if name.lower() not in _LIFETIMES and not name.lower().endswith("-cache-control")
    )


def _unchanged(fields: Fields) -> Fields:
    return without(fields, (*OF_THE_CONTENT, "content-length"))


def _for_now(response: Response, now: float) -> Stored:
    """A response that nobody keeps, so that conditions are evaluated on it as on any other."""
    terms = terms_of(response.status, response.fields, now, now, RFC9111)
    return Stored("", {}, response, now, now, terms, "")


def _status(passed: Passed) -> str:
    return cache_status(
        passed.how,
        stored=passed.status == "miss" and passed.stored is not None,
        collapsed=passed.collapsed,
    )
