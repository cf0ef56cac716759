"""Answers of a CMS ready to be sent: the natural lane's own, as bytes, while what they were made of is fresh."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from gateway.cache.freshness import MAX_AGE_SECONDS, seconds_fresh
from gateway.cache.http.stored import Stored
from gateway.cache.http.tags import target_name
from gateway.cache.memory import Kept, MemoryPages
from gateway.cache.page import StoredPage
from gateway.passage.passing import Passed
from gateway.snapshot import Snapshot
from gateway.telemetry.request_event import PreparedLine
from gateway.web.answers import SECOND_NS, Answer, Sending, incoming_of, sending_of, text
from gateway.web.context import Context
from gateway.web.exchange import Incoming, Outgoing, Reader
from gateway.web.passage import PublicPassage
from gateway.web.passed import outgoing
from gateway.web.paths import passable
from gateway.web.recognise import Head
from gateway.web.record import Record
from gateway.web.relay import head_of

_TOLD_APART = frozenset({"accept-encoding"})
"""What a CMS may tell readers apart by whom the lane tells apart: it knows one Accept from another by JSON alone."""
_LONGEST_SECONDS = 10**9
_NO_TAG = '"\x00"'
"""An entity tag that nobody can send."""


class PassageAnswers:
    """Makes answers of what is kept of a CMS. It decides nothing of its own: the natural lane's functions do."""

    spelt = True

    def __init__(self, passages: PublicPassage, pages: MemoryPages, record: Record) -> None:
        self._passages = passages
        self._pages = pages
        self._responses = passages.passage.memory
        self._record = record
        onward = passages.onward
        self.barred = _literals(onward.sessions, whole="cookie" in onward.passes)

    def reader(self, head: Head, peer: str | None, snapshot: Snapshot) -> Reader | None:
        """Who asks; None where the site does not answer to the name that was asked."""
        incoming, public = incoming_of(head, peer), self._passages.public
        return public.readers.of(incoming, snapshot) if public.knows(incoming.host, snapshot) else None

    def prepare(self, head: Head, reader: Reader, snapshot: Snapshot) -> Answer | None:
        """The natural lane's answer, if all of it is in memory and fresh; None where that lane must be taken."""
        incoming, public = incoming_of(head, None), self._passages.public
        held = self._responses.held(incoming.target)
        path = passable(incoming.target) if held else None
        if path is None or any(stored.selected_by.keys() - _TOLD_APART for stored in held):
            return None
        fields = tuple((name, value) for name, value in incoming.headers if name in _TOLD_APART)
        reader = replace(reader, now=public.readers.clock())  # the place is remembered, the moment is not
        context = replace(public.context(replace(incoming, fields=fields), snapshot, reader), path=path)
        passed = self._passages.passage.recall(self._passages.asked(context))
        if passed is None or passed.stored is None or passed.response.status != 200:
            return None
        now = self._passages.passage.clock()
        sent = outgoing(context, passed, now)
        page = passed.sight.page
        kept = self._pages.kept(page.key) if page is not None else None
        if sent.status != 200 or (page is not None and (kept is None or kept.page is not page)):
            return None
        etag = next((value for name, value in sent.headers if name.lower() == "etag"), "")
        same = replace(context, incoming=_with(context, ("if-none-match", etag or "*")))
        unchanged = outgoing(same, passed, now)
        if unchanged.status != 304:
            return None  # its tag is none that could be compared
        prepared = self._record.prepared(context, sent)
        name, tag = target_name(incoming.target), etag.encode("latin-1")
        page = page or StoredPage(name, 200, "", "", {}, {})
        return Answer(
            page=page,
            kept=kept or Kept(page, 0, main=True),
            delivered=passed,
            full=_sending(head, sent, prepared),
            unchanged=_sending(head, unchanged, prepared),
            etag=text(tag) or _NO_TAG,
            tag=tag,
            prepared=prepared,
            until=_until(passed, passed.stored, now, reader.now),
            door=str(sent.door or "own"),
            made_of=(name,) if kept is None else (name, page.key),
            born=0 if kept is not None else int((now - passed.stored.age(now)) * SECOND_NS),
        )

    def forget_by(self, forget: Callable[[str], None]) -> None:
        """Whom to tell the names of what answers are made of, as it goes."""
        self._pages.on_removed = forget
        self._responses.on_changed = lambda uri: forget(target_name(uri))

    def sent(self, answer: Answer, times: int) -> None:
        """It has been sent so often: what many ask for is worth coding better, and the last to go."""
        self._responses.held(answer.made_of[0].partition(":")[2])
        if len(answer.made_of) > 1:
            self._passages.public.delivery.sent(answer.page, times)


def _with(context: Context, field: tuple[str, str]) -> Incoming:
    incoming = context.incoming
    return replace(incoming, headers=[*incoming.headers, field], fields=(*incoming.fields, field))


def _until(passed: Passed, stored: Stored, now: float, moment: datetime) -> int:
    """In ns since the epoch, when this answer is none any more: never past freshness, nor past the next boundary.
    Before that, max-age may count down: that of our page to either; the CMS's to a boundary, as Age counts up.
    """
    decision, fresh = passed.decision, stored.fresh_until
    boundary = decision.valid_until if decision is not None else None
    ends = [fresh] if boundary is None else [fresh, boundary.timestamp()]
    if decision is None or decision.depends_on_place:
        return int(min(ends) * SECOND_NS)
    if passed.sight.page is not None:
        ends.append(fresh - int(min(float(MAX_AGE_SECONDS), max(0.0, fresh - now))))
        if boundary is not None:
            ends.append(boundary.timestamp() - seconds_fresh(boundary, moment))
    elif boundary is not None:
        ends.append(now + 1 - stored.age(now) % 1)
        ends.append(boundary.timestamp() - seconds_fresh(boundary, moment, _LONGEST_SECONDS))
    return int(min(ends) * SECOND_NS)


def _literals(patterns: Iterable[str], *, whole: bool) -> tuple[bytes, ...]:
    """What stands in every cookie that one of these patterns means; any cookie, where a pattern has nothing of it."""
    pieces = [max(pattern.split("*"), key=len).encode("latin-1", "replace") for pattern in patterns]
    return (b"ookie:",) if whole or b"" in pieces else tuple(dict.fromkeys(pieces))


def _sending(head: Head, sent: Outgoing, prepared: PreparedLine) -> Sending:
    """Status line and fields as the natural lane writes them, but for Age, or Date where that is ours."""
    fields = head_of(sent, "HEAD" if head.bodiless else "GET", moment=False)
    return sending_of(head, sent, fields, prepared)
