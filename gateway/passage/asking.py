"""Ask a CMS, for everybody or for one reader; keep what may be kept, and let policies look at what they may treat."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from dataclasses import replace

from gateway.cache.http.invalidate import invalidated
from gateway.cache.http.keep import GONE, as_stored, may_keep, supersedes
from gateway.cache.http.levels import Responses
from gateway.cache.http.profile import Profile
from gateway.cache.http.recall import CONDITIONS, Forward, Validate, on_error
from gateway.cache.http.stored import Stored
from gateway.cache.http.update import combined, head_updated, refreshed
from gateway.content.message import Request, Response, values, without
from gateway.content.origin import Origin, StreamedResponse
from gateway.content.origin.error import Fault, OriginError
from gateway.content.origin.suspicion import DOUBTED_SECONDS, suspicion
from gateway.passage.look import treatable
from gateway.passage.passing import Asked, Passed, Stream
from gateway.passage.sight import NOTHING
from gateway.passage.treatment import Treatment

WHOLE = (*CONDITIONS, "range")
"""What a reader adds who has something of the page already."""
ALONE_SECONDS = 60.0
"""How long it is remembered that the answers for a target are for one reader each."""
_TARGETS_REMEMBERED = 16_384
_CONDITIONS_BUT_RANGE = tuple(name for name in CONDITIONS if name != "if-range")


class Asking:
    """One origin, what it said and what was made of it. `base_url`: of the origin. `spawn`: does what nobody awaits."""

    def __init__(
        self, origin: Origin, responses: Responses, treatment: Treatment, profile: Profile, clock: Callable[[], float],
        base_url: str, spawn: Callable[[Coroutine[None, None, None]], object],
    ) -> None:  # fmt: skip
        self.origin = origin
        self.responses = responses
        self.treatment = treatment
        self.profile = profile
        self.clock = clock
        self.counts: Counter[str] = Counter()
        self._base_url = base_url
        self._spawn = spawn
        self._alone_until: OrderedDict[str, float] = OrderedDict()
        self._purges = 0

    def is_for_one(self, uri: str, now: float) -> bool:
        """Whether the last answer for this target was for one reader alone."""
        return self._alone_until.get(uri, 0.0) > now

    def purged(self) -> None:
        """What is being asked for just now was asked before a purge: it is not kept any more."""
        self._purges += 1
        self._alone_until.clear()

    async def for_all(self, asked: Asked, verdict: Validate | Forward) -> Passed | None:
        """Ask as anybody might; None where the answer is for one reader alone, and this one is somebody."""
        old, why, profile = verdict.stored, verdict.why, self.profile
        request, purges = _as_anybody(asked, verdict), self._purges
        requested_at = self.clock()
        streamed = await self.origin.ask(request, None, asked.interim, standby=old is not None)
        with ExitStack() as stack:
            stack.callback(streamed.close)
            _refuse_unasked_part(asked, request, streamed)
            received_at = self.clock()
            head = Response(streamed.status, streamed.reason, streamed.fields)
            confirmed = isinstance(verdict, Validate) and head.status == 304
            stale = None if confirmed else on_error(asked.request, old, received_at, profile, answered=head.status)
            if stale is not None:
                return await self.seen(asked, stale.stored, why, "stale", "memory")
            keepable = streamed.framed and may_keep(request, head.status, head.fields, profile)
            if not (keepable or confirmed) and asked.careful and head.status < 500:
                self._remember(request.target, received_at)
                if asked.personal:
                    await self._supersede(head, request.target, old if streamed.framed else None)
                    return None
            if not confirmed and await self._streams(asked, streamed, keeps=keepable):
                if request.method == "HEAD" and old is not None and head.status == 200:
                    await self._put(head_updated(request, old, head, requested_at, received_at, profile), old)
                else:
                    await self._supersede(head, request.target, old)
                return await self._streaming(asked, Passed(head, why, "miss", "origin"), stack, streamed)
            response = await self._credible(asked, streamed, old, received_at)
        if confirmed and old is not None:
            kept = refreshed(asked.request, old, response, requested_at, received_at, profile)
            if kept is None:
                return await self.for_all(asked, Forward(why, without(verdict.fields, WHOLE)))
        else:
            kept = as_stored(request, response, requested_at, received_at, profile) if keepable else None
            if why == "partial" and old is not None:
                kept = combined(asked.request, old, response, requested_at, received_at, profile) or kept
        if kept is None:
            await self._supersede(head, request.target, old)
            sight = (
                await self.treatment.of_passing(asked.reading, response, request.target) if asked.careful else NOTHING
            )
            return Passed(response, why, "miss", "origin", sight)
        if purges == self._purges:
            await self._put(kept, old)
            self._alone_until.pop(request.target, None)
        passed = await self.seen(asked, kept, why, "revalidated" if confirmed else "miss", "origin")
        # What may not be stored of a response is for the first who asks.
        return replace(passed, response=response) if kept.response.body is response.body and not confirmed else passed

    async def for_one(self, asked: Asked, request: Request) -> Passed:
        """Ask for this reader and nobody else; a page that policies may treat is treated all the same.

        Conditions are left out: what the CMS has not changed may have to be treated otherwise by now. So is, of such
        a page, the range.
        """
        if asked.careful and request.method in ("GET", "HEAD"):
            request = replace(request, fields=without(request.fields, _CONDITIONS_BUT_RANGE))
        requested_at = self.clock()
        streamed = await self.origin.ask(request, asked.body, asked.interim)
        with ExitStack() as stack:
            stack.callback(streamed.close)
            _refuse_unasked_part(asked, request, streamed)
            head = Response(streamed.status, streamed.reason, streamed.fields)
            doubtful = invalidated(request, head, self._base_url, self.responses.memory.held(request.target))
            if doubtful:
                await self.responses.purge(doubtful)
            known = not asked.careful and (asked.body is None or request.method != "GET")  # of a GET all that it means
            keeps = known and streamed.framed and may_keep(request, head.status, head.fields, self.profile)
            if await self._streams(asked, streamed, keeps=keeps):
                return await self._streaming(asked, Passed(head, "bypass", "bypass", "origin"), stack, streamed)
            part = head.status in (206, 416) and values(request.fields, "range")
            partial = bool(part) or request.method == "HEAD"
            response = head if partial else await streamed.whole(self.origin.care.body_bytes)
        if partial:
            return await self.for_one(asked, Request("GET", request.target, without(request.fields, WHOLE)))
        kept = as_stored(request, response, requested_at, self.clock(), self.profile) if keeps else None
        if kept is not None:
            await self._put(kept)
        sight = await self.treatment.of_passing(asked.reading, response, request.target) if asked.careful else NOTHING
        return Passed(response, "method" if kept else "bypass", "bypass", "origin", sight)

    async def seen(
        self, asked: Asked, stored: Stored, how: str, status: str, level: str, *, collapsed: bool = False
    ) -> Passed:
        """What is kept, as this reader may see it."""
        self.counts["stale"] += status == "stale"
        sight = await self.treatment.of_stored(asked.reading, stored) if asked.careful else NOTHING
        return Passed(stored.response, how, status, level, sight, stored, collapsed=collapsed)

    async def _streams(self, asked: Asked, streamed: StreamedResponse, *, keeps: bool) -> bool:
        """Whether an answer passes on as it comes: nobody keeps it or looks into it, or it is too large for that. What
        policies may have something to say of does not pass for its size, unless they only look on.
        """
        treats = asked.careful and treatable(streamed.fields)
        if not (treats or keeps):
            return True
        if treats and not asked.reading.snapshot.observes:
            return False
        return not await streamed.fits(self.origin.care.body_bytes)

    async def _credible(self, asked: Asked, streamed: StreamedResponse, old: Stored | None, now: float) -> Response:
        """The whole answer. Raises OriginError also for one that looks like a failure, if the old one may stand in."""
        response = await streamed.whole(self.origin.care.body_bytes)
        if asked.careful and old is not None and now - old.fresh_until < DOUBTED_SECONDS:
            doubt = suspicion(old.response, response)
            if doubt and on_error(asked.request, old, now, self.profile) is not None:
                raise streamed.refused(OriginError(Fault.SUSPICIOUS, doubt))
        return response

    async def _streaming(self, asked: Asked, passed: Passed, stack: ExitStack, streamed: StreamedResponse) -> Passed:
        """What passes on as it comes, unless this reader may not have it."""
        sight, fields = NOTHING, passed.response.fields
        if asked.careful:
            sight = await self.treatment.of_unseen(asked.reading, asked.request.target, fields)
        if sight.page is not None:
            return replace(passed, sight=sight)
        return replace(passed, sight=sight, stream=Stream(stack.pop_all(), streamed))

    async def _put(self, stored: Stored, old: Stored | None = None) -> None:
        """Keep it, under every name by which it may be purged; what is gone takes its article along."""
        if stored.response.status in GONE:
            await self._forget(stored.uri, old)
        tags = tuple(dict.fromkeys((*stored.tags, *await self.treatment.tags(stored))))
        tagged = stored if tags == stored.tags else replace(stored, tags=tags)
        await self.responses.put(tagged, instead_of=old)

    async def _supersede(self, head: Response, uri: str, old: Stored | None) -> None:
        """An answer that is not kept may still say that what is kept is no longer true."""
        if head.status in GONE:
            await self._forget(uri, old)
        if supersedes(head, old):
            await self.responses.remove(uri)

    async def _forget(self, uri: str, stored: Stored | None) -> None:
        """What was there is there no more: every form of the article goes, and whatever lists it; so does what other
        readers were told by other languages or codings.
        """
        if stored is not None:
            tags = frozenset(tag for tag in stored.tags if tag.startswith(("article:", "url:")))
            await self.responses.purge(tags)
            self._spawn(self.treatment.purge(tags))
        elif self.responses.memory.held(uri):
            await self.responses.remove(uri)

    def _remember(self, uri: str, now: float) -> None:
        self._alone_until[uri] = now + ALONE_SECONDS
        while len(self._alone_until) > _TARGETS_REMEMBERED:
            self._alone_until.popitem(last=False)


def _refuse_unasked_part(asked: Asked, request: Request, streamed: StreamedResponse) -> None:
    """A piece of a page where the whole was asked for (RFC 9110, section 15.3.7): no notice could stand in it."""
    unasked = streamed.status == 206 and not values(request.fields, "range")
    if unasked and asked.careful and treatable(streamed.fields) and not asked.reading.snapshot.observes:
        raise streamed.refused(OriginError(Fault.MALFORMED, "a part of a page that was asked for whole"))


def _as_anybody(asked: Asked, verdict: Validate | Forward) -> Request:
    """The request as it is sent. What policies may treat is asked for whole, on no condition but ours."""
    if not asked.careful:
        return replace(asked.request, fields=verdict.fields)
    plain = verdict.fields if isinstance(verdict, Validate) else without(verdict.fields, WHOLE)
    return replace(asked.request, method="GET", fields=plain)
