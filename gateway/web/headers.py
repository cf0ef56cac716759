"""The truth about a response: Cache-Control, ETag, Vary, Cache-Status, Link, and what keeps a browser safe."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.cache.codings import choose_coding, etag_matches
from gateway.cache.freshness import cache_control
from gateway.content.doors import Door
from gateway.delivery import Delivered, Wanted
from gateway.policy.decision import Decision
from gateway.web.context import Context
from gateway.web.exchange import Header, Outgoing

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; font-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

SECURITY: tuple[Header, ...] = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "browsing-topics=(), camera=(), geolocation=(), interest-cohort=(), microphone=()"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)
"""On everything that the gateway itself makes (reliability, threats 46 and 47)."""

OF_THE_CONTENT = ("Content-Type", "Content-Language", "Content-Encoding")


def page_headers(context: Context, delivered: Delivered, coding: str) -> list[Header]:
    """Header fields of a rendered page, framing and Date aside. They depend on the decision and the second, so they
    are made here and never stored.
    """
    page, decision, preview = delivered.page, delivered.decision, context.reader.preview
    control = "private, no-store" if preview else control_of(context, decision, page.status)
    headers: list[Header] = [
        ("Content-Type", page.content_type),
        ("Content-Language", page.language),
        ("Cache-Control", control),
        ("ETag", page.etags[coding]),
        ("Vary", "Accept, Accept-Encoding, Accept-Language"),
        ("Cache-Status", "gateway; hit" if delivered.status == "hit" else f"gateway; fwd={delivered.status}"),
        *SECURITY,
    ]
    if coding != "identity":
        headers.append(("Content-Encoding", coding))
    if page.status == 451:
        headers.append(blocked_by(context))
    if decision.treatments.forwarding is not None and page.status in (302, 307):
        headers.append(("Location", decision.treatments.forwarding.location))
    headers = with_those_of_policies(headers, decision)
    if preview:
        headers = [field for field in headers if field[0] != "X-Robots-Tag"]
        headers.append(("X-Robots-Tag", "noindex, nofollow, noarchive"))
    return headers


def control_of(context: Context, decision: Decision, status: int = 200) -> str:
    """Cache-Control for what a decision brought about."""
    if "storing" in decision.treatments.protect:
        return "private, no-cache, no-store"  # nothing of this on the disk of a reader at risk
    return cache_control(decision.depends_on_place, decision.valid_until, context.reader.now, status)


def with_those_of_policies(headers: Sequence[Header], decision: Decision) -> list[Header]:
    """The fields with those that policies set: instead of ours, never beside them. Protection is not set aside."""
    theirs = decision.treatments.headers
    if "referrer" in decision.treatments.protect:
        theirs = tuple(field for field in theirs if field[0] != "Referrer-Policy")
    named = {name for name, _ in theirs}
    return [*(field for field in headers if field[0] not in named), *theirs]


def blocked_by(context: Context) -> Header:
    """Who implements the block: the site itself (RFC 7725 section 4)."""
    return "Link", f'<{context.base_url}/>; rel="blocked-by"'


async def page(context: Context, wanted: Wanted, door: Door) -> Outgoing:
    """A wanted page, delivered and answered."""
    return page_response(context, await context.delivery.deliver(context.reading, wanted), door)


def page_response(context: Context, delivered: Delivered, door: Door) -> Outgoing:
    """A page as a response: coding negotiated, condition evaluated (RFC 9110 section 13.2.2)."""
    page = delivered.page
    coding = choose_coding(context.incoming.header("accept-encoding"), page.bodies)
    headers = page_headers(context, delivered, coding)
    status, body = page.status, page.bodies[coding]
    condition = context.incoming.header("if-none-match")
    if status == 200 and condition is not None and etag_matches(condition, page.etags[coding]):
        status, body = 304, b""
        headers = [field for field in headers if field[0] not in OF_THE_CONTENT]
    return Outgoing(status, headers, body, door, delivered, context.reader)


def plain_headers(content_type: str, control: str, *extra: Header) -> list[Header]:
    """Header fields of what is no page: assets, robots, media."""
    return [("Content-Type", content_type), ("Cache-Control", control), *SECURITY, *extra]
