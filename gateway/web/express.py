"""The express lane: a warm article, asked for plainly, answered from prepared bytes in one write.

It decides nothing of its own. What it sends was made by the same functions as the natural lane's answer, for the same
article version, decision, reader's standings and second; whatever it does not hold goes to the natural lane.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.cache.codings import etag_matches
from gateway.cache.memory import USES_COUNTED, MemoryPages
from gateway.snapshot import Snapshot
from gateway.telemetry.request_event import LINE, inherited_trace, new_traces, trace
from gateway.telemetry.request_event import place as place_told
from gateway.web.answers import NEVER, SECOND_NS, Answer, Answers, Preparing, Whereabouts, shape_of, text
from gateway.web.exchange import Reader
from gateway.web.familiar import Familiar, Forwarded
from gateway.web.front_secret import FrontSecret
from gateway.web.moment import Moment
from gateway.web.public import Public
from gateway.web.recognise import Head, Recogniser
from gateway.web.record import Record

MEMO_SIZE = 65_536
ANSWERS_HELD = 16_384
"""Each takes some 3.5 kB beside its page, and who asks for codings in ever new orders chooses how many there are."""
FORWARDED_BYTES = 256
"""Longer claims about the reader's address are read each time: whoever sends them chooses how much would be kept."""
SLOW_NS = 500_000
"""What takes longer is timed by itself; all that is faster falls into the first bucket of durations."""
LEARN_ONE_IN = 8
"""Of the heads that are like none before, so that those which never come again cost little."""

Key = tuple[bytes, int, int]
"""First line, number of the shape, number of the group of readers."""


@dataclass(slots=True)
class Known:
    """A reader who was located before. `until`: ns since the epoch. `count`: of readings since the last settling."""

    where: Whereabouts
    reader: Reader
    until: int
    count: int = 0


