"""A page as signed bytes: what a shared store holds, trusted once signature and key are checked. Pure.

Layout, numbers big-endian: magic and schema (4) | length of key (2) | key | length of meta (4) | meta as JSON |
the bodies in the order of meta | HMAC-SHA256 over all before it (32). No pickle, no evaluation (threat 22).
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Mapping
from hashlib import sha256

import orjson

from gateway.cache.page import StoredPage

MAGIC = b"GWP1"
VALUE_LIMIT_BYTES = 4 * 2**20
_MAC_BYTES = 32
_HEAD = struct.Struct(">4sH")
_META = struct.Struct(">I")
_SMALLEST = _HEAD.size + _META.size + _MAC_BYTES
_PURPOSE = b"gateway stored page"
Buffer = bytes | bytearray | memoryview


class Codec:
    """Turns pages into signed bytes and back. `signing_key`: the fleet's secret; only a key derived from it is used."""

    def __init__(self, signing_key: bytes) -> None:
        self._key = hmac.digest(signing_key, _PURPOSE, sha256)

    def encode(self, page: StoredPage) -> bytes:
        """The page as bytes."""
        key = page.key.encode()
        meta = orjson.dumps(
            {
                "status": page.status,
                "content_type": page.content_type,
                "language": page.language,
                "tags": page.tags,
                "notices": page.notices,
                "best": page.best,
                "fields": page.fields,
                "etags": dict(page.etags),
                "bodies": [[coding, len(body)] for coding, body in page.bodies.items()],
            }
        )
        covered = b"".join((_HEAD.pack(MAGIC, len(key)), key, _META.pack(len(meta)), meta, *page.bodies.values()))
        return covered + hmac.digest(self._key, covered, "sha256")

    def decode(self, value: Buffer, key: str) -> tuple[StoredPage | None, str]:
        """The page stored under exactly this key, and ""; or None and why the value is refused: "short", "large",
        "schema", "signature", "key", "shape". Never raises, whatever the bytes are.
        """
        if len(value) > VALUE_LIMIT_BYTES:
            return None, "large"
        if len(value) < _SMALLEST:
            return None, "short"
        view = memoryview(value)
        magic, key_length = _HEAD.unpack_from(view)
        if magic != MAGIC:
            return None, "schema"
        covered, mac = view[:-_MAC_BYTES], view[-_MAC_BYTES:]
        if not hmac.compare_digest(hmac.digest(self._key, covered, "sha256"), mac):
            return None, "signature"
        if covered[_HEAD.size : _HEAD.size + key_length] != key.encode("utf-8", "surrogatepass"):
            return None, "key"
        try:
            return _page(covered, key, _HEAD.size + key_length), ""
        except (ValueError, TypeError, KeyError, struct.error):
            return None, "shape"  # signed by us, but by a version that meant something else


def _page(covered: memoryview, key: str, at: int) -> StoredPage:
    (meta_length,) = _META.unpack_from(covered, at)
    at += _META.size
    meta = orjson.loads(covered[at : at + meta_length])
    at += meta_length
    bodies: dict[str, bytes] = {}
    for coding, length in meta["bodies"]:
        bodies[coding] = bytes(covered[at : at + length])  # a copy costs 1 µs and lets go of the whole value
        at += length
    if at != len(covered) or set(bodies) != set(meta["etags"]) or "identity" not in bodies:
        raise ValueError("lengths do not add up")
    return StoredPage(
        key=key,
        status=int(meta["status"]),
        content_type=str(meta["content_type"]),
        language=str(meta["language"]),
        bodies=bodies,
        etags=dict(meta["etags"]),
        tags=tuple(meta["tags"]),
        notices=tuple(meta["notices"]),
        best=meta.get("best") is True,
        fields=tuple((str(name), str(value)) for name, value in meta.get("fields", ())),
    )


def tags_in(head: Buffer) -> frozenset[str] | None:
    """The tags of a stored page from the beginning of its value, signature unchecked: to decide on its removal, never
    to serve it. None: they cannot be read there, and the caller had better remove the page.
    """
    try:
        _magic, key_length = _HEAD.unpack_from(head)
        at = _HEAD.size + key_length
        (meta_length,) = _META.unpack_from(head, at)
        meta = orjson.loads(memoryview(head)[at + _META.size : at + _META.size + meta_length])
        return frozenset(meta["tags"]) if isinstance(meta, Mapping | dict) else None
    except (ValueError, TypeError, KeyError, struct.error):
        return None
