"""The request's way in front of a CMS: what a reader asks of it in, the right answer out. Read `delivery.py` first.

What the CMS said is kept as it said it; what policies make of it is made from that under the decision of this
reader's moment, and kept apart. So a stale page is treated as a fresh one is, and a new policy needs no purge.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from gateway.cache.http.invalidate import invalidated
from gateway.cache.http.keep import GONE, keep, may_keep, supersedes
from gateway.cache.http.levels import Responses
from gateway.cache.http.profile import Profile
from gateway.cache.http.recall import (
    CONDITIONS,
    Fail504,
    Forward,
    Serve,
    Validate,
    conditions_of,
    on_error,
    recall,
    validating,
)
from gateway.cache.http.stored import Stored
from gateway.cache.http.update import combined, refreshed
from gateway.cache.http.vary import selected
from gateway.content.article import Facts
from gateway.content.message import Request, Response, values, without
from gateway.content.origin import Interim, Origin, StreamedResponse
from gateway.content.origin_error import Fault, OriginError
from gateway.delivery import Reading
from gateway.policy.decision import Decision
from gateway.treatment import NOTHING, Sight, Treatment, treatable

ALONE_SECONDS = 60.0
"""How long it is remembered that the answers for a target are for one reader each."""
_TARGETS_REMEMBERED = 16_384
_TRIES = 3
_WHOLE = (*CONDITIONS, "range")
_CONDITIONS_BUT_RANGE = tuple(name for name in CONDITIONS if name != "if-range")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader asks of the CMS. `request`: as anybody might ask it; `own`: with all that is this reader's own.
    `shared`: whether what others were told may answer it; `personal`: whether the CMS might tell this one otherwise.
    `careful`: policies may treat the answer, so nothing may be left for the CMS to say of a page that a reader has.
    """

    reading: Reading
    request: Request
    own: Request
    shared: bool
    personal: bool = False
    careful: bool = True
    body: AsyncIterator[bytes] | None = None
    interim: Interim | None = None


class Stream:
    """A body that is still coming; whoever sends it closes it."""

    def __init__(self, stack: AsyncExitStack, streamed: StreamedResponse) -> None:
        self._stack = stack
        self.chunks = streamed.chunks

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._stack.aclose()


@dataclass(frozen=True, slots=True)
class Passed:
    """An answer and why it is this one. `how`: RFC 9211's word ("hit", "uri-miss", "stale" …). `stored`: what the cache
    holds of it. `status` and `level` are the log's words. `stream`: stands for the response's body.
    """

    response: Response
    how: str
    status: str
    level: str
    sight: Sight = NOTHING
    stored: Stored | None = None
    stream: Stream | None = None
    collapsed: bool = False

    @property
    def decision(self) -> Decision | None:
        """What was decided; None where nothing was."""
        return self.sight.decision

    @property
    def facts(self) -> Facts | None:
        """The article, where it is one."""
        return self.sight.facts


