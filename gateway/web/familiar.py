"""Heads like one that was read before need not be read again. Pure, and as strict as the recogniser that it asks.

Browsers of one kind send the same fields with every request, but for a few lines that are another reader's, another
page's or another request's. Those are cut out, and what is left is looked up whole, under its bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gateway.geo.client_address import CLAIMING
from gateway.web.recognise import END, MAX_HEAD_BYTES, Head

Forwarded = tuple[tuple[bytes, bytes], ...]
Read = tuple[bytes, bytes, int, Forwarded, bytes, bytes]
"""First line, Host, shape, claims, If-None-Match and traceparent. A plain tuple, since it is made for every request."""

HEADS_KEPT = 2048
KEPT_BYTES = 2048
CUTS = 8
_FIELDS = 64
_MET_ONCE = 65_536
_FIRST_LINE = b"GET / HTTP/1.1"
_CONTROLS = bytes(byte for byte in range(32) if byte != 9) + b"\x7f"

_UNREAD, _CLAIM, _CONDITION, _TRACE = range(4)
_CUT_OUT = dict.fromkeys(
    (
        *CLAIMING,
        "cf-ray",
        "cookie",
        "referer",
        "x-amzn-trace-id",
        "x-cloud-trace-context",
        "x-request-id",
    ),
    _UNREAD,
) | {"if-none-match": _CONDITION, "traceparent": _TRACE}
CUT_OUT = frozenset(_CUT_OUT)
"""Fields, in lower case, by which requests may differ and be alike: none of them may decide who is let in."""


class Familiar:
    """Heads that were recognised, by what many requests share of them; `shape_of` numbers what else of a head an answer
    depends on. No address and no cookie is held: they are among what is cut out.
    """

    def __init__(
        self, recognise: Callable[[bytes], Head | None], shape_of: Callable[[Head], int], claims: Iterable[str]
    ) -> None:
        self._recognise = recognise
        self._shape_of = shape_of
        self._kinds = {name.encode("ascii"): kind for name, kind in (_CUT_OUT | dict.fromkeys(claims, _CLAIM)).items()}
        self._cuts: list[tuple[bytes, int, bytes, int]] = []
        self._heads: dict[bytes, tuple[bytes, int]] = {}
        self._once: set[int] = set()

    def read(self, data: bytes) -> Read | None:
        """What these bytes ask; None for whatever is not one head like another before.

        What is left of the bytes was recognised as one whole head, and what was cut out are whole lines: these bytes
        are one head too, since they end with its end. (A line cut out behind a blank one would have been the last.)
        """
        if not data.endswith(END) or len(data) > MAX_HEAD_BYTES:
            return None
        first = data.find(b"\r\n")
        rest = data[first:]
        forwarded: Forwarded = ()
        condition = trace = b""
        for start, length, name, kind in self._cuts:
            at = rest.find(start)
            if at < 0:
                continue
            end = rest.find(b"\r\n", at + length)
            value = rest[at + length : end]
            if len(value.translate(None, _CONTROLS)) != len(value):
                return None
            rest = rest[:at] + rest[end:]
            if kind == _CLAIM:
                forwarded = (*forwarded, (name, value.strip(b" \t")))
            elif kind == _CONDITION:
                condition = value.strip(b" \t")
            elif kind == _TRACE:
                trace = value.strip(b" \t")
        known = self._heads.get(rest)
        return None if known is None else (data[:first], *known, forwarded, condition, trace)

    def learn(self, data: bytes) -> None:
        """Keep what the next such head will share with this one, which was recognised; once that is the second."""
        lines = data.split(b"\r\n")[1:]
        names = [line.partition(b":")[0] for line in lines]
        kept = [line for line, name in zip(lines, names, strict=True) if name.lower() not in self._kinds]
        rest = b"\r\n".join([b"", *kept])
        if len(rest) > KEPT_BYTES or len(kept) > _FIELDS:
            return
        if hash(rest) not in self._once:
            if len(self._once) >= _MET_ONCE:
                self.forget()  # nothing of all that came again: what was learnt to cut out is not what differs
            self._once.add(hash(rest))
            return
        for name in names:
            lower, start = name.lower(), b"\r\n" + name + b":"
            kind, cut = self._kinds.get(lower), [known for _, _, known, _ in self._cuts]
            if kind is not None and lower not in cut and len(cut) < CUTS:  # in one spelling: nothing is cut out twice
                self._cuts.append((start, len(start), lower, kind))
        head = self._recognise(_FIRST_LINE + rest)
        if head is not None:
            if len(self._heads) >= HEADS_KEPT:
                self._heads.clear()
            self._heads[rest] = (head.host, self._shape_of(head))

    def forget(self) -> None:
        """Begin anew."""
        self._cuts.clear()
        self._heads.clear()
        self._once.clear()
