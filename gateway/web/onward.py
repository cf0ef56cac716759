"""What a CMS is told of a request. Never who asks: the address stops here, and so does all that claims it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gateway.cache.codings import preferences
from gateway.content.message import Fields, Request, joined, values, without
from gateway.geo.client_address import CLAIMING, ClientAddress

PSEUDONYM = "gateway"
ADDRESS = "address"
"""In `passes`: the reader's address, for an operator who insists on it."""

_CLAIMS = frozenset(
    {
        "front-end-https", "x-envoy-original-path", "x-host", "x-http-host-override", "x-http-method",
        "x-http-method-override", "x-method-override", "x-proxyuser-ip", "x-rewrite-url", "x-url-scheme",
    }
)  # fmt: skip
"""What only a proxy may say, so that nobody who asks can say it (threats 4, 16, 17)."""
_FAMILIES = ("x-forwarded", "x-original-")
"""How other such names begin."""

_NEVER = frozenset(name.replace("_", "-") for name in CLAIMING | _CLAIMS)
_PLACE = ("akamai-", "cf-", "cloudfront-", "fastly-", "x-akamai-", "x-appengine-", "x-country", "x-geo", "x-vercel-ip")
"""How the names begin by which a front says where a reader is."""

_OF_ANYBODY = frozenset(
    {
        "accept", "accept-encoding", "accept-language", "cache-control", "origin", "pragma",
        "forwarded", "range", "via", "x-forwarded-host", "x-forwarded-proto",
    }
)  # fmt: skip
"""What tells readers apart by what they can read, and not by who they are; and what is ours."""


@dataclass(frozen=True, slots=True)
class Onward:
    """How requests are passed on. `passes`: what the operator insists on telling the CMS of readers, in small letters.
    `sessions`: patterns of cookies by which the CMS knows somebody. `exact`: RFC 9111 and nothing beyond it.
    """

    base_url: str
    passes: frozenset[str] = frozenset()
    sessions: tuple[str, ...] = ()
    exact: bool = False
    _sessions: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _site: tuple[str, str] = field(init=False, repr=False, compare=False)
    _allowed: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named = "|".join(re.escape(pattern).replace(r"\*", "[^=;]*") for pattern in self.sessions) or "(?!)"
        object.__setattr__(self, "_sessions", re.compile(rf"(?:^|;)\s*(?:{named})="))
        site = urlsplit(self.base_url)
        object.__setattr__(self, "_site", (site.scheme, site.netloc))
        object.__setattr__(self, "_allowed", _OF_ANYBODY | self.passes)

    def own(self, method: str, target: str, fields: Fields, client: ClientAddress | None) -> Request:
        """The request as this reader's own, with cookies and agent. `client`: where its address is insisted on."""
        if method in ("GET", "HEAD") and not self.exact:
            fields = self._coded(fields)
        via = [("Via", f"1.1 {PSEUDONYM}")]
        if method in ("OPTIONS", "TRACE"):
            fields = tuple((name, _one_less(name, value)) for name, value in fields)
        kept = tuple(one for one in fields if not self._claims(one[0].lower()))
        return Request(method, target, (*kept, *self._forwarded(client), *via))

    def anybody(self, own: Request) -> Request:
        """The same as anybody might ask it: what is answered may be told to others."""
        if self.exact:
            return own
        allowed = self._allowed
        return Request(own.method, own.target, tuple([one for one in own.fields if one[0].lower() in allowed]))

    def shares(self, request: Request) -> bool:
        """Whether what others were told may answer this."""
        if request.method not in ("GET", "HEAD"):
            return False
        return self.exact or not (values(request.fields, "authorization") or self.knows(request.fields))

    def knows(self, fields: Fields) -> bool:
        """Whether the CMS knows by its cookies who this is; with `cookie` among `passes`, by any cookie."""
        cookies = joined(fields, "cookie") or ""
        return bool(self._sessions.search(cookies)) or (bool(cookies) and "cookie" in self.passes)

    def _claims(self, name: str) -> bool:
        """To whatever runs by CGI or WSGI, `x_forwarded_for` and `x-forwarded-for` are one."""
        read = name.replace("_", "-")
        return (read in _NEVER or read.startswith((*_PLACE, *_FAMILIES))) and name not in self.passes

    def _coded(self, fields: Fields) -> Fields:
        """One coding that everybody speaks, so that each page is asked for in two forms at most."""
        kept = without(fields, ("accept-encoding",))
        return (
            (*kept, ("Accept-Encoding", "gzip")) if "gzip" in preferences(joined(fields, "accept-encoding")) else kept
        )

    def _forwarded(self, client: ClientAddress | None) -> Iterable[tuple[str, str]]:
        """RFC 7239, and the two fields that every CMS reads: all from the settings, but for an address insisted on."""
        scheme, netloc = self._site
        reader = "_hidden"
        if client is not None and client.address is not None:
            reader = f'"[{client.address}]"' if client.address.version == 6 else str(client.address)
            yield "X-Forwarded-For", str(client.address)
        host = f'"{netloc}"' if ":" in netloc else netloc
        yield "Forwarded", f"for={reader};host={host};proto={scheme}"
        yield "X-Forwarded-Host", netloc
        yield "X-Forwarded-Proto", scheme


def _one_less(name: str, value: str) -> str:
    """Max-Forwards as the next server is told it (RFC 9110, section 7.6.2); any other field as it is."""
    counts = name.lower() == "max-forwards" and value.isascii() and value.isdecimal()
    return str(max(0, int(value[:9]) - 1)) if counts else value
