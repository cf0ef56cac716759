"""Answers ready to be sent: the natural lane's own response to an article in memory, as bytes, as long as it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Protocol

from gateway.cache.codings import preferences
from gateway.cache.freshness import seconds_fresh
from gateway.cache.memory import Kept, MemoryPages
from gateway.cache.page import StoredPage
from gateway.delivery import Delivered, Told
from gateway.snapshot import Snapshot
from gateway.telemetry.request_event import PreparedLine, rest
from gateway.web.articles import wants_json
from gateway.web.exchange import Incoming, Outgoing, Reader
from gateway.web.headers import page_response
from gateway.web.host import addressed
from gateway.web.public import Public
from gateway.web.recognise import Head
from gateway.web.record import Record

NAME = "express"
SERVER = ("Server", "gateway")
SECOND_NS = 1_000_000_000
NEVER = 2**63
"""Later than any clock says, in ns since the epoch."""


@dataclass(slots=True)
class Sending:
    """One response but for its Date, and its log line but for what each request has of its own. Since the last
    settling, `count` of those sent, `slow` of those among them that were timed alone, `duration_ns` of the others.
    """

    method: str
    status: int
    head: bytes
    body: bytes
    said: bytes
    count: int = 0
    slow: int = 0
    duration_ns: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Whereabouts:
    """What many readers share: where they are, and what the log may tell of it, in full and not below country.
    `group` numbers all that an answer to them can depend on.
    """

    reader: Reader
    group: int
    told: bytes
    told_country: bytes


@dataclass(slots=True)
class Answer:
    """What readers about whom all is decided alike get for a target, wherever they are. `until`: ns since the epoch at
    which something in it can change; and it ends when `kept` holds another page than `page`, or something that it is
    `made_of` is forgotten. `born`: ns since the epoch from which its Age counts; 0: it has Date instead. `heard`:
    readings since the last settling, by place.
    """

    page: StoredPage
    kept: Kept
    delivered: Told
    full: Sending
    unchanged: Sending
    etag: str
    tag: bytes
    prepared: PreparedLine
    until: int
    door: str
    made_of: tuple[str, ...] = ()
    born: int = 0
    heard: dict[Whereabouts, int] = field(default_factory=dict)


class Preparing(Protocol):
    """Makes answers that the lane may send. `barred`: what may stand nowhere in a head that it answers. `spelt`:
    whether a target counts as it is spelt, with escapes and query.
    """

    barred: tuple[bytes, ...]
    spelt: bool

    def reader(self, head: Head, peer: str | None, snapshot: Snapshot) -> Reader | None:
        """Who asks; None where the site does not answer to the name that was asked."""

    def prepare(self, head: Head, reader: Reader, snapshot: Snapshot) -> Answer | None:
        """The natural lane's answer, if it is at hand; None where that lane must be taken."""

    def forget_by(self, forget: Callable[[str], None]) -> None:
        """Whom to tell the names of what answers are made of, as it goes."""

    def sent(self, answer: Answer, times: int) -> None:
        """It has been sent so often."""


