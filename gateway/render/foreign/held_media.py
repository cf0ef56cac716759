"""Which pictures and recordings go with what is withheld from a page, and under what addresses they lie. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from html import unescape
from urllib.parse import unquote, urljoin, urlsplit

from gateway.policy.decision import Treatments, Withheld
from gateway.policy.model import NoticeText
from gateway.render.foreign.anatomy import anatomy
from gateway.render.foreign.document import parse
from gateway.render.foreign.hosts import Hosts, canonical_path
from gateway.render.foreign.rules import Rules
from gateway.render.foreign.scrub import Hidden, stem_of
from gateway.render.foreign.traces import Traces
from gateway.render.foreign.withhold import withhold

MEDIUM = "medium:"
"""How a medium is named among the parts of a page: `medium:wp-content/uploads/pier.jpg`."""
_NAMED = re.compile(
    r"\.(?:jpe?g|jfif|png|gif|webp|avif|svg|bmp|tiff?|heic|mp4|m4v|webm|mov|mp3|m4a|og[gav]|opus|wav|flac|pdf)$",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[^\s\"'<>()\\,]+")
_NOBODYS = NoticeText("held", "en", "", "", "")


def medium_keys(address: str, hosts: Hosts, base: str = "/") -> frozenset[str]:
    """Under what an address on the newsroom's own site is remembered: the folder and the name of the file without its
    size and type; where a service makes the picture, the path and query, and what the query names.
    """
    if not hosts.is_own(address):
        return frozenset()
    try:
        parts = urlsplit(urljoin(base, address.strip()))
    except ValueError:
        return frozenset()
    if parts.scheme not in ("", "http", "https"):
        return frozenset()
    path = canonical_path(parts.path)
    if _NAMED.search(path):
        return frozenset({f"{unquote(path.rpartition('/')[0]).lower()}/{stem_of(path)}"})
    found = {f"{path}?{parts.query}" if parts.query else path}
    for piece in parts.query.split("&"):
        named = unquote(piece.partition("=")[2])
        if _NAMED.search(named.partition("?")[0]) and "=" not in named:
            found |= medium_keys(named, hosts, "/")
    return frozenset(found)


def held_media(
    text: str, parts: Collection[str], rules: Rules, hosts: Hosts, base: str
) -> Mapping[str, frozenset[str]]:
    """By part (as policies name parts, or a MEDIUM), the keys of all media that are withheld from the page with it:
    those that stand in it, and other sizes and addresses of them anywhere on the page, its metadata included.
    """
    plain = unescape(text).replace("\\/", "/")
    named = {token for token in _TOKEN.findall(plain) if _NAMED.search(token.partition("?")[0])}
    found: dict[str, frozenset[str]] = {}
    for part in parts:
        if part.startswith(MEDIUM):
            addresses = {f"/{part.removeprefix(MEDIUM)}"}
            stems = {stem_of(address) for address in addresses}
        else:
            tree = parse(text)
            gone = Treatments(withheld=(Withheld(frozenset({part}), frozenset(), _NOBODYS),))
            outcome = withhold(tree, gone, anatomy(tree, rules), "en")
            addresses, stems = outcome.addresses, outcome.stems
        hidden = Hidden(Traces.of(()), frozenset(stem for stem in stems if len(stem) > 1 and stem.endswith(".")))
        addresses = addresses | {token for token in named if hidden.names_medium(token)}
        found[part] = frozenset(key for address in addresses for key in medium_keys(address, hosts, base))
    return found
