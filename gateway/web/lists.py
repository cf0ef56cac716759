"""`/`, `/sections/{section}`, the Atom feeds and the sitemap: the same decision for each entry."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.content.doors import Door
from gateway.web import own
from gateway.web.context import Context
from gateway.web.exchange import Outgoing
from gateway.web.headers import page


async def listing(context: Context, match: Mapping[str, str]) -> Outgoing:
    """The front page, or a section's."""
    return await _collection(context, Door.LISTING, match.get("section", ""))


async def feed(context: Context, match: Mapping[str, str]) -> Outgoing:
    """The Atom feed of everything, or of a section."""
    return await _collection(context, Door.FEED, match.get("section", ""))


async def sitemap(context: Context, match: Mapping[str, str]) -> Outgoing:
    """Every article's address; in several files where there are many."""
    wanted = context.delivery.sitemap(context.reading, int(match.get("page") or 0))
    if wanted is None:
        return await own.error(context, 404)
    return await page(context, wanted, Door.SITEMAP)


async def _collection(context: Context, door: Door, section: str) -> Outgoing:
    wanted = context.delivery.collection(context.reading, door, section, context.language())
    if wanted is None:
        return await own.error(context, 404)
    return await page(context, wanted, door)
