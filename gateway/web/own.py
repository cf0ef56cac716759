"""The gateway's own pages under `/-/`, error pages, media and robots.txt."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from gateway.content.doors import Door
from gateway.web.context import Context
from gateway.web.exchange import Outgoing
from gateway.web.headers import page_response, plain_headers

IMMUTABLE = "public, max-age=31536000, immutable"


async def error(context: Context, status: int) -> Outgoing:
    """A fixed page that echoes nothing. Notices and protection that need no article apply to it too."""
    delivered = await context.delivery.deliver_error(
        context.snapshot, status, context.language(), context.reader.location, context.reader.now
    )
    return page_response(context, delivered, Door.HTML)


async def notice(context: Context, match: Mapping[str, str]) -> Outgoing:
    """The long explanation of a notice: why one sees it, and that the place may be wrong."""
    texts = context.snapshot.policies.notices.get(match["id"])
    if texts is None:
        return await error(context, 404)
    wanted = parse_qs(context.query).get("lang", [context.language()])[0]
    language = next((known for known in (wanted, "en") if known in texts), min(texts))
    delivered = await context.delivery.deliver_notice(context.snapshot, match["id"], language, context.reader.now)
    return page_response(context, delivered, Door.HTML)


async def transparency(context: Context, _match: Mapping[str, str]) -> Outgoing:
    """Which policies are in force, on what basis, as far as each discloses it."""
    delivered = await context.delivery.deliver_transparency(context.snapshot, context.language(), context.reader.now)
    return page_response(context, delivered, Door.HTML)


async def asset(context: Context, match: Mapping[str, str]) -> Outgoing:
    """A style sheet or picture of the gateway's own; its name holds its digest, so it may be kept for good."""
    found = context.snapshot.renderer.assets.get(match["name"])
    if found is None:
        return await error(context, 404)
    content_type, body = found
    return Outgoing(200, plain_headers(content_type, IMMUTABLE), body)


async def robots(context: Context, _match: Mapping[str, str]) -> Outgoing:
    """Where the sitemap is. Nothing is disallowed: search engines may read what readers may read."""
    body = f"User-agent: *\nAllow: /\nSitemap: {context.base_url}/sitemap.xml\n".encode()
    return Outgoing(200, plain_headers("text/plain; charset=utf-8", "public, max-age=3600"), body)


async def media(context: Context, match: Mapping[str, str]) -> Outgoing:
    """A picture, if this reader may see some article that shows it."""
    found = context.snapshot.index.media(match["path"])
    if found is None:
        return await error(context, 404)
    decision = context.delivery.decide_media(
        context.snapshot, match["path"], context.reader.location, context.reader.now
    )
    if decision is not None and decision.treatments.refusal is not None:
        return await error(context, 451)
    depends = decision is not None and decision.depends_on_place
    control = "private, no-cache" if depends else "public, max-age=60, must-revalidate"
    etag = f'"{found.digest}"'
    headers = plain_headers(found.content_type, control, ("ETag", etag), ("Vary", "Accept-Encoding"))
    if context.incoming.header("if-none-match") == etag:
        return Outgoing(304, [field for field in headers if field[0] != "Content-Type"], b"")
    return Outgoing(200, headers, context.snapshot.index.read_media(found))
