"""The public port in front of a CMS: `/-/` is the gateway's own, everything else is asked of the CMS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from gateway.content.message import without
from gateway.content.origin.error import OriginError
from gateway.geo.client_address import client_address
from gateway.passage import Passage
from gateway.passage.passing import Asked
from gateway.policy.model import State
from gateway.snapshot import Snapshot
from gateway.web import own
from gateway.web.context import Context
from gateway.web.exchange import Incoming, Outgoing, Reader
from gateway.web.headers import plain_headers
from gateway.web.onward import ADDRESS, PSEUDONYM, Onward
from gateway.web.passed import outgoing
from gateway.web.paths import passable
from gateway.web.preview import PARAMETER, looks_signed
from gateway.web.previewed import OWN, as_preview_of_a_cms
from gateway.web.public import Public

ACCEPT_ENCODING = "accept-encoding"
COUNTED = ("OPTIONS", "TRACE")
"""Methods whose Max-Forwards says how far they may go (RFC 9110, section 7.6.2)."""
LONGEST_CHAIN = 5
"""More gateways than these behind each other are one that asks itself."""


@dataclass(frozen=True, slots=True)
class PublicPassage:
    """Answers requests as values, as `Public` does; `public` answers for what is the gateway's own."""

    public: Public
    passage: Passage
    onward: Onward

    @property
    def current(self) -> Callable[[], Snapshot]:
        """Where the snapshot in force is."""
        return self.public.current

    async def respond(self, incoming: Incoming) -> tuple[Context, Outgoing]:
        """The response, and the context that it was made in (the log line wants the location)."""
        if incoming.target.startswith(OWN):
            return await self.public.respond(incoming)
        snapshot = self.public.current()
        if not self.public.knows(incoming.host, snapshot):
            context = self.public.context(replace(incoming, host=""), snapshot)
            return context, await own.error(context, 421)
        context = self.public.context(incoming, snapshot)
        refused = self._refused(incoming)
        if refused:
            return context, replace(await own.error(context, refused), close=True)
        found = passable(incoming.target, exact=not self._careful(snapshot))
        if found is None:
            return context, await own.error(context, 400)
        context = replace(context, path=found)
        if incoming.target == "*" or (incoming.method in COUNTED and incoming.header("max-forwards") == "0"):
            return context, Outgoing(204, plain_headers("text/plain", "private, no-cache"), b"")
        incoming, reader = self._previewed(context)
        if reader is None:
            return context, await own.error(context, 403)
        if reader is not context.reader:
            context = replace(context, incoming=incoming, reader=reader)
        try:
            passed = await self.passage.answer(self.asked(context))
        except OriginError as error:
            return context, await self._failed(context, error)
        return context, as_preview_of_a_cms(context, outgoing(context, passed, self.passage.clock()))

    def asked(self, context: Context) -> Asked:
        """What the CMS is asked."""
        incoming, onward = context.incoming, self.onward
        trusted, asks = self.public.readers.trusted, ADDRESS in onward.passes
        client = client_address(incoming.peer, incoming.headers, trusted) if asks else None
        request = onward.own(incoming.method, _octets(incoming.target), incoming.fields, client)
        shared = onward.shares(request) and not incoming.body
        interim = incoming.interim if onward.exact or not shared else None
        return Asked(
            context.reading,
            onward.anybody(request) if shared else request,
            request,
            shared,
            personal=not onward.exact and incoming.header("cookie") is not None,
            careful=self._careful(context.snapshot),
            body=incoming.content,
            interim=interim,
        )

    def _careful(self, snapshot: Snapshot) -> bool:
        """Whether policies may treat what is asked for."""
        return not self.onward.exact or any(one.state is not State.OFF for one in snapshot.policies.policies)

    def _refused(self, incoming: Incoming) -> int:
        """The status for what is not passed on; 0: it is."""
        upgrade = (incoming.header("upgrade") or "").lower()
        if "websocket" in upgrade:
            return 501
        if incoming.method == "CONNECT" or (incoming.method == "TRACE" and not self.onward.exact):
            return 405
        hops = (incoming.header("via") or "").lower().split(",")
        return 508 if sum(hop.split()[-1:] == [PSEUDONYM] for hop in hops) >= LONGEST_CHAIN else 0

    def _previewed(self, context: Context) -> tuple[Incoming, Reader | None]:
        """The request without the token of a preview link, and for whom that stands; None: the link grants nothing.

        What a link shows is written upon, so it is asked for as it is, in no coding.
        """
        path, _, query = context.incoming.target.partition("?")
        tokens = [value for name, value in parse_qsl(query) if name == PARAMETER and looks_signed(value)]
        if not tokens:
            return context.incoming, context.reader
        kept = [pair for pair in query.split("&") if not _is_token(pair)]
        target = path + ("?" + "&".join(kept) if kept else "")
        reader = self.public.readers.previewed(tokens[0], context.path, context.snapshot)
        headers = [field for field in context.incoming.headers if field[0] != ACCEPT_ENCODING]
        fields = without(context.incoming.fields, (ACCEPT_ENCODING,))
        return replace(context.incoming, target=target, headers=headers, fields=fields), reader

    async def _failed(self, context: Context, error: OriginError) -> Outgoing:
        """There is no answer, and nothing stale that may stand in for it."""
        page = await own.error(context, error.status)
        return replace(page, headers=[*page.headers, ("Retry-After", str(error.retry_after))])


def _is_token(pair: str) -> bool:
    return any(name == PARAMETER and looks_signed(value) for name, value in parse_qsl(pair))


def _octets(target: str) -> str:
    """A target as aiohttp reads it (UTF-8, surrogates for what is none), a character an octet."""
    return target.encode("utf-8", "surrogateescape").decode("latin-1")
