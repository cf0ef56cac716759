"""Signed bytes: what a shared store holds, trusted once signature and key are checked. Pure.

Layout, numbers big-endian: magic and schema (4) | length of key (2) | key | length of meta (4) | meta as JSON |
bodies | HMAC-SHA256 over all before it (32). No pickle, no evaluation (threat 22).
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

import orjson

VALUE_LIMIT_BYTES = 4 * 2**20
_MAC_BYTES = 32
_HEAD = struct.Struct(">4sH")
_META = struct.Struct(">I")
_SMALLEST = _HEAD.size + _META.size + _MAC_BYTES
Buffer = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Opened:
    """What was under the seal."""

    meta: Mapping[str, object]
    bodies: memoryview


class Seal:
    """Signs and checks values of one kind. `magic`: four bytes, kind and schema. `signing_key`: the fleet's secret;
    only a key derived from it for this purpose is used.
    """

    def __init__(self, signing_key: bytes, purpose: bytes, magic: bytes) -> None:
        self._key = hmac.digest(signing_key, purpose, sha256)
        self._magic = magic

    def close(self, key: str, meta: Mapping[str, object], bodies: Iterable[bytes]) -> bytes:
        """The value to store under this key."""
        name, about = key.encode(), orjson.dumps(meta)
        covered = b"".join((_HEAD.pack(self._magic, len(name)), name, _META.pack(len(about)), about, *bodies))
        return covered + hmac.digest(self._key, covered, "sha256")

    def open(self, value: Buffer, key: str) -> tuple[Opened | None, str]:
        """What was stored under exactly this key, and ""; or None and why the value is refused: "short", "large",
        "schema", "signature", "key", "shape". Never raises, whatever the bytes are.
        """
        if len(value) > VALUE_LIMIT_BYTES:
            return None, "large"
        if len(value) < _SMALLEST:
            return None, "short"
        view = memoryview(value)
        magic, key_length = _HEAD.unpack_from(view)
        if magic != self._magic:
            return None, "schema"
        covered, mac = view[:-_MAC_BYTES], view[-_MAC_BYTES:]
        if not hmac.compare_digest(hmac.digest(self._key, covered, "sha256"), mac):
            return None, "signature"
        if covered[_HEAD.size : _HEAD.size + key_length] != key.encode("utf-8", "surrogatepass"):
            return None, "key"
        try:
            meta, end = _meta(covered)
        except (ValueError, struct.error):
            return None, "shape"  # signed by us, but by a version that meant something else
        return (Opened(meta, covered[end:]), "") if isinstance(meta, dict) else (None, "shape")


def _meta(covered: Buffer) -> tuple[object, int]:
    _magic, key_length = _HEAD.unpack_from(covered)
    at = _HEAD.size + key_length
    (length,) = _META.unpack_from(covered, at)
    end = at + _META.size + length
    return orjson.loads(memoryview(covered)[at + _META.size : end]), end


def tags_in(head: Buffer) -> frozenset[str] | None:
    """The tags of a stored value from its beginning, signature unchecked: to decide on its removal, never to serve it.
    None: they cannot be read there, and the caller had better remove the value.
    """
    try:
        meta, _ = _meta(head)
        return frozenset(meta["tags"]) if isinstance(meta, dict) else None
    except (ValueError, TypeError, KeyError, struct.error):
        return None
