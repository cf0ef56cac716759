"""Take an origin's content codings off, bounded: what is cut short, broken or a bomb is refused. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

import brotli
import zstandard

from gateway.content.origin.error import Fault, OriginError

PIECE = 64 * 1024
_ZSTANDARD_SLICE = 256
"""Coded bytes that are given to zstandard at once: its blocks of at most 128 KiB need three bytes each or more."""
_ZSTANDARD_WINDOW = 8 * 2**20
"""RFC 9659: what a decoder of `Content-Encoding: zstd` has to support, and a sender may ask of it."""
_CODINGS_LIMIT = 3


def codings_of(value: str | None) -> list[str]:
    """The names in a Content-Encoding, in the order in which they were applied; `identity` is none."""
    names = (name.strip(" \t").lower() for name in (value or "").split(","))
    return [name for name in names if name not in {"", "identity"}]


def decodable(value: str | None) -> bool:
    """Whether every coding in this Content-Encoding is known here."""
    names = codings_of(value)
    return len(names) <= _CODINGS_LIMIT and all(name in _DECODERS for name in names)


def decode(body: bytes, value: str | None, limit: int) -> bytes:
    """The body without the codings of its Content-Encoding, each step at most `limit` bytes.

    Raises OriginError: TRUNCATED if a coding's end mark is missing, UNDECODABLE if it is broken or unknown, TOO_LARGE.
    """
    names = codings_of(value)
    if not decodable(value):
        raise OriginError(Fault.UNDECODABLE, "a content coding that is not known here")
    for name in reversed(names):
        pieces: list[bytes] = []
        size = 0
        try:
            for piece in _DECODERS[name](body):
                size += len(piece)
                if size > limit:
                    raise OriginError(Fault.TOO_LARGE, f"more than {limit} bytes once decoded")
                pieces.append(piece)
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise OriginError(Fault.UNDECODABLE, name) from error
        body = b"".join(pieces)
    return body


def _gzip(body: bytes) -> Iterator[bytes]:
    """Each member to its end mark and checksum. What follows the last is not a body's: browsers drop it, too."""
    while True:
        inflating = zlib.decompressobj(wbits=31)
        yield from _inflated(inflating, body)
        body = inflating.unused_data
        if not body.startswith(b"\x1f\x8b"):
            return


def _deflate(body: bytes) -> Iterator[bytes]:
    """In zlib's format as RFC 9110 has it, or bare as some servers send it (section 8.4.1.2)."""
    zlib_format = len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    yield from _inflated(zlib.decompressobj(wbits=15 if zlib_format else -15), body)


def _inflated(inflating: zlib._Decompress, body: bytes) -> Iterator[bytes]:
    yield inflating.decompress(body, PIECE)
    while inflating.unconsumed_tail and not inflating.eof:
        yield inflating.decompress(inflating.unconsumed_tail, PIECE)
    while not inflating.eof:
        rest = inflating.decompress(b"", PIECE)
        if not rest and not inflating.eof:
            raise OriginError(Fault.TRUNCATED, "no end of the compressed body")
        yield rest


def _brotli(body: bytes) -> Iterator[bytes]:
    decoding = brotli.Decompressor()
    yield decoding.process(body, output_buffer_limit=PIECE)
    while not decoding.is_finished():
        before = decoding.can_accept_more_data()
        piece = decoding.process(b"", output_buffer_limit=PIECE)
        if before and not piece:
            raise OriginError(Fault.TRUNCATED, "no end of the compressed body")
        yield piece


def _zstandard(body: bytes) -> Iterator[bytes]:
    while body:
        decoding = zstandard.ZstdDecompressor(max_window_size=_ZSTANDARD_WINDOW).decompressobj()
        for start in range(0, len(body), _ZSTANDARD_SLICE):
            yield decoding.decompress(body[start : start + _ZSTANDARD_SLICE])
            if decoding.eof:
                body = decoding.unused_data + body[start + _ZSTANDARD_SLICE :]
                break
        else:
            raise OriginError(Fault.TRUNCATED, "no end of the compressed body")


_DECODERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstandard,
}
