"""Does a 200 look as if the CMS had failed and not noticed (fault O10)? Pure.

Only what newsrooms have met is looked for: a page that is suddenly empty, a page that is suddenly no page (an error in
plain text or JSON), and one that breaks off before `</html>`, as PHP's do when their memory or time is up.
"""

from __future__ import annotations

from gateway.content.message import Response, joined
from gateway.content.origin.coding import decodable, decode
from gateway.content.origin.error import OriginError

DOUBTED_SECONDS = 600.0
"""How long past its freshness the page before is preferred: then the CMS is believed, since it insists."""

_END = b"</html>"
_TAIL_BYTES = 4096
_LIMIT_BYTES = 8 * 2**20


def suspicion(before: Response, now: Response) -> str:
    """What is suspicious about the answer that would take the place of the one before; "" for nothing."""
    if before.status != 200 or now.status != 200 or not _is_page(before):
        return ""
    if not now.body:
        return "empty"
    if not _is_page(now):
        return "no page any more"
    if _ends(before) and not _ends(now):
        return "no end"
    return ""


def _is_page(response: Response) -> bool:
    kind = (joined(response.fields, "content-type") or "").partition(";")[0].strip(" \t").lower()
    return bool(response.body) and kind in ("text/html", "application/xhtml+xml")


def _ends(response: Response) -> bool:
    """Whether `</html>` stands near its end; a body that cannot be read is given the benefit of the doubt."""
    coding, body = joined(response.fields, "content-encoding"), response.body
    if coding:
        if not decodable(coding):
            return True
        try:
            body = decode(body, coding, _LIMIT_BYTES)
        except OriginError:
            return True
    return _END in body[-_TAIL_BYTES:].lower()
