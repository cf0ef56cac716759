"""The gateway's own pages under `/-/`, error pages, media and robots.txt."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qs

from gateway.cache.codings import etag_matches
from gateway.collection import medium_decision
from gateway.content.doors import Door
from gateway.web.context import Context
from gateway.web.exchange import Outgoing
from gateway.web.headers import control_of, page, plain_headers, with_those_of_policies

IMMUTABLE = "public, max-age=31536000, immutable"


async def error(context: Context, status: int) -> Outgoing:
    """A fixed page that echoes nothing. Notices and protection that need no article apply to it too."""
    wanted = context.delivery.error(context.reading, status, context.language())
    return await page(context, wanted, Door.HTML)


async def notice(context: Context, match: Mapping[str, str]) -> Outgoing:
    """The long explanation of a notice: why one sees it, and that the place may be wrong."""
    texts = context.snapshot.policies.notices.get(match["id"])
    if texts is None:
        return await error(context, 404)
    wished = parse_qs(context.query).get("lang", [context.language()])[0]
    language = wished if wished in texts else context.language()
    return await page(context, context.delivery.notice(context.reading, match["id"], language), Door.HTML)


async def transparency(context: Context, _match: Mapping[str, str]) -> Outgoing:
    """Which policies are in force, on what basis, as far as each discloses it."""
    return await page(context, context.delivery.transparency(context.reading, context.language()), Door.HTML)


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
    """A picture, if some article may show it to this reader."""
    found = context.snapshot.index.media(match["path"])
    if found is None:
        return await error(context, 404)
    reading = context.reading
    decision, allowed = medium_decision(context.snapshot, found.path, reading.location, reading.now)
    if not allowed:
        return await error(context, 451)
    etag = f'"{found.digest}"'
    headers = plain_headers(found.content_type, control_of(context, decision), ("ETag", etag))
    headers = with_those_of_policies(headers, decision)
    if etag_matches(context.incoming.header("if-none-match") or "", etag):
        return Outgoing(304, [field for field in headers if field[0] != "Content-Type"], b"", Door.MEDIA)
    headers.append(("Content-Length", str(found.size)))
    if context.incoming.method == "HEAD":
        return Outgoing(200, headers, b"", Door.MEDIA, length=found.size)
    file = await asyncio.to_thread(context.snapshot.index.open_media, found)
    return Outgoing(200, headers, b"", Door.MEDIA, file=file, length=found.size)
