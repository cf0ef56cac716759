"""The express lane: a warm article, asked for plainly, answered from prepared bytes in one write.

It decides nothing of its own. What it sends was made by the same functions as the natural lane's answer, for the same
article version, decision, reader's standings and second; whatever it does not hold goes to the natural lane.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from gateway.cache.codings import etag_matches, preferences
from gateway.cache.freshness import MAX_AGE_SECONDS
from gateway.cache.memory import MemoryPages
from gateway.cache.page import StoredPage
from gateway.delivery import Delivered
from gateway.snapshot import Snapshot
from gateway.telemetry.request_event import PreparedLine, inherited_trace, line
from gateway.web.articles import wants_json
from gateway.web.exchange import Incoming, Outgoing, Reader
from gateway.web.headers import page_response
from gateway.web.host import addressed
from gateway.web.public import Public
from gateway.web.recognise import Head, Recogniser
from gateway.web.record import Record

NAME = "express"
MEMO_SIZE = 65_536
FORWARDED_BYTES = 256
"""Longer claims about the reader's address are read each time: whoever sends them chooses how much would be kept."""

Key = tuple[object, ...]
SERVER = ("Server", "gateway")


@dataclass(slots=True)
class Known:
    """A reader who was located before. `group` numbers all that an answer and its log line can depend on. `count`: of
    readings since the last settling.
    """

    reader: Reader
    group: int
    until: float
    count: int = 0


@dataclass(slots=True)
class Answer:
    """An answer ready to be sent. `until`: seconds since the epoch at which something in it can change."""

    page: StoredPage
    delivered: Delivered
    full: tuple[bytes, bytes]
    unchanged: tuple[bytes, bytes]
    etag: str
    prepared: PreparedLine
    until: float
    reader: Reader
    door: str
    count: int = 0


