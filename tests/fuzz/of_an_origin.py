"""What an origin sends, and what is kept in Redis: fields, codings, stored pages and answers. Targets as in `targets`."""

from __future__ import annotations

import contextlib
import hmac
import struct

from gateway.cache.http.coding import ResponsesCodec
from gateway.cache.http.dates import parsed, written
from gateway.cache.http.directives import delta_seconds, directives, names, seconds
from gateway.cache.http.profile import NEWSROOM
from gateway.cache.http.ranges import Part, content_range, wanted_part
from gateway.cache.http.structured import dictionary, strings
from gateway.cache.http.targeted import targeted
from gateway.cache.http.vary import selecting, vary_names
from gateway.cache.seal import tags_in
from gateway.cache.signing import MAGIC, Codec
from gateway.content.message import Request, Response
from gateway.content.origin.coding import decode
from gateway.content.origin.error import OriginError
from gateway.content.origin.head import head_of

KEY = b"a key that nobody knows"
NOW = 1_800_000_000.0
LIMIT = 1 << 20


def fields(data: bytes) -> None:
    """Fields of a response or a request, each read by every reader of one."""
    said = data.decode("latin-1")
    lines = said.split("\n")
    for found in (directives(lines), targeted(lines) or {}):
        for name in found:
            count = seconds(found, name)
            assert count is None or 0 <= count <= 2**31
            names(found[name])
    assert delta_seconds(said) is None or said.strip("0123456789") == ""
    part = wanted_part(lines, 1000)
    assert not isinstance(part, Part) or 0 <= part.first <= part.last < 1000
    covered = content_range(Response(206, "", (("Content-Range", said),), b"x" * 10))
    assert covered is None or (covered[1] - covered[0] == 9 and covered[1] < covered[2])
    moment = parsed(said, NOW)
    assert moment is None or parsed(written(moment), NOW) == moment
    dictionary(lines)
    strings(lines)
    varying = vary_names((("Vary", said),))
    asked = Request("GET", "/", (("Accept-Encoding", said), ("Accept-Language", said), ("Cookie", said)))
    selecting(varying or (), asked, NEWSROOM)


def request_head(data: bytes) -> None:
    """A head that is passed on is one request to one host, whatever was asked."""
    method, _, rest = data.decode("latin-1").partition(" ")
    target, _, lines = rest.partition("\n")
    pairs = tuple((name, value) for name, _, value in (line.partition(":") for line in lines.split("\n")))
    try:
        head = head_of(Request(method, target, pairs), "origin.example", None)
    except OriginError:
        return
    written_lines = head.split(b"\r\n")
    assert head.endswith(b"\r\n\r\n")
    assert head.count(b"\r\n\r\n") == 1
    assert len(written_lines) - 1 == head.count(b"\n") == head.count(b"\r")
    assert [line.lower() for line in written_lines if line.lower().startswith(b"host:")] == [b"host: origin.example"]
    assert not any(line.lower().startswith((b"transfer-encoding:", b"content-length:")) for line in written_lines)


def coded(data: bytes) -> None:
    """A coded body is whole and small enough, or an OriginError."""
    name, _, body = data.partition(b"\n")
    with contextlib.suppress(OriginError):
        assert len(decode(body, name.decode("latin-1"), LIMIT)) <= LIMIT


def stored(data: bytes) -> None:
    """Foreign bytes are no page; nor are bytes of ours, rightly signed, that mean something else."""
    codec = Codec(KEY)
    assert codec.decode(data, "key")[0] is None
    tags_in(data)
    for covered in (
        struct.pack(">4sH", MAGIC, 3) + b"key" + data,
        struct.pack(">4sH", MAGIC, 3) + b"key" + struct.pack(">I", len(data)) + data,
    ):
        page, why = codec.decode(covered + hmac.digest(codec._seal._key, covered, "sha256"), "key")
        assert (page is None) == bool(why)


def responses(data: bytes) -> None:
    """No foreign bytes are stored responses."""
    assert ResponsesCodec(b"key", NEWSROOM).decode(data, "key", "/")[0] == ()


TARGETS = (coded, fields, request_head, responses, stored)
