"""HTTP messages as values: what an origin was asked and what it said, field for field as on the wire. Pure.

Field names and values are latin-1 text, a character an octet, so that whatever was sent can be sent on unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

Fields = tuple[tuple[str, str], ...]
"""Names and values in the sender's own case, order and repeats."""

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authentication-info",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MEDIA_TYPE = re.compile(rf"(?:^|,)[ \t]*({_WORD}/{_WORD})[ \t]*(?=[;,]|$)")
_MEANINGLESS = frozenset({"*/*", "application/unknown", "unknown/unknown"})
"""What browsers take for no type at all (WHATWG MIME Sniffing, section 7)."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as sent on. `target`: path and query (origin-form); the host is the origin's, never the request's."""

    method: str
    target: str
    fields: Fields = ()


@dataclass(frozen=True, slots=True)
class Response:
    """A final response with its whole body, in whatever content coding it came."""

    status: int
    reason: str
    fields: Fields
    body: bytes = b""


def fields_from_octets(raw: Iterable[tuple[bytes, bytes]]) -> Fields:
    """Fields as a parser hands them over. Any octets are legal here; who sends them on checks."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)


def values(fields: Fields, name: str) -> list[str]:
    """The values of each line of a field, in order; names are compared without case (RFC 9110, section 5.1)."""
    name, length = name.lower(), len(name)
    return [value for key, value in fields if len(key) == length and key.lower() == name]


def joined(fields: Fields, name: str) -> str | None:
    """A field's lines as one list value (RFC 9110, section 5.3); None where there is none."""
    found = values(fields, name)
    return ", ".join(found) if found else None


def media_type(fields: Fields) -> str:
    """Type and subtype in small letters; "" where none is said, or none that means anything: then browsers guess.

    Of several the last counts (WHATWG Fetch, section 2.2.2, extract a MIME type), but HTML before any: in doubt, a page
    is one.
    """
    found = [one.lower() for line in values(fields, "content-type") for one in _MEDIA_TYPE.findall(line)]
    known = [one for one in found if one not in _MEANINGLESS]
    return "text/html" if "text/html" in known else next(reversed(known), "")


def without(fields: Fields, names: Iterable[str]) -> Fields:
    """The fields but these; names are compared without case. A frozenset of names has them in small letters already."""
    left_out = names if isinstance(names, frozenset) else {name.lower() for name in names}
    return tuple([field for field in fields if field[0].lower() not in left_out])


def hop_by_hop(fields: Fields) -> frozenset[str]:
    """The names, in small letters, that concern this connection alone: those of RFC 9110, section 7.6.1, and of RFC
    9111, section 3.1, and whatever Connection nominates. Cache-Control and the like are never among them: a sender
    that nominates a field that must reach the end would take a cache's orders away.
    """
    lines = values(fields, "connection")
    if not lines:
        return _HOP_BY_HOP
    nominated = {option.strip(" \t").lower() for value in lines for option in value.split(",")}
    return _HOP_BY_HOP | (nominated - _END_TO_END - {"", "close"})


_END_TO_END = frozenset({"age", "authorization", "cache-control", "content-length", "date", "expires", "host", "vary"})
"""Fields that no Connection may take away: section 7.6.1 forbids to nominate what is meant for all recipients."""