class Answers:
    """Makes answers of articles in memory. It decides nothing of its own: the natural lane's functions do."""

    barred: tuple[bytes, ...] = ()
    spelt = False

    def __init__(self, public: Public, memory: MemoryPages, record: Record) -> None:
        self._public = public
        self._memory = memory
        self._record = record

    def reader(self, head: Head, peer: str | None, snapshot: Snapshot) -> Reader | None:
        """Who asks; None where the site does not answer to the name that was asked."""
        incoming = incoming_of(head, peer)
        return self._public.readers.of(incoming, snapshot) if self._public.knows(incoming.host, snapshot) else None

    def prepare(self, head: Head, reader: Reader, snapshot: Snapshot) -> Answer | None:
        """The natural lane's answer, if it is in memory; None where that lane must be taken."""
        incoming = incoming_of(head, None)
        reader = replace(reader, now=self._public.readers.clock())  # the place is remembered, the moment is not
        context = self._public.context(incoming, snapshot, reader)
        asked = self._public.article(context)
        if asked is None:
            return None
        context, wanted, door = asked
        delivered, kept = context.delivery.recall(wanted), self._memory.kept(wanted.key)
        if delivered is None or kept is None or delivered.page.status != 200:
            return None
        outgoing = page_response(context, delivered, door)
        etag = next(value for name, value in outgoing.headers if name == "ETag")
        same = replace(context, incoming=replace(incoming, headers=[*incoming.headers, ("if-none-match", etag)]))
        prepared = self._record.prepared(context, outgoing)
        return Answer(
            page=delivered.page,
            kept=kept,
            delivered=delivered,
            full=_sending(head, outgoing, prepared),
            unchanged=_sending(head, page_response(same, delivered, door), prepared),
            etag=etag,
            tag=etag.encode("ascii"),
            prepared=prepared,
            until=_until(delivered, context.reader.now),
            door=str(door),
            made_of=(delivered.page.key,),
        )

    def forget_by(self, forget: Callable[[str], None]) -> None:
        """Whom to tell the keys of pages that leave memory."""
        self._memory.on_removed = forget

    def sent(self, answer: Answer, times: int) -> None:
        """It has been sent so often."""
        self._public.delivery.sent(answer.page, times)


def shape_of(head: Head) -> tuple[object, ...]:
    """All of a head that the choice of a page's form depends on: few such shapes, and any number of spellings."""
    return head.bodiless, _json(head.accept), _codings(head.codings)


def text(value: bytes) -> str:
    """A field's value as aiohttp reads it."""
    return value.decode("utf-8", "surrogateescape")


def _until(delivered: Delivered, now: datetime) -> int:
    """In ns since the epoch, when this answer is none any more: near its boundary, max-age counts down to that."""
    ends = delivered.decision.valid_until
    return NEVER if ends is None else int((ends.timestamp() - seconds_fresh(ends, now)) * SECOND_NS)


def incoming_of(head: Head, peer: str | None) -> Incoming:
    """The recognised head as the natural lane sees it."""
    headers = [(name.decode("ascii"), text(value)) for name, value in head.forwarded]
    for name, value in (("accept", head.accept), ("accept-encoding", head.codings)):
        if value:
            headers.append((name, text(value)))
    target, host = addressed(head.target.decode("ascii"), text(head.host))
    return Incoming("HEAD" if head.bodiless else "GET", target, host, headers, peer)


@lru_cache(maxsize=256)
def _json(accept: bytes) -> bool:
    return wants_json(text(accept))


@lru_cache(maxsize=256)
def _codings(accept_encoding: bytes) -> tuple[str, ...]:
    return preferences(text(accept_encoding))


def _sending(head: Head, outgoing: Outgoing, prepared: PreparedLine) -> Sending:
    """Status line and fields as aiohttp writes them, up to Date."""
    length = [("Content-Length", str(len(outgoing.body)))] if outgoing.status == 200 else []
    lines = [f"{name}: {value}\r\n" for name, value in (SERVER, *outgoing.headers, *length)]
    fields = f"HTTP/1.1 {outgoing.status} {HTTPStatus(outgoing.status).phrase}\r\n{''.join(lines)}"
    return sending_of(head, outgoing, fields.encode("latin-1"), prepared)


def sending_of(head: Head, outgoing: Outgoing, fields: bytes, prepared: PreparedLine) -> Sending:
    """Ready to be sent and logged; `fields`: the response's head, but for what is other each second."""
    body = b"" if head.bodiless else outgoing.body
    method = "HEAD" if head.bodiless else "GET"
    said = rest(
        prepared,
        method=method,
        status=outgoing.status,
        body_bytes=len(body),
        cache_status="hit",
        cache_level="memory",
        lane=NAME,
    )
    return Sending(method, outgoing.status, fields, body, said)