class Express:
    """Answers what it can; everything it holds belongs to one snapshot and goes with it."""

    def __init__(
        self,
        public: Public,
        memory: MemoryPages,
        record: Record,
        claims: Iterable[str],
        answers: Preparing | None = None,
        secret: FrontSecret | None = None,
        answers_held: int = ANSWERS_HELD,
    ) -> None:
        self._answers_held = answers_held
        self._current = public.current
        self._prepared = answers or Answers(public, memory, record)
        self._barred = self._prepared.barred
        self._record = record
        self._log = record.log
        recogniser = Recogniser(claims, spelt=self._prepared.spelt, secret=secret)
        self._recognise = recogniser.recognise
        self.names_met = recogniser.names
        self._familiar = Familiar(self._recognise, self._shape, claims)
        self._read = self._familiar.read
        self._unfamiliar = 0
        self._snapshot: Snapshot | None = None
        self._known: dict[tuple[str | None, bytes, Forwarded], Known] = {}
        self._answers: dict[Key, Answer] = {}
        self._groups: dict[tuple[object, ...], int] = {}
        self._places: dict[tuple[object, ...], Whereabouts] = {}
        self._shapes: dict[tuple[object, ...], int] = {}
        self._answers_of: dict[str, set[Key]] = {}
        self._prepared.forget_by(self._forget)
        self._served: deque[Answer] = deque()
        self._heard: deque[Known] = deque()
        self._moment = Moment()
        self.draining = False

    def answer(self, data: bytes, peer: str | None) -> bytes | None:
        """The whole response to these bytes; None where the natural lane must look at them."""
        now = time.time_ns()
        if self._current() is not self._snapshot:
            self._begin()
        if self.draining or (self._barred and any(word in data for word in self._barred)):
            return None
        read = self._read(data)
        if read is not None:
            first, host, shape, forwarded, condition, parent = read
            known = self._known.get((peer, host, forwarded))
            if known is not None and now < known.until:
                answer = self._answers.get((first, shape, known.where.group))
                if answer is not None and now < answer.until and answer.kept.page is answer.page:
                    return self._send(known, answer, condition, parent, now)
        return self._answer_anew(data, peer, now, unfamiliar=read is None)

    @property
    def waiting(self) -> int:
        """Readers and answers of which something was counted since their last settling."""
        return len(self._heard) + len(self._served)

    def settle(self, share: int = 1) -> None:
        """Hand what was counted to the metrics and the decision facts: of this part of the readers and answers
        that wait, the longest waiting first; 1: of all. Whoever does it a little at a time keeps no reader waiting.
        """
        for _ in range(-(-len(self._heard) // share)):
            known = self._heard.popleft()
            self._record.seen(known.reader, known.count)
            known.count = 0
        for _ in range(-(-len(self._served) // share)):
            self._settle(self._served.popleft())

    def let_go(self) -> None:
        """Of a snapshot that is no longer in force, and of its GeoIP files, though nobody asks for anything."""
        if self._current() is not self._snapshot:
            self._begin()

    def _settle(self, answer: Answer) -> None:
        record, total = self._record, 0
        for sending in (answer.full, answer.unchanged):
            total += sending.count
            fast = sending.count - sending.slow
            if fast:
                record.answered(sending.method, sending.status, answer.door, sending.duration_ns, fast)
            sending.count = sending.slow = sending.duration_ns = 0
        heard, answer.heard = answer.heard, {}
        record.read(answer.delivered, next(iter(heard)).reader.location, total)
        for where, count in heard.items():
            record.read_at(answer.delivered, where.reader, answer.door, count)
        self._prepared.sent(answer, total)

    def _begin(self) -> None:
        self.settle()
        self._snapshot = self._current()
        self._known.clear()
        self._groups.clear()
        self._places.clear()
        self._shapes.clear()
        self._familiar.forget()
        self._forget_all()

    def _keep(self, key: Key, answer: Answer) -> None:
        if len(self._answers) >= self._answers_held:
            self._forget_all()
        self._answers[key] = answer
        for name in answer.made_of:
            self._answers_of.setdefault(name, set()).add(key)

    def _forget(self, name: str) -> None:
        """A page has left memory: nothing here may hold its bytes any longer, or the bound in bytes would be none."""
        for key in self._answers_of.pop(name, ()):
            self._answers.pop(key, None)

    def _forget_all(self) -> None:
        self._answers.clear()
        self._answers_of.clear()

    def _send(self, known: Known, answer: Answer, condition: bytes, parent: bytes, now: int) -> bytes:
        sending = answer.full
        if condition and (condition == answer.tag or etag_matches(text(condition), answer.etag)):
            sending = answer.unchanged
        moment = self._moment
        if not moment.begins <= now < moment.ends:
            moment.turn(now)
        kept = answer.kept
        if kept.uses < USES_COUNTED:
            kept.uses += 1
        if not known.count:
            self._heard.append(known)
        known.count += 1
        where, heard = known.where, answer.heard
        if not heard:
            self._served.append(answer)
        heard[where] = heard.get(where, 0) + 1
        sending.count += 1
        prepared = answer.prepared
        trace_id = trace(prepared, inherited_trace(text(parent))) if parent else next(new_traces)
        duration_ns = max(0, time.time_ns() - now)
        if duration_ns < SLOW_NS:
            sending.duration_ns += duration_ns
        else:
            sending.slow += 1
            self._record.answered(sending.method, sending.status, answer.door, duration_ns, 1)
        at = moment.minute if prepared.protected else moment.full
        there = where.told_country if prepared.country_only else where.told
        self._log(LINE % (at, duration_ns, trace_id, sending.said, there))
        if answer.born:
            return b"%bAge: %d\r\n\r\n%b" % (sending.head, (now - answer.born) // SECOND_NS, sending.body)
        return sending.head + moment.date + sending.body

    def _answer_anew(self, data: bytes, peer: str | None, now: int, *, unfamiliar: bool) -> bytes | None:
        """For what is not held, or not any more."""
        head = self._recognise(data)
        if head is None:
            return None
        if unfamiliar:
            self._unfamiliar += 1
            if self._unfamiliar % LEARN_ONE_IN == 0:
                self._familiar.learn(data)
        known = self._known.get((peer, head.host, head.forwarded))
        if known is None or now >= known.until:
            known = self._meet(head, peer)
            if known is None:
                return None
        key = data[: data.find(b"\r\n")], self._shape(head), known.where.group
        answer = self._answers.get(key)
        if answer is None or now >= answer.until or answer.kept.page is not answer.page:
            answer = self._prepared.prepare(head, known.reader, self._current())
            if answer is None:
                return None
            self._keep(key, answer)
        return self._send(known, answer, head.condition, head.trace, now)

    def _meet(self, head: Head, peer: str | None) -> Known | None:
        """Where this reader is; None where the site does not answer to the name that was asked."""
        reader = self._prepared.reader(head, peer, self._current())
        if reader is None:
            return None
        location = reader.location
        place = (location.signature(), location.evidence, location.unknown, reader.address_source)
        where = self._places.get(place)
        if where is None:
            # A number, since what decisions depend on would be hashed anew for every request.
            group, regions = self._groups.setdefault(location.signature(), len(self._groups)), self._current().regions
            told, country = (place_told(location, regions, country_only=only) for only in (False, True))
            if len(self._places) >= MEMO_SIZE:
                self._places.clear()
            where = self._places[place] = Whereabouts(reader, group, told, country)
        until = int(location.valid_until.timestamp() * SECOND_NS) if location.valid_until else NEVER
        known = Known(where, reader, until)
        if sum(len(value) for _, value in head.forwarded) <= FORWARDED_BYTES:
            if len(self._known) >= MEMO_SIZE:
                self._known.clear()
            self._known[peer, head.host, head.forwarded] = known
        return known

    def _shape(self, head: Head) -> int:
        return self._shapes.setdefault(shape_of(head), len(self._shapes))
