"""`/articles/{slug}`: HTML, or JSON at `.json` or by Accept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs

from gateway.content.doors import Door
from gateway.web import own
from gateway.web.context import Context
from gateway.web.exchange import Outgoing
from gateway.web.headers import page
from gateway.web.preview import PARAMETER
from gateway.web.previewed import as_preview

_WEIGHT = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


async def article(context: Context, match: Mapping[str, str]) -> Outgoing:
    """The article for this reader; a signed preview shows it as for another."""
    slug = match["slug"]
    token = parse_qs(context.query).get(PARAMETER)
    if token is not None:
        reader = context.readers.previewed(token[0], slug, context.snapshot)
        if reader is None:
            return await own.error(context, 403)
        context = replace(context, reader=reader)
    door = door_of(context, match)
    wanted = context.delivery.article(context.reading, slug, door)
    if wanted is None:
        return await own.error(context, 404)
    unmarked = wanted.render
    if context.reader.preview:
        wanted = replace(wanted, render=lambda: as_preview(context, unmarked()))
    return await page(context, wanted, door)


def door_of(context: Context, match: Mapping[str, str]) -> Door:
    """HTML, or JSON by name or by Accept."""
    return Door.JSON if match["json"] or wants_json(context.incoming.header("accept")) else Door.HTML


def wants_json(accept: str | None) -> bool:
    """Whether JSON is preferred to HTML by an Accept field (RFC 9110 section 12.5.1); HTML when in doubt."""
    if not accept or "json" not in accept.lower():
        return False
    quality = {"application/json": 0.0, "text/html": 0.0}
    for item in accept.lower().split(","):
        kind, *parameters = (part.strip(" \t") for part in item.split(";"))
        weight = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        if kind in quality:
            if not _WEIGHT.fullmatch(weight):
                return False
            quality[kind] = float(weight)
    return quality["application/json"] > quality["text/html"]
