"""Whose an address is, and which path it means. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin, urlsplit

_FETCHED = {"http", "https", "ws", "wss", "ftp", ""}
_ENCODED = re.compile(r"%([0-9a-fA-F]{2})")
_CANONICAL = re.compile(r"/|(?:/[A-Za-z0-9_~-][A-Za-z0-9_~.-]*)+/?")
"""Most paths are canonical already."""
_PARAMETERS = re.compile(r";[^/]*")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_IGNORED = {ord(sign): None for sign in "\t\n\r"}  # what browsers drop from an address wherever it stands


@dataclass(frozen=True, slots=True)
class Hosts:
    """The newsroom's own hosts: the name under which readers know the site, its subdomains, and what settings add.

    `host`: without a port; "" where it is not known: then no absolute address is the newsroom's own.
    """

    host: str
    others: tuple[str, ...] = ()

    def is_own(self, url: str) -> bool:
        """Whether fetching the address asks nobody but the newsroom. Relative ones do, and `data:`, `blob:` fetch
        nothing.
        """
        name = host_of(url)
        return name is None or self.is_own_host(name)

    def is_own_host(self, name: str) -> bool:
        """Whether a host is the newsroom's."""
        base = self.host.removeprefix("www.")
        if base and (name == base or name.endswith(f".{base}")):
            return True
        return any(name == other or (other.startswith("*.") and name.endswith(other[1:])) for other in self.others)

    def path(self, url: str, base: str = "/") -> str:
        """The canonical path that an address on the newsroom's own site means; "" for any other address."""
        try:
            parts = urlsplit(urljoin(base, url.strip().translate(_IGNORED)))
        except ValueError:
            return ""
        if parts.scheme not in ("", "http", "https") or (parts.hostname and not self.is_own_host(parts.hostname)):
            return ""
        return canonical_path(parts.path)


def host_of(url: str) -> str | None:
    """The host that a browser asks for an address, in small letters; None where it asks no host but the page's own.

    An address that cannot be understood has the host "", which is nobody's own.
    """
    text = url.strip("".join(map(chr, range(33)))).translate(_IGNORED).replace("\\", "/")
    found = re.match(r"(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?", text)
    scheme = ((found[1] if found else "") or "").lower()
    rest = text[len(scheme) + 1 :] if scheme else text
    if scheme in ("http", "https"):
        rest = "//" + rest.lstrip("/")  # browsers mend `https:host` and `https:///host`
    if not rest.startswith("//") or scheme not in _FETCHED:
        return None
    try:
        name = urlsplit(f"//{rest[2:].lstrip('/')}").hostname
    except ValueError:
        return ""
    return (name or "").rstrip(".").lower()


def canonical_path(path: str) -> str:
    """One spelling for all that mean the same (RFC 3986, section 6.2.2): unreserved characters bare, others encoded,
    no empty or dot segments, no query. A slash at the end stays: to a CMS it can make a difference. Parameters of a
    segment go, as they do in Java (`/news;x/a` is `/news/a`): by them nobody gets past a policy.
    """
    bare = path.partition("?")[0].partition("#")[0].replace("\\", "/")
    if _CANONICAL.fullmatch(bare):
        return bare
    text = quote(_ENCODED.sub(_plain, _PARAMETERS.sub("", bare)), safe=_ASCII)
    pieces: list[str] = []
    for piece in text.split("/"):
        if piece == "..":
            del pieces[-1:]
        elif piece and piece != ".":
            pieces.append(piece)
    end = "/" if pieces and text.endswith(("/", "/.", "/..")) else ""
    return f"/{'/'.join(pieces)}{end}"


def spoken_path(path: str) -> str:
    """A path as people write it, letters of every alphabet bare; itself where that would mean another path."""
    if "%" not in path:
        return path
    spoken = unquote(path, errors="replace")
    return spoken if canonical_path(spoken) == path and "\ufffd" not in spoken else path


def _plain(encoded: re.Match[str]) -> str:
    sign = chr(int(encoded[1], 16))
    return sign if sign.isascii() and (sign.isalnum() or sign in "-._~") else encoded[0].upper()
