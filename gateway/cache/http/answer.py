"""What a reader is sent from a stored response: all of it, a part (206), nothing new (304), or its fields. Pure."""

from __future__ import annotations

from dataclasses import replace

from gateway.cache.codings import etag_matches
from gateway.cache.http.stored import Stored
from gateway.content.message import Request, Response, values, without


def answer(request: Request, stored: Stored, now: float) -> Response:
    """The response to a GET or HEAD, its conditions and range applied (RFC 9111, section 4.3.2), with Age."""
    fields = (*without(stored.fields, ("age",)), ("Age", str(int(stored.age(now)))))
    response = replace(stored.response, fields=fields)
    wanted = values(request.fields, "if-none-match")
    if wanted and any(etag_matches(",".join(wanted), etag) for etag in values(fields, "etag")):
        return Response(304, "Not Modified", without(fields, ("content-length",)))
    return replace(response, body=b"") if request.method == "HEAD" else response