class Express:
    """Answers what it can; everything it holds belongs to one snapshot and goes with it."""

    def __init__(self, public: Public, memory: MemoryPages, record: Record, claims: Iterable[str]) -> None:
        self._public = public
        self._memory = memory
        self._record = record
        recogniser = Recogniser(claims)
        self._recognise = recogniser.recognise
        self.names_met = recogniser.names
        self._snapshot: Snapshot | None = None
        self._known: dict[tuple[object, ...], Known] = {}
        self._answers: dict[Key, Answer] = {}
        self._groups: dict[tuple[object, ...], int] = {}
        self._answers_of: dict[str, set[Key]] = {}
        memory.on_removed = self._forget
        self._served: list[Answer] = []
        self._heard: list[Known] = []
        self._second = 0
        self._date = b""
        self.draining = False

    def answer(self, data: bytes, peer: str | None) -> bytes | None:
        """The whole response to these bytes; None where the natural lane must look at them."""
        began = time.perf_counter_ns()
        head = self._recognise(data)
        if head is None or self.draining:
            return None
        now = time.time()
        snapshot = self._public.current()
        if snapshot is not self._snapshot:
            self._begin(snapshot)
        known = self._known.get((peer, head.host, head.forwarded))
        if known is None or now >= known.until:
            known = self._meet(head, peer, snapshot)
            if known is None:
                return None
        key = (head.target, _json(head.accept), _codings(head.codings), known.group)
        answer = self._answers.get(key)
        if answer is None or now >= answer.until or self._memory.get(answer.page.key) is not answer.page:
            answer = self._prepare(head, known, snapshot)
            if answer is None:
                return None
            self._keep(key, answer)
        if not known.count:
            self._heard.append(known)
        known.count += 1
        return self._send(head, answer, now, began)

    def settle(self) -> None:
        """Hand what was counted since the last time to the metrics and the decision facts."""
        served, self._served = self._served, []
        heard, self._heard = self._heard, []
        for known in heard:
            self._record.seen(known.reader, known.count)
            known.count = 0
        for answer in served:
            self._record.delivered(answer.delivered, answer.reader, answer.door, answer.count)
            self._public.delivery.sent(answer.page, answer.count)
            answer.count = 0

    def _begin(self, snapshot: Snapshot) -> None:
        self.settle()
        self._snapshot = snapshot
        self._known.clear()
        self._groups.clear()
        self._forget_all()

    def _keep(self, key: Key, answer: Answer) -> None:
        if len(self._answers) >= MEMO_SIZE:
            self._forget_all()
        self._answers[key] = answer
        self._answers_of.setdefault(answer.page.key, set()).add(key)

    def _forget(self, page_key: str) -> None:
        """A page has left memory: nothing here may hold its bytes any longer, or the bound in bytes would be none."""
        for key in self._answers_of.pop(page_key, ()):
            self._answers.pop(key, None)

    def _forget_all(self) -> None:
        self._answers.clear()
        self._answers_of.clear()

    def _send(self, head: Head, answer: Answer, now: float, began: int) -> bytes:
        status, (fields, body) = 200, answer.full
        if head.condition and etag_matches(_text(head.condition), answer.etag):
            status, (fields, body) = 304, answer.unchanged
        if head.bodiless:
            body = b""
        second = int(now)
        if second != self._second:
            self._second = second
            self._date = b"Date: " + formatdate(second, usegmt=True).encode("ascii") + b"\r\n\r\n"
        if not answer.count:
            self._served.append(answer)
        answer.count += 1
        method = "HEAD" if head.bodiless else "GET"
        duration_ns = time.perf_counter_ns() - began
        said = line(
            answer.prepared,
            timestamp=now,
            duration_ns=duration_ns,
            method=method,
            status=status,
            body_bytes=len(body),
            cache_status="hit",
            cache_level="memory",
            lane=NAME,
            trace_id=inherited_trace(_text(head.trace)) if head.trace else "",
        )
        self._record.answered(method, status, answer.door, duration_ns, said)
        return fields + self._date + body

    def _meet(self, head: Head, peer: str | None, snapshot: Snapshot) -> Known | None:
        """Where this reader is; None where the site does not answer to the name that was asked."""
        incoming = self._incoming(head, peer)
        if not self._public.knows(incoming.host, snapshot):
            return None
        reader = self._public.readers.of(incoming, snapshot)
        location = reader.location
        group = (location.signature(), location.evidence, location.unknown, reader.address_source)
        # A number, since the places in it would be hashed anew for every request.
        number = self._groups.setdefault(group, len(self._groups))
        known = Known(reader, number, location.valid_until.timestamp() if location.valid_until else float("inf"))
        if sum(len(value) for _, value in head.forwarded) <= FORWARDED_BYTES:
            if len(self._known) >= MEMO_SIZE:
                self._known.clear()
            self._known[peer, head.host, head.forwarded] = known
        return known

    def _prepare(self, head: Head, known: Known, snapshot: Snapshot) -> Answer | None:
        """The natural lane's answer, if it is in memory; None where that lane must be taken."""
        incoming = self._incoming(head, None)
        reader = replace(known.reader, now=self._public.readers.clock())  # the place is remembered, the moment is not
        context = self._public.context(incoming, snapshot, reader)
        asked = self._public.article(context)
        if asked is None:
            return None
        context, wanted, door = asked
        delivered = context.delivery.recall(wanted)
        if delivered is None or delivered.page.status != 200:
            return None
        outgoing = page_response(context, delivered, door)
        etag = next(value for name, value in outgoing.headers if name == "ETag")
        same = replace(context, incoming=replace(incoming, headers=[*incoming.headers, ("if-none-match", etag)]))
        ends = delivered.decision.valid_until
        until = float("inf") if ends is None else ends.timestamp()
        now = context.reader.now.timestamp()
        if ends is not None and until - now <= MAX_AGE_SECONDS + 1:
            until = min(until, float(int(now) + 1))  # max-age counts down to the boundary, second by second
        elif ends is not None:
            until -= MAX_AGE_SECONDS + 1
        return Answer(
            page=delivered.page,
            delivered=delivered,
            full=(_fields(outgoing), outgoing.body),
            unchanged=(_fields(page_response(same, delivered, door)), b""),
            etag=etag,
            prepared=self._record.prepared(context, outgoing),
            until=until,
            reader=context.reader,
            door=str(door),
        )

    def _incoming(self, head: Head, peer: str | None) -> Incoming:
        """The recognised head as the natural lane sees it."""
        headers = [(name.decode("ascii"), _text(value)) for name, value in head.forwarded]
        for name, value in (("accept", head.accept), ("accept-encoding", head.codings)):
            if value:
                headers.append((name, _text(value)))
        target, host = addressed(head.target.decode("ascii"), _text(head.host))
        return Incoming("HEAD" if head.bodiless else "GET", target, host, headers, peer)


def _text(value: bytes) -> str:
    """A field's value as aiohttp reads it."""
    return value.decode("utf-8", "surrogateescape")


@lru_cache(maxsize=256)
def _json(accept: bytes) -> bool:
    return wants_json(_text(accept))


@lru_cache(maxsize=256)
def _codings(accept_encoding: bytes) -> tuple[str, ...]:
    """All that the choice of a coding depends on: there are sixteen such answers, and any number of spellings."""
    return preferences(_text(accept_encoding))


def _fields(outgoing: Outgoing) -> bytes:
    """Status line and fields as aiohttp writes them, up to Date."""
    length = [("Content-Length", str(len(outgoing.body)))] if outgoing.status == 200 else []
    lines = [f"{name}: {value}\r\n" for name, value in (SERVER, *outgoing.headers, *length)]
    return f"HTTP/1.1 {outgoing.status} {HTTPStatus(outgoing.status).phrase}\r\n{''.join(lines)}".encode("latin-1")
