"""Content codings: made once per variant, chosen by Accept-Encoding, told apart by entity tags (RFC 9110). Pure."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b

import brotli
import zstandard

IDENTITY = "identity"
PREFERENCE = ("br", "zstd", "gzip", IDENTITY)
"""What is sent where a client likes several equally well: the smallest first."""

SMALLEST_WORTH_CODING = 256
_QUICK = {"br": 5, "zstd": 3, "gzip": 6}
_BEST = {"br": 11, "zstd": 19, "gzip": 9}  # brotli's saves a sixth of the bytes and takes forty times as long

_ITEM = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*(?:;[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?")
_ENTITY_TAG = re.compile(r'[ \t]*(?:(?:W/)?"([\x21\x23-\x7e\x80-\U0010ffff]*)"[ \t]*)?(,|\Z)')
_MEMO_LENGTH = 200


def encode_bodies(body: bytes) -> Mapping[str, bytes]:
    """The body in each coding that makes it smaller, and as it is: quickly, for a reader who waits."""
    bodies = {IDENTITY: body}
    if len(body) >= SMALLEST_WORTH_CODING:
        coded = {coding: _coded(body, coding, quality) for coding, quality in _QUICK.items()}
        bodies |= {coding: made for coding, made in coded.items() if len(made) < len(body)}
    return bodies


def encode_best(bodies: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The same bodies, as small as each coding can make them. It takes long, and lets other threads run meanwhile."""
    body = bodies[IDENTITY]
    return {
        coding: made if coding == IDENTITY else min(made, _coded(body, coding, _BEST[coding]), key=len)
        for coding, made in bodies.items()
    }


def _coded(body: bytes, coding: str, quality: int) -> bytes:
    if coding == "br":
        return bytes(brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality))
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=quality).compress(body)
    return gzip.compress(body, quality, mtime=0)


def choose_coding(accept_encoding: str | None, available: Sequence[str] | Mapping[str, object] = PREFERENCE) -> str:
    """The coding to send, one of `available` (RFC 9110, section 12.5.3).

    No field, or one that cannot be read: as it is. Where a client refuses everything that there is, it gets the
    body as it is too, as the RFC prefers to a refusal. Items that cannot be read are passed over.
    """
    for coding in preferences(accept_encoding):
        if coding in available:
            return coding
    return IDENTITY


def preferences(accept_encoding: str | None) -> tuple[str, ...]:
    """Our codings in the client's order, those that it refuses left out; none where it says nothing."""
    if not accept_encoding:
        return ()
    return _memo(accept_encoding) if len(accept_encoding) <= _MEMO_LENGTH else _ranked(accept_encoding)


def _ranked(accept_encoding: str) -> tuple[str, ...]:
    weights: dict[str, float] = {}
    for item in accept_encoding.split(","):
        match = _ITEM.fullmatch(item.strip(" \t"))
        if match:
            name = match[1].lower().removeprefix("x-")  # x-gzip is gzip, section 8.4.1.3
            weight = float(match[2] or 1)
            weights[name] = min(weight, weights.get(name, weight))  # said twice: the lower one cannot be wrong
    anything = weights.get("*")
    found = []
    for rank, coding in enumerate(PREFERENCE):
        weight = weights.get(coding, anything if anything is not None else 0.0)
        if coding == IDENTITY and coding not in weights and anything is None:
            weight = 0.0001  # acceptable unless refused, but what was named comes first
        if weight > 0:
            found.append((-weight, rank, coding))
    return tuple(coding for _, _, coding in sorted(found))


_memo = lru_cache(maxsize=512)(_ranked)


def etag_for(key: str, body: bytes, coding: str) -> str:
    """A strong entity tag, quotes included. It names the decision (through the key), the coding, and the very bytes
    that are sent in it: a page that is coded better has another tag, as RFC 9110, section 8.8.3, has it.
    """
    summed = blake2b(body, digest_size=12, person=b"gateway etag")
    summed.update(key.encode("utf-8", "surrogatepass"))
    return f'"{summed.hexdigest()}"' if coding == IDENTITY else f'"{summed.hexdigest()}-{coding}"'


def etag_matches(if_none_match: str, etag: str) -> bool:
    """Whether If-None-Match names this entity (weak comparison, RFC 9110, sections 8.8.3.2 and 13.1.2).

    A field that cannot be read matches nothing: sending the page again is never wrong.
    """
    if if_none_match.strip(" \t") == "*":
        return True
    wanted = etag.removeprefix("W/")[1:-1]
    matched, at = False, 0
    while at < len(if_none_match):
        item = _ENTITY_TAG.match(if_none_match, at)
        if item is None:
            return False
        matched = matched or item[1] == wanted
        at = item.end()
    return matched