class Passage:
    """Holds the origin, what it said, and what was made of it; the policies come with the reading. `base_url`: of the
    origin.
    """

    def __init__(
        self, origin: Origin, responses: Responses, treatment: Treatment, profile: Profile, clock: Callable[[], float],
        base_url: str,
    ) -> None:  # fmt: skip
        self.origin = origin
        self.responses = responses
        self.treatment = treatment
        self.profile = profile
        self.clock = clock
        self.counts: Counter[str] = Counter()
        self._base_url = base_url
        self._under_way: dict[str, asyncio.Future[Stored | OriginError | None]] = {}
        self._alone_until: OrderedDict[str, float] = OrderedDict()
        self._behind: set[asyncio.Task[None]] = set()

    async def answer(self, asked: Asked) -> Passed:
        """The answer. Raises OriginError where there is none, nor anything stale that may stand in for it."""
        request, told = asked.request, None
        for _ in range(_TRIES if asked.shared else 0):
            candidates, level = await self.responses.get(request.target)
            if told is not None and selected(request, [told], self.profile) is not None:
                return await self._seen(asked, told, "uri-miss", "miss", "origin", collapsed=True)
            if asked.careful:
                candidates = _whole(candidates)
            now = self.clock()
            verdict = recall(request, candidates, now, self.profile)
            if isinstance(verdict, Fail504):
                raise OriginError(Fault.TIMEOUT, "only-if-cached")
            if isinstance(verdict, Serve):
                if verdict.revalidate:
                    self._refresh(asked, verdict.stored)
                return await self._seen(asked, verdict.stored, "hit", "stale" if verdict.stale else "hit", level)
            if verdict.stored is None and self._alone_until.get(request.target, 0.0) > now:
                break
            if verdict.stored is None and asked.careful and values(request.fields, "range"):
                return await self._alone(asked, request)  # it may be a film
            leading = self._under_way.get(request.target) if _joins(asked) else None
            if leading is None:
                return await self._lead(asked, verdict)
            answered = await asyncio.shield(leading)
            if answered is None:
                break
            if isinstance(answered, OriginError):
                return await self._instead(asked, verdict.stored, answered)
            told = answered
        return await self._alone(asked, asked.own)

    def recall(self, asked: Asked) -> Passed | None:
        """The answer as far as memory has all of it and it is fresh; None where anybody would have to wait."""
        candidates = self.responses.memory.held(asked.request.target)
        verdict = recall(asked.request, candidates, self.clock(), self.profile)
        if not isinstance(verdict, Serve) or verdict.stale or verdict.stored.partial:
            return None
        sight = self.treatment.recall(asked.reading, verdict.stored)
        return None if sight is None else Passed(verdict.stored.response, "hit", "hit", "memory", sight, verdict.stored)

    async def purge(self, tags: frozenset[str] | None) -> tuple[int, int]:
        """Remove what the origin said under one of these names (None: everything), on both levels."""
        self._alone_until.clear()
        return await self.responses.purge(tags)

    async def aclose(self) -> None:
        """Refresh nothing any more; let go of the origin."""
        for task in self._behind:
            task.cancel()
        await asyncio.gather(*self._behind, return_exceptions=True)
        await self.origin.aclose()

    async def _lead(self, asked: Asked, verdict: Validate | Forward) -> Passed:
        """Ask for all who want this now; they are told what was kept, or that each must ask alone."""
        uri = asked.request.target
        telling: asyncio.Future[Stored | OriginError | None] = asyncio.get_running_loop().create_future()
        if _joins(asked):
            self._under_way.setdefault(uri, telling)
        try:
            passed = await self._ask(asked, verdict)
            telling.set_result(passed.stored if passed else None)
        except OriginError as error:
            telling.set_result(error)
            return await self._instead(asked, verdict.stored, error)
        finally:
            if not telling.done():
                telling.set_result(None)
            if self._under_way.get(uri) is telling:
                del self._under_way[uri]
        return passed or await self._alone(asked, asked.own)

    async def _ask(self, asked: Asked, verdict: Validate | Forward) -> Passed | None:
        """Ask as anybody might; None where the answer is for one reader alone, and this one is somebody."""
        old, why, profile = verdict.stored, verdict.why, self.profile
        request = replace(asked.request, fields=verdict.fields)
        if asked.careful:
            plain = verdict.fields if isinstance(verdict, Validate) else without(verdict.fields, _WHOLE)
            request = replace(request, method="GET", fields=plain)
        async with AsyncExitStack() as stack:
            requested_at = self.clock()
            exchange = self.origin.exchange(request, None, asked.interim, standby=old is not None)
            streamed = await stack.enter_async_context(exchange)
            received_at = self.clock()
            head = Response(streamed.status, streamed.reason, streamed.fields)
            if isinstance(verdict, Validate) and head.status == 304:
                fresh = refreshed(asked.request, verdict.stored, head, requested_at, received_at, profile)
                if fresh is not None:
                    await self._put(fresh, old)
                    return await self._seen(asked, fresh, why, "revalidated", "origin")
            elif (stale := on_error(asked.request, old, received_at, profile, answered=head.status)) is not None:
                return await self._seen(asked, stale.stored, why, "stale", "memory")
            keepable = streamed.framed and may_keep(request, head.status, head.fields, profile)
            if not keepable and asked.careful and head.status < 500:
                self._remember_alone(request.target, received_at)
                if asked.personal:
                    return None
            limit = self.origin.care.body_bytes
            passes = not (asked.careful and treatable(head.fields))
            if passes and (not keepable or (streamed.length or 0) > limit):
                await self._supersede(head, request.target, old)
                return Passed(head, why, "miss", "origin", stream=Stream(stack.pop_all(), streamed))
            response = await streamed.whole(limit)
        if isinstance(verdict, Validate) and head.status == 304:
            return await self._ask(asked, Forward(why, without(verdict.fields, _WHOLE)))
        kept = keep(request, response, requested_at, received_at, profile) if keepable else None
        if why == "partial" and old is not None:
            kept = combined(asked.request, old, response, requested_at, received_at, profile) or kept
        if kept is not None:
            await self._put(kept, old)
            return await self._seen(asked, kept, why, "miss", "origin")
        await self._supersede(head, request.target, old)
        sight = await self.treatment.of_passing(asked.reading, response, request.target) if not passes else NOTHING
        return Passed(response, why, "miss", "origin", sight)

    async def _alone(self, asked: Asked, request: Request) -> Passed:
        """Ask for this reader and nobody else; a page that policies may treat is treated all the same.

        Conditions are left out: what the CMS has not changed may have to be treated otherwise by now. So is, of such
        a page, the range.
        """
        if asked.careful and request.method in ("GET", "HEAD"):
            request = replace(request, fields=without(request.fields, _CONDITIONS_BUT_RANGE))
        async with AsyncExitStack() as stack:
            requested_at = self.clock()
            exchange = self.origin.exchange(request, asked.body, asked.interim)
            streamed = await stack.enter_async_context(exchange)
            head = Response(streamed.status, streamed.reason, streamed.fields)
            doubtful = invalidated(request, head, self._base_url)
            if doubtful:
                await self.responses.purge(doubtful)
            keeps = not asked.careful and streamed.framed and may_keep(request, head.status, head.fields, self.profile)
            if not keeps and not (asked.careful and treatable(head.fields)):
                return Passed(head, "bypass", "bypass", "origin", stream=Stream(stack.pop_all(), streamed))
            part = head.status in (206, 416) and values(request.fields, "range")
            partial = bool(part) or request.method == "HEAD"
            response = head if partial else await streamed.whole(self.origin.care.body_bytes)
        if partial:
            return await self._alone(asked, Request("GET", request.target, without(request.fields, _WHOLE)))
        kept = keep(request, response, requested_at, self.clock(), self.profile) if keeps else None
        if kept is not None:
            await self._put(kept)
        sight = await self.treatment.of_passing(asked.reading, response, request.target) if asked.careful else NOTHING
        return Passed(response, "method" if kept else "bypass", "bypass", "origin", sight)

    async def _instead(self, asked: Asked, stored: Stored | None, error: OriginError) -> Passed:
        """What may stand in for an origin that failed, under the policies of this moment; else the failure."""
        stale = on_error(asked.request, stored, self.clock(), self.profile)
        if stale is None:
            raise error
        return await self._seen(asked, stale.stored, "stale", "stale", "memory")

    async def _seen(
        self, asked: Asked, stored: Stored, how: str, status: str, level: str, *, collapsed: bool = False
    ) -> Passed:
        self.counts["stale"] += status == "stale"
        sight = await self.treatment.of_stored(asked.reading, stored) if asked.careful else NOTHING
        return Passed(stored.response, how, status, level, sight, stored, collapsed=collapsed)

    async def _put(self, stored: Stored, old: Stored | None = None) -> None:
        """Keep it, under every name by which it may be purged; what is gone takes its article along."""
        if stored.response.status in GONE:
            await self._forget(old)
        tags = tuple(dict.fromkeys((*stored.tags, *self.treatment.tags(stored))))
        await self.responses.put(replace(stored, tags=tags), instead_of=old)

    async def _supersede(self, head: Response, uri: str, old: Stored | None) -> None:
        """An answer that is not kept may still say that what is kept is no longer true."""
        if head.status in GONE:
            await self._forget(old)
        if supersedes(head, old):
            await self.responses.remove(uri)

    async def _forget(self, stored: Stored | None) -> None:
        """What was there is there no more: every form of the article goes, and whatever lists it."""
        tags = frozenset(tag for tag in stored.tags if tag.startswith(("article:", "url:"))) if stored else frozenset()
        if tags:
            await self.responses.purge(tags)
            self._spawn(self.treatment.purge(tags))

    def _refresh(self, asked: Asked, stored: Stored) -> None:
        """Ask behind the reader's back; whoever comes meanwhile is answered at once."""
        if stored.uri not in self._under_way:
            fields, why = validating(asked.request, stored), "stale"
            verdict = Validate(stored, fields, why) if conditions_of(stored) else Forward(why, fields, stored)
            behind = replace(asked, request=replace(asked.request, method="GET"), interim=None, personal=False)
            self._spawn(self._refreshed(behind, verdict))

    async def _refreshed(self, asked: Asked, verdict: Validate | Forward) -> None:
        try:
            passed = await self._lead(asked, verdict)
        except OriginError:
            return
        if passed.stream is not None:
            await passed.stream.aclose()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)

    def _remember_alone(self, uri: str, now: float) -> None:
        self._alone_until[uri] = now + ALONE_SECONDS
        while len(self._alone_until) > _TARGETS_REMEMBERED:
            self._alone_until.popitem(last=False)


def _joins(asked: Asked) -> bool:
    """Whether the answer to this may be the answer to others: all of it is asked for, and on no condition of theirs."""
    if asked.careful:
        return True
    return asked.request.method == "GET" and not any(name.lower() in _WHOLE for name, _ in asked.request.fields)


def _whole(candidates: Iterable[Stored]) -> tuple[Stored, ...]:
    """Those of which no part is missing that a policy might have something to say about."""
    return tuple(stored for stored in candidates if stored.partial is None or not treatable(stored.fields))
