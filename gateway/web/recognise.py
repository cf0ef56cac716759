"""Which bytes are a plain GET or HEAD that needs nobody's interpretation? Pure, and strict: in doubt, not this one.

Recognised is one complete head: known method, origin-form target, HTTP/1.1, exactly one Host, no body, no field that
frames, conditions (but If-None-Match) or routes the request otherwise. Field names that nobody here knows are ignored
(RFC 9110 section 5.1), or the lane would be shut behind every CDN.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from gateway.web.front_secret import FrontSecret

END = b"\r\n\r\n"
MAX_HEAD_BYTES = 8000
MAX_FIELDS = 100
NAMES_LEARNT = 4096
LEARNT_BYTES = 64

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TARGET = re.compile(rb"/[!\"$&->@-~]*")  # no query, no escapes: each resource is remembered under one spelling
_ANY_TARGET = re.compile(rb"/[!\"$-~]*")  # query and escapes, too: to a CMS each spelling is a resource of its own
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\r\n") + b"\x7f"

IGNORED, REFUSED, HOST, CLAIM, ACCEPT, CODINGS, CONDITION, TRACE, CONNECTION = range(9)
_KINDS = {
    b"host": HOST,
    b"accept": ACCEPT,
    b"accept-encoding": CODINGS,
    b"if-none-match": CONDITION,
    b"traceparent": TRACE,
    b"connection": CONNECTION,
}
_ONCE = b"content-location content-range content-type etag max-forwards server user-agent".split()
"""Nobody here reads them, but the natural lane refuses a request that has one of them twice."""
_KINDS |= {name: CONNECTION + 1 + number for number, name in enumerate(_ONCE)}
SECRET = CONNECTION + 1 + len(_ONCE)
_HANDED_OVER = frozenset(
    b"authorization content-encoding content-length expect http2-settings if-match if-modified-since if-range "
    b"if-unmodified-since keep-alive proxy-connection range sec-websocket-key1 te trailer transfer-encoding "
    b"upgrade".split()
)


class Head(NamedTuple):
    """What an answer can depend on; values as sent, stripped. `forwarded`: every line, with its name in
    lower case, that claims where the reader is: by address, or by place.
    """

    bodiless: bool
    target: bytes
    host: bytes
    forwarded: tuple[tuple[bytes, bytes], ...]
    accept: bytes
    codings: bytes
    condition: bytes
    trace: bytes


class Recogniser:
    """Recognises heads. `claims`: the fields, in lower case, that may say where the reader is. `spelt`: whether a
    target counts as it is spelt, with escapes and query. `secret`: what a head must tell to be recognised.
    """

    def __init__(self, claims: Iterable[str], *, spelt: bool = False, secret: FrontSecret | None = None) -> None:
        self._secret = secret
        self._target = _ANY_TARGET if spelt else _TARGET
        self._kinds = _KINDS | {name.encode("ascii"): CLAIM for name in claims}
        if secret is not None:
            self._kinds[secret.name.encode("ascii")] = SECRET
        self._learnt: dict[bytes, int] = {}

    def recognise(self, data: bytes) -> Head | None:
        """The head, if these bytes are exactly one that is recognised; else None."""
        if len(data) > MAX_HEAD_BYTES or not data.endswith(END):
            return None
        lines = data.split(b"\r\n")
        count = len(lines) - 1
        if count > MAX_FIELDS or data.count(b"\n") != count or data.count(b"\r") != count:
            return None
        if len(data.translate(None, _CONTROLS)) != len(data):
            return None
        method, _, rest = lines[0].partition(b" ")
        target, _, version = rest.partition(b" ")
        if version != b"HTTP/1.1" or (method != b"GET" and method != b"HEAD") or not self._target.fullmatch(target):  # noqa: PLR1714
            return None
        found: dict[int, bytes] = {}
        forwarded: tuple[tuple[bytes, bytes], ...] = ()
        learnt = self._learnt
        for line in lines[1:-2]:
            name, colon, value = line.partition(b":")
            kind = learnt.get(name)
            if kind is None:
                kind = self._learn(name)
            if kind == IGNORED and colon:
                continue
            if kind == CLAIM and colon:
                forwarded = (*forwarded, (name.lower(), value.strip(b" \t")))
            elif kind == REFUSED or not colon or kind in found:
                return None  # also: a field twice that is read as one
            else:
                found[kind] = value.strip(b" \t")
        if HOST not in found or found.get(CONNECTION, b"keep-alive").lower() != b"keep-alive":
            return None
        if self._secret is not None and not self._secret.is_told(found.get(SECRET, b"")):
            return None
        get = found.get
        return Head(
            method == b"HEAD", target, found[HOST], forwarded,
            get(ACCEPT, b""), get(CODINGS, b""), get(CONDITION, b""), get(TRACE, b""),
        )  # fmt: skip

    def names(self) -> frozenset[str]:
        """The field names that were met, in lower case; the last thousands."""
        return frozenset(name.lower().decode("latin-1") for name in self._learnt)

    def _learn(self, name: bytes) -> int:
        """What a field name as spelt means; names are few and short."""
        lower = name.lower()
        refused = lower in _HANDED_OVER or not _TOKEN.fullmatch(name)
        kind = REFUSED if refused else self._kinds.get(lower, IGNORED)
        if len(name) <= LEARNT_BYTES:
            if len(self._learnt) >= NAMES_LEARNT:
                self._learnt.clear()  # the names that are sent are back at once, a flood of others is gone
            self._learnt[name] = kind
        return kind
