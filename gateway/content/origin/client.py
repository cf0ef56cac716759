"""The origin as the gateway asks it: admitted by a guard, within places and deadlines, judged when it has answered.

An answer comes from the origin that was set and from no other: no redirect is followed, no cookie kept, nothing
decoded. What fails is an OriginError, and the guard remembers it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.content.message import Request, Response, joined
from gateway.content.origin.address import Authority
from gateway.content.origin.ask import Asking, Interim
from gateway.content.origin.care import FAILED, Care
from gateway.content.origin.error import NOT_ASKED, Fault, OriginError
from gateway.content.origin.guard import Guard
from gateway.content.origin.places import Places
from gateway.content.origin.pool import Pool
from gateway.content.origin.response import StreamedResponse
from gateway.content.origin.wait import retry_after_of
from gateway.events import Events

_PROBE_FIELDS = (("User-Agent", "newsroom-gateway probe"), ("Accept", "*/*"))


class Origin:
    """One origin at `base_url` (scheme and authority; the target is the request's). It is shared by all requests.

    `host`: the Host that it is told; the authority of `base_url` if empty. Nothing in a request can choose another.
    `counts`: requests, answers in trouble by status, faults by their words, retries.
    """

    def __init__(
        self,
        base_url: str,
        events: Events,
        care: Care | None = None,
        *,
        host: str = "",
        context: ssl.SSLContext | None = None,
    ) -> None:
        authority = Authority.of(base_url)
        self.care = care or Care()
        self.counts: Counter[str] = Counter()
        self._events = events
        self._pool = Pool(authority, self.care, context)
        self._asking = Asking(self._pool, self.care, host or authority.named, self.counts)
        self._guard = Guard(self.care)
        self._places = Places(self.care)
        self._probing: asyncio.Task[None] | None = None
        self._said: dict[Fault, float] = {}

    @property
    def up(self) -> bool:
        """Whether it is being asked; False while the breaker is open."""
        return not self._guard.open

    @property
    def connections_made(self) -> int:
        """How many connections were made so far."""
        return self._pool.made

    @asynccontextmanager
    async def exchange(
        self,
        request: Request,
        body: AsyncIterator[bytes] | None = None,
        interim: Interim | None = None,
        *,
        standby: bool = False,
    ) -> AsyncIterator[StreamedResponse]:
        """Ask, and read the answer while the context lasts (see `ask`)."""
        response = await self.ask(request, body, interim, standby=standby)
        try:
            yield response
        finally:
            response.close()

    async def ask(
        self,
        request: Request,
        body: AsyncIterator[bytes] | None = None,
        interim: Interim | None = None,
        *,
        standby: bool = False,
    ) -> StreamedResponse:
        """The answer, which whoever asked must close. Raises OriginError.

        The request's connection fields, Host, Expect and framing are left out or made anew here; everything else goes
        as it stands. `body` is sent as Content-Length says, else in chunks. `standby`: something stale stands ready,
        so that this request gives way where the origin has just recovered or this page has just failed.
        """
        method, target = request.method, request.target
        self._guard.admit(method, target, asyncio.get_running_loop().time(), standby=standby)

        def blame(error: OriginError) -> None:
            self._blame(method, target, error)

        leave = await self._places.taken(target, upload=body is not None)
        self.counts["requests"] += 1
        try:
            response = await self._asking.ask(request, body, interim, blame)
        except BaseException as error:
            leave()
            if isinstance(error, OriginError):
                blame(error)
            raise
        response.leave, response.done = leave, self._asking.done
        self._judge(method, target, response)
        return response

    async def fetch(
        self, request: Request, *, limit: int | None = None, interim: Interim | None = None, standby: bool = False
    ) -> Response:
        """The whole answer to a request without body, within the total deadline (see `StreamedResponse.whole`)."""
        async with self.exchange(request, interim=interim, standby=standby) as response:
            return await response.whole(self.care.body_bytes if limit is None else limit)

    async def aclose(self) -> None:
        """Stop probing; close every connection that is idle."""
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.wait({self._probing})
        self._pool.close()

    def _judge(self, method: str, target: str, response: StreamedResponse) -> None:
        if response.status in FAILED:
            self.counts[f"status {response.status}"] += 1
        now = asyncio.get_running_loop().time()
        after = joined(response.fields, "retry-after")
        wait = retry_after_of(after, joined(response.fields, "date")) if after is not None else None
        if self._guard.answered(method, target, response.status, wait, now):
            self._doubt()

    def _blame(self, method: str, target: str, error: OriginError) -> None:
        self.counts[str(error.fault)] += 1
        if error.fault in NOT_ASKED:
            return
        now = asyncio.get_running_loop().time()
        if now - self._said.get(error.fault, -60.0) >= 1:
            self._said[error.fault] = now
            path = target.partition("?")[0]
            self._events.emit("origin_fault", level="warning", reason=str(error.fault), path=path)
        if self._guard.failed(method, target, error, now):
            self._doubt()

    def _doubt(self) -> None:
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._probe())

    async def _probe(self) -> None:
        """Ask by ourselves until it answers well. If it does at once, it was never down: some page of it was."""
        loop = asyncio.get_running_loop()
        lost = False
        while True:
            if loop.time() >= self._guard.not_before and await self._answers():
                break
            if not lost:
                lost = True
                self._guard.confirm()
                self._events.emit("origin_lost", level="error", reason=self._guard.reason)
            await asyncio.sleep(max(self.care.probe_seconds, self._guard.not_before - loop.time()))
        if lost:
            self._events.emit("origin_restored", seconds=round(loop.time() - self._guard.since, 3))
        self._guard.resume(loop.time(), gently=lost)

    async def _answers(self) -> bool:
        self.counts["probes"] += 1
        try:
            response = await self._asking.ask(Request("HEAD", self.care.probe_path, _PROBE_FIELDS), None, None)
        except OriginError:
            return False
        self._asking.done(response)
        return response.status not in FAILED
