"""A page as a preview link shows it: marked as such, and its links to articles show those in the same place."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from gateway.content.message import joined, values, without
from gateway.render.previewed import Shown, banner, marked
from gateway.render.rendered import HTML, Rendered
from gateway.web.context import Context
from gateway.web.exchange import Outgoing
from gateway.web.paths import passable
from gateway.web.preview import PARAMETER, Preview, sign

OWN = "/-/"
_OF_THE_BODY = ("content-length", "etag", "accept-ranges", "content-md5", "digest", "content-digest", "repr-digest")
_ARTICLE = re.compile(r"/articles/([a-z0-9-]+)")


def as_preview(context: Context, rendered: Rendered) -> Rendered:
    """A page of ours. Whoever calls this looks for the notices afterwards, as on every page."""
    preview = context.reader.preview
    if preview is None or rendered.content_type != HTML:
        return rendered
    signing_key = context.readers.signing_key
    sites = ("", context.base_url, context.snapshot.renderer.site.base_url)

    def within(address: str) -> str:
        parts = urlsplit(address)
        found = _ARTICLE.fullmatch(parts.path)
        if found is None or parts.query or f"{parts.scheme}://{parts.netloc}".removeprefix("://") not in sites:
            return ""
        token = sign(replace(preview, slug=found[1]), signing_key)
        return f"{parts.path}?{PARAMETER}={token}{'#' * bool(parts.fragment)}{parts.fragment}"

    line = banner(_shown(context, preview), rendered.language, styled=False)
    return replace(rendered, body=marked(rendered.body, line, within))


def as_preview_of_a_cms(context: Context, answer: Outgoing) -> Outgoing:
    """A page of a CMS, as it is about to leave: if it is HTML that can be read, which a preview asks for."""
    preview, kind = context.reader.preview, joined(tuple(answer.headers), "content-type") or ""
    readable = answer.stream is None and answer.body and not values(tuple(answer.headers), "content-encoding")
    if preview is None or not readable or kind.partition(";")[0].strip().lower() != "text/html":
        return answer
    signing_key = context.readers.signing_key
    here = urlsplit(context.base_url)

    def within(address: str) -> str:
        parts = urlsplit(urljoin(f"{context.base_url}{context.incoming.target}", address))
        target = parts.path + "?" * bool(parts.query) + parts.query
        path = passable(target) if (parts.scheme, parts.netloc) == (here.scheme, here.netloc) else None
        if path is None or path.startswith(OWN) or address.startswith("#"):
            return ""
        token = sign(replace(preview, slug=path), signing_key)
        return f"{target}{'&' if parts.query else '?'}{PARAMETER}={token}{'#' * bool(parts.fragment)}{parts.fragment}"

    line = banner(_shown(context, preview), context.language(), styled=True)
    headers = without(tuple(answer.headers), _OF_THE_BODY)
    return replace(answer, headers=headers, body=marked(answer.body, line, within))


def _shown(context: Context, preview: Preview) -> Shown:
    region = context.snapshot.regions.get(preview.target)
    place = f"{region.title} ({preview.target})" if region and region.title else preview.target
    return Shown(place, context.reader.now, context.snapshot.policies.revision, preview.ends)
