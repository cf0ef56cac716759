"""The request's way in front of a CMS: what a reader asks of it in, the right answer out. Read `delivery.py` first.

What the CMS said is kept as it said it; what policies make of it is made from that under the decision of this
reader's moment, and kept apart. So a stale page is treated as a fresh one is, and a new policy needs no purge.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace

from gateway.cache.http.levels import Responses
from gateway.cache.http.profile import Profile
from gateway.cache.http.recall import (
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
from gateway.cache.http.vary import selected
from gateway.content.message import values
from gateway.content.origin import Origin
from gateway.content.origin.error import Fault, OriginError
from gateway.passage.asking import WHOLE, Asking
from gateway.passage.look import treatable
from gateway.passage.passing import Asked, Passed
from gateway.passage.treatment import Treatment

_TRIES = 3


class Passage:
    """Holds the origin, what it said, and what was made of it; the policies come with the reading. `base_url`: of the
    origin.
    """

    def __init__(
        self, origin: Origin, responses: Responses, treatment: Treatment, profile: Profile, clock: Callable[[], float],
        base_url: str,
    ) -> None:  # fmt: skip
        self.clock = clock
        self.memory = responses.memory
        self._responses = responses
        self._treatment = treatment
        self._profile = profile
        self._asking = Asking(origin, responses, treatment, profile, clock, base_url, self._spawn)
        self._under_way: dict[str, asyncio.Future[Passed | OriginError | None]] = {}
        self._behind: set[asyncio.Task[None]] = set()

    @property
    def up(self) -> bool:
        """Whether the CMS is being asked."""
        return self._asking.origin.up

    @property
    def stale_served(self) -> int:
        """How many answers stood in for newer ones."""
        return self._asking.counts["stale"]

    async def answer(self, asked: Asked) -> Passed:
        """The answer. Raises OriginError where there is none, nor anything stale that may stand in for it."""
        request, told = asked.request, None
        for _ in range(_TRIES if asked.shared else 0):
            candidates, level = await self._responses.get(request.target)
            if told and told.stored and selected(request, [told.stored], self._profile):
                return await self._asking.seen(asked, told.stored, told.how, told.status, told.level, collapsed=True)
            if asked.careful:
                candidates = _whole(candidates)
            now = self.clock()
            verdict = recall(request, candidates, now, self._profile)
            if isinstance(verdict, Fail504):
                raise OriginError(Fault.TIMEOUT, "only-if-cached")
            if isinstance(verdict, Serve):
                if verdict.revalidate:
                    self._refresh(asked, verdict.stored)
                return await self._asking.seen(asked, verdict.stored, "hit", "stale" if verdict.stale else "hit", level)
            alone = verdict.stored is None and self._asking.is_for_one(request.target, now)
            if alone and (asked.personal or request.method == "HEAD"):
                break
            if verdict.stored is None and asked.careful and values(request.fields, "range"):
                return await self._asking.for_one(asked, request)  # it may be a film
            leading = self._under_way.get(request.target) if _joins(asked) and not alone else None
            if leading is None:
                return await self._lead(asked, verdict)
            answered = await asyncio.shield(leading)
            if answered is None:
                break
            if isinstance(answered, OriginError):
                return await self._instead(asked, verdict.stored, answered)
            told = answered
        return await self._asking.for_one(asked, asked.own)

    def recall(self, asked: Asked) -> Passed | None:
        """The answer as far as memory has all of it and it is fresh; None where anybody would have to wait."""
        candidates = self.memory.held(asked.request.target)
        verdict = recall(asked.request, candidates, self.clock(), self._profile)
        if not isinstance(verdict, Serve) or verdict.stale or verdict.stored.partial:
            return None
        sight = self._treatment.recall(asked.reading, verdict.stored)
        return None if sight is None else Passed(verdict.stored.response, "hit", "hit", "memory", sight, verdict.stored)

    async def purge(self, tags: frozenset[str] | None) -> tuple[int, int]:
        """Remove what the origin said under one of these names (None: everything), on both levels."""
        self._asking.purged()
        return await self._responses.purge(tags)

    async def aclose(self) -> None:
        """Refresh nothing any more; write what is to be written; let go of the origin."""
        for task in self._behind:
            task.cancel()
        await asyncio.gather(*self._behind, return_exceptions=True)
        await self._responses.settled()
        await self._asking.origin.aclose()

    async def _lead(self, asked: Asked, verdict: Validate | Forward) -> Passed:
        """Ask for all who want this now; they are told what was kept, or that each must ask alone."""
        uri = asked.request.target
        telling: asyncio.Future[Passed | OriginError | None] = asyncio.get_running_loop().create_future()
        if _joins(asked):
            self._under_way.setdefault(uri, telling)
        try:
            passed = await self._for_all(asked, verdict)
            telling.set_result(passed)
            return passed or await self._asking.for_one(asked, asked.own)
        except OriginError as error:
            if not telling.done():
                telling.set_result(error)
            return await self._instead(asked, verdict.stored, error)
        finally:
            if not telling.done():
                telling.set_result(None)
            if self._under_way.get(uri) is telling:
                del self._under_way[uri]

    async def _for_all(self, asked: Asked, verdict: Validate | Forward) -> Passed | None:
        """Ask; once more where we were too late ourselves to see whether the CMS was, as in a crowd of readers."""
        try:
            return await self._asking.for_all(asked, verdict)
        except OriginError as error:
            if not (error.late and asked.careful):
                raise
        return await self._asking.for_all(asked, verdict)

    async def _instead(self, asked: Asked, stored: Stored | None, error: OriginError) -> Passed:
        """What may stand in for an origin that failed, under the policies of this moment; else the failure."""
        stale = on_error(asked.request, stored, self.clock(), self._profile)
        if stale is None:
            raise error
        return await self._asking.seen(asked, stale.stored, "stale", "stale", "memory")

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


def _joins(asked: Asked) -> bool:
    """Whether the answer to this may be the answer to others: all of it is asked for, and on no condition of theirs."""
    if asked.careful:
        return True
    return asked.request.method == "GET" and not any(name.lower() in WHOLE for name, _ in asked.request.fields)


def _whole(candidates: Iterable[Stored]) -> tuple[Stored, ...]:
    """Those of which no part is missing that a policy might have something to say about."""
    return tuple(stored for stored in candidates if stored.partial is None or not treatable(stored.fields))
