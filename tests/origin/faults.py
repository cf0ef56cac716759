"""Every way in which an answer can be wrong: the script that says it, and the word for it (threats 31 and 32)."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping

import brotli
import zstandard

from gateway.content.origin.error import Fault
from tests.origin.scripted import CUT, HANG, RESET, Script, chunked, head, response

PAGE = b"<!doctype html><title>News</title><p>" + b"All the news that there is. " * 40 + b"</html>"
ZIPPED = gzip.compress(PAGE)
CHUNKS = head("200 OK", "Content-Type: text/html", "Transfer-Encoding: chunked")
LIMIT = 100_000
"""Bytes that a body may have here."""


def coded(body: bytes, coding: str) -> bytes:
    return response(body, "200 OK", "Content-Type: text/html", f"Content-Encoding: {coding}")


def bomb(size: int) -> bytes:
    return gzip.compress(b"\0" * size, 9)


def faults(limit: int) -> Mapping[str, tuple[Script, Fault]]:
    """By name. `limit`: the bytes that a body may have."""
    most = [b"x" * 65_536] * (limit // 65_536 + 2)
    return {
        "length, cut short": ([response(PAGE[:-9], length=len(PAGE)), CUT], Fault.TRUNCATED),
        "length, reset": ([response(PAGE[:-9], length=len(PAGE)), 0.05, RESET], Fault.TRUNCATED),
        "length, hangs within": ([response(PAGE[:3], length=len(PAGE)), HANG], Fault.TIMEOUT),
        "length too small": ([response(PAGE, length=len(PAGE) - 9)], Fault.MALFORMED),
        "length too small, the rest later": ([head("200 OK", "Content-Length: 5"), 0.05, b"hello, world"], Fault.MALFORMED),
        "chunked, no last chunk": ([CHUNKS, chunked(PAGE, end=b""), CUT], Fault.TRUNCATED),
        "chunked, cut within a chunk": ([CHUNKS, chunked(PAGE)[:-20], CUT], Fault.TRUNCATED),
        "chunked, end without its line": ([CHUNKS, chunked(PAGE, end=b"0\r\n"), CUT], Fault.TRUNCATED),
        "chunked, no number": ([CHUNKS, chunked(PAGE, end=b"zz\r\n")], Fault.MALFORMED),
        "chunked, no number later": ([CHUNKS, chunked(PAGE, end=b""), 0.05, b"zz\r\n", HANG], Fault.MALFORMED),
        "chunked, size beyond any": ([CHUNKS, b"fffffffffffffffff\r\nx", HANG], Fault.MALFORMED),
        "gzip cut, length right": ([coded(ZIPPED[:-20], "gzip")], Fault.TRUNCATED),
        "gzip without its end mark": ([coded(ZIPPED[:-8], "gzip")], Fault.TRUNCATED),
        "gzip with another checksum": ([coded(ZIPPED[:-8] + b"\0" * 8, "gzip")], Fault.UNDECODABLE),
        "gzip cut, in chunks": (
            [head("200 OK", "Transfer-Encoding: chunked", "Content-Encoding: gzip"), chunked(ZIPPED[:50])],
            Fault.TRUNCATED,
        ),
        "gzip cut, no length": ([head("200 OK", "Content-Encoding: gzip"), ZIPPED[:-20], CUT], Fault.TRUNCATED),
        "no gzip at all": ([coded(PAGE, "gzip")], Fault.UNDECODABLE),
        "deflate cut": ([coded(zlib.compress(PAGE)[:-6], "deflate")], Fault.TRUNCATED),
        "brotli cut": ([coded(brotli.compress(PAGE)[:-4], "br")], Fault.TRUNCATED),
        "zstandard cut": ([coded(zstandard.compress(PAGE)[:-4], "zstd")], Fault.TRUNCATED),
        "gzip bomb": ([coded(bomb(50_000_000), "gzip")], Fault.TOO_LARGE),
        "brotli bomb": ([coded(brotli.compress(b"\0" * 50_000_000, quality=1), "br")], Fault.TOO_LARGE),
        "zstandard bomb": ([coded(zstandard.compress(b"\0" * 50_000_000), "zstd")], Fault.TOO_LARGE),
        "deflate bomb": ([coded(zlib.compress(b"\0" * 50_000_000), "deflate")], Fault.TOO_LARGE),
        "bomb in a bomb": ([coded(gzip.compress(bomb(80_000_000)), "gzip, gzip")], Fault.TOO_LARGE),
        "two thousand members": ([coded(gzip.compress(b"0123456789x") * 2_000 + ZIPPED[:-9], "gzip")], Fault.TRUNCATED),
        "ten gigabytes announced": ([response(b"x", length=10 * 2**30), HANG], Fault.TOO_LARGE),
        "too many bytes in chunks": ([CHUNKS, *[chunked(piece, end=b"") for piece in most], HANG], Fault.TOO_LARGE),
        "too many bytes without length": ([head(), *most, HANG], Fault.TOO_LARGE),
        "drip": ([response(b"", length=len(PAGE)), *[b"x", 0.05] * 400], Fault.TIMEOUT),
        "drip of a head": ([b"HTTP/1.1 200 OK\r\nX: ", *[b"x", 0.05] * 400], Fault.FIRST_BYTE_TIMEOUT),
        "no word": ([HANG], Fault.FIRST_BYTE_TIMEOUT),
        "half a head": ([b"HTTP/1.1 200 OK\r\nContent-Le", CUT], Fault.DISCONNECTED),
        "closed at once": ([CUT], Fault.DISCONNECTED),
        "reset at once": ([RESET], Fault.DISCONNECTED),
        "garbage": ([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", HANG], Fault.MALFORMED),
        "a page without a head": ([PAGE, CUT], Fault.MALFORMED),
        "length and chunks": ([head("200 OK", "Content-Length: 5", "Transfer-Encoding: chunked"), chunked(b"hello")], Fault.MALFORMED),
        "two lengths": ([head("200 OK", "Content-Length: 5", "Content-Length: 6"), b"hello!"], Fault.MALFORMED),
        "a list of lengths": ([head("200 OK", "Content-Length: 5, 5"), b"hello"], Fault.MALFORMED),
        "a negative length": ([head("200 OK", "Content-Length: -5"), b"hello"], Fault.MALFORMED),
        "a length with a sign": ([head("200 OK", "Content-Length: +5"), b"hello"], Fault.MALFORMED),
        "another transfer coding": ([head("200 OK", "Transfer-Encoding: gzip, chunked"), chunked(b"hello")], Fault.MALFORMED),
        "chunks that are not last": ([head("200 OK", "Transfer-Encoding: chunked, gzip"), chunked(b"hello"), CUT], Fault.MALFORMED),
        "a field of twenty kilobytes": ([response(b"x", "200 OK", "X: " + "x" * 20_000)], Fault.MALFORMED),
        "three hundred fields": ([response(b"x", "200 OK", *[f"X-{n}: x" for n in range(300)])], Fault.MALFORMED),
        "a field with a null": ([response(b"x", "200 OK", "X: a\0b")], Fault.MALFORMED),
        "a field with a control": ([response(b"x", "200 OK", "X: a\x0bb")], Fault.MALFORMED),
        "a bare carriage return": ([response(b"x", "200 OK", "X: a\rY: b")], Fault.MALFORMED),
        "a name with a space": ([response(b"x", "200 OK", "X : a")], Fault.MALFORMED),
        "status 099": ([response(b"x", "099 Low")], Fault.MALFORMED),
        "status 20": ([response(b"x", "20 OK")], Fault.MALFORMED),
        "status 2000": ([response(b"x", "2000 OK")], Fault.MALFORMED),
        "HTTP/2 preface": ([b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HANG], Fault.MALFORMED),
    }  # fmt: skip


FAULTS = faults(LIMIT)
