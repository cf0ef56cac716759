"""The smallest shared cache that the rules make, an origin that answers by script, and a clock that stands still.

What `Passage` does with sockets, this does with values: a test reads as the RFC does, in requests and moments.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from gateway.cache.http import dates
from gateway.cache.http.answer import answer
from gateway.cache.http.invalidate import invalidated
from gateway.cache.http.keep import GONE, keep, supersedes
from gateway.cache.http.memory import MemoryResponses
from gateway.cache.http.profile import RFC9111, Profile
from gateway.cache.http.recall import Fail504, Forward, Serve, Validate, on_error, recall, validating
from gateway.cache.http.stored import Stored
from gateway.cache.http.update import combined, head_updated, refreshed
from gateway.cache.http.vary import selected
from gateway.content.message import Fields, Request, Response, values, without

T = TypeVar("T")
NOON = 1_700_000_000.0
ORIGIN = "https://cms.example"


def fields(**named: str | list[str]) -> Fields:
    """Fields by name, `_` for `-`; a list makes several lines."""
    lines = [(name, [value] if isinstance(value, str) else value) for name, value in named.items()]
    return tuple((name.replace("_", "-"), value) for name, each in lines for value in each)


def get(target: str = "/a", method: str = "GET", **named: str | list[str]) -> Request:
    """A request."""
    return Request(method, target, fields(**named))


def says(status: int = 200, body: bytes = b"hello world", reason: str = "OK", **named: str | list[str]) -> Response:
    """What the origin says."""
    return Response(status, reason, fields(**named), body)


def at(moment: float) -> str:
    """A date field's value."""
    return dates.written(moment)


def fresh(seconds: int = 60, **named: str | list[str]) -> Response:
    """A response that is fresh for so long."""
    return says(Cache_Control=f"max-age={seconds}", **named)


class UnreachableError(Exception):
    """The origin cannot be reached."""


@dataclass
class Cache:
    """A shared cache in front of a scripted origin. `asked`: what the origin was asked, in order."""

    profile: Profile = RFC9111
    now: float = NOON
    delay: float = 0.0
    asked: list[Request] = field(default_factory=list)
    background: list[Request] = field(default_factory=list)
    store: MemoryResponses = field(default_factory=lambda: MemoryResponses(2**24))
    script: Callable[[Request], Response] = field(default=lambda _request: says())

    def origin(self, *answers: Response | type[UnreachableError]) -> Cache:
        """Let the origin answer with these in turn, and with the last one from then on."""
        left = list(answers)

        def script(_request: Request) -> Response:
            said = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(said, Response):
                return said
            raise said

        self.script = script
        return self

    def later(self, seconds: float) -> Cache:
        """Let time pass."""
        self.now += seconds
        return self

    def ask(self, request: Request | None = None, **named: str | list[str]) -> Response:
        """What a reader is answered; 504 where there is nothing to answer with."""
        request = request or get(**named)
        verdict = recall(request, self.kept(request.target), self.now, self.profile)
        if isinstance(verdict, Fail504):
            return says(504, b"")
        if isinstance(verdict, Serve):
            if verdict.revalidate:
                refreshing = Request("GET", request.target, validating(request, verdict.stored))
                self.background.append(refreshing)
                self._forward(refreshing, Validate(verdict.stored, refreshing.fields, "stale"))
            return answer(request, verdict.stored, self.now)
        return self._forward(request, verdict)

    def hits(self, request: Request | None = None, **named: str | list[str]) -> bool:
        """Whether a reader is answered without the origin."""
        before = len(self.asked) - len(self.background)
        self.ask(request, **named)
        return len(self.asked) - len(self.background) == before

    def kept(self, target: str = "/a") -> tuple[Stored, ...]:
        """What is stored for a target."""
        return self.store.held(target)

    def only(self, target: str = "/a") -> Stored:
        """The one response that is stored for a target."""
        (stored,) = self.kept(target)
        return stored

    def _forward(self, request: Request, verdict: Validate | Forward) -> Response:
        sent = replace(request, fields=verdict.fields)
        requested_at = self.now
        self.asked.append(sent)
        self.now += self.delay
        moments = requested_at, self.now, self.profile
        try:
            said = self.script(sent)
        except UnreachableError:
            stale = on_error(request, verdict.stored, self.now, self.profile)
            return answer(request, stale.stored, self.now) if stale else says(504, b"")
        stale = on_error(request, verdict.stored, self.now, self.profile, answered=said.status)
        if stale:
            return answer(request, stale.stored, self.now)
        if names := invalidated(request, said, ORIGIN, self.kept(request.target)):
            run(self.store.purge(names))
        if isinstance(verdict, Validate) and said.status == 304:
            new = refreshed(request, verdict.stored, said, *moments)
            if new is None:
                return self._forward(request, Forward(verdict.why, without(verdict.fields, _OURS), verdict.stored))
            return self._put(request, new, verdict.stored)
        if request.method == "HEAD":
            self._head(request, said, moments)
            return replace(said, body=b"")
        if said.status == 206 and isinstance(verdict, Forward) and verdict.stored:
            whole = combined(request, verdict.stored, said, *moments)
            if whole is not None:
                return self._put(request, whole, verdict.stored)
        new = keep(sent, said, *moments)
        if request.method == "GET" and (new is None or said.status in GONE) and supersedes(said, verdict.stored):
            run(self.store.remove(request.target))
        return said if new is None else self._put(request, new, verdict.stored, said)

    def _put(self, request: Request, new: Stored, old: Stored | None, said: Response | None = None) -> Response:
        run(self.store.put(new, instead_of=old))
        if said is not None and said.status not in (200, 206):
            return said
        return answer(request, replace(new, response=said) if said else new, self.now, validated=True)

    def _head(self, request: Request, said: Response, moments: tuple[float, float, Profile]) -> None:
        chosen = selected(replace(request, method="GET"), self.kept(request.target), self.profile)
        if said.status == 200 and chosen:
            run(self.store.put(head_updated(request, chosen, said, *moments), instead_of=chosen))
        elif supersedes(said, chosen):
            run(self.store.remove(request.target))


_OURS = ("if-none-match", "if-modified-since")


def run(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine that waits for nothing returns."""
    try:
        work.send(None)
    except StopIteration as stopped:
        return stopped.value
    raise AssertionError("it waits for something")


def first(response: Response, name: str) -> str | None:
    """The first line of a field."""
    return next(iter(values(response.fields, name)), None)
