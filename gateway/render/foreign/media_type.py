"""What kind of body a response has, as far as policies can treat it. Pure."""

from __future__ import annotations

import re
from enum import Enum

from gateway.content.message import Response, media_type

_HTML_OPENING = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_FEED_OPENING = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?<(?:rss|rdf:rdf|feed|urlset)[\s>]", re.IGNORECASE
)


class Kind(Enum):
    """HTML and XHTML; feeds and sitemaps, perhaps; JSON; what React's server components send; whatever else."""

    HTML = "html"
    XML = "xml"
    JSON = "json"
    FLIGHT = "flight"
    OTHER = "other"


def kind_of(response: Response) -> Kind:
    """By Content-Type. A body without one, or XML, is HTML if it begins as HTML does, for so browsers read it; a feed
    that is sent as HTML is one to whoever reads feeds.
    """
    said = media_type(response.fields)
    if said in ("text/html", "application/xhtml+xml"):
        return Kind.XML if _FEED_OPENING.match(response.body[:4096]) else Kind.HTML
    if said == "":
        return Kind.HTML if _HTML_OPENING.match(response.body[:4096]) else Kind.OTHER
    if said in ("text/xml", "application/xml") or (said.startswith("application/") and said.endswith("+xml")):
        return Kind.HTML if _HTML_OPENING.match(response.body[:4096]) else Kind.XML
    if said in ("application/json", "text/json") or (said.startswith("application/") and said.endswith("+json")):
        return Kind.JSON
    return Kind.FLIGHT if said == "text/x-component" else Kind.OTHER
