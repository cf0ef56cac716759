"""A request's head as bytes for an origin. Pure. Nothing in it can add a line, a request or a host (threat 41)."""

from __future__ import annotations

import re
from functools import lru_cache

from gateway.content.message import Fields, Request, hop_by_hop, without
from gateway.content.origin.error import Fault, OriginError

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET = re.compile(r"/[!-~\x80-\xff]*")
"""Origin-form, with neither spaces nor controls. A parser's octets above 0x7F pass: some sites have such links."""
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
_OWN = ("host", "expect", "content-length", "transfer-encoding")
"""Written here and nowhere else: whom it is for, and where its body ends."""


def head_of(request: Request, host: str, length: int | None) -> bytes:
    """The head. `length`: of the body in bytes; None for no body, -1 for a body in chunks.

    Raises OriginError with FORBIDDEN if any part of it cannot be written as one line.
    """
    if not _TOKEN.fullmatch(request.method) or request.method == "CONNECT":
        raise OriginError(Fault.FORBIDDEN, "no method to pass on")
    if not _TARGET.fullmatch(request.target) and (request.method, request.target) != ("OPTIONS", "*"):
        raise OriginError(Fault.FORBIDDEN, "no path to pass on")
    lines = [f"{request.method} {request.target} HTTP/1.1", f"Host: {host}"]
    fields = end_to_end(without(request.fields, _OWN))
    if not sendable(fields):
        raise OriginError(Fault.FORBIDDEN, "no field to pass on")
    lines += [f"{name}: {value}" for name, value in fields]
    if length is not None:
        lines.append("Transfer-Encoding: chunked" if length < 0 else f"Content-Length: {length}")
    try:
        return "\r\n".join((*lines, "", "")).encode("latin-1")
    except UnicodeEncodeError as error:
        raise OriginError(Fault.FORBIDDEN, "a character that is no octet") from error


def end_to_end(fields: Fields) -> Fields:
    """The fields without those of the connection (RFC 9110, section 7.6.1)."""
    return without(fields, hop_by_hop(fields))


def sendable(fields: Fields) -> bool:
    """Whether each is one line: a token and a value without controls but the tab (RFC 9110, sections 5.1 and 5.5)."""
    return all(_is_token(name) for name, _ in fields) and bool(
        _VALUE.fullmatch("".join([value for _, value in fields]))
    )


@lru_cache(maxsize=1024)
def _is_token(name: str) -> bool:
    return bool(_TOKEN.fullmatch(name))
