"""aiohttp's server for the public port: a protocol of our own for each connection, a place for each or none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from aiohttp import HttpVersion10, HttpVersion11, http_parser, web
from aiohttp.web_protocol import RequestHandler

from gateway.errors import GatewayError
from gateway.events import Events
from gateway.geo.client_address import TrustedProxies
from gateway.web.connections import KEEPALIVE_SECONDS, Connections
from gateway.web.exchange import Outgoing
from gateway.web.preamble import Preamble
from gateway.web.protocol import Protocol, peer_of

Express = Callable[[bytes, str | None], bytes | None]
Onward = Callable[[], asyncio.Protocol]
Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

LOOK_SECONDS = 1.0
LINGER_SECONDS = 1.0
"""How long the rest of a body that nobody wants is read, so that its sender sees the answer before the reset."""


def assert_strict_parser() -> None:
    """Refuse to run on the pure-Python HTTP parser, which accepts what proxies read differently (threat 26)."""
    if http_parser.HttpRequestParser is http_parser.HttpRequestParserPy:
        raise GatewayError("aiohttp runs without its C parser; install a wheel of aiohttp for this platform")


class Server(web.Server):
    """Makes a Protocol for each connection. `balancers`: who must say first, in the PROXY protocol, for whom it is.
    `all`: the places that there are for connections. `gate`: made for each connection around what it leads to, where
    only trusted peers may come in.
    """

    def __init__(
        self,
        handler: Handle,
        events: Events,
        bad_request: Callable[[int], Outgoing],
        express: Express | None = None,
        balancers: TrustedProxies | None = None,
        all: Connections | None = None,
        gate: Callable[[Onward], asyncio.Protocol] | None = None,
        **options: Any,
    ) -> None:
        usual = {"keepalive_timeout": KEEPALIVE_SECONDS, "lingering_time": LINGER_SECONDS, "access_log": None}
        super().__init__(handler, handler_cancellation=False, **{**usual, **options})
        self.all = Connections(events) if all is None else all
        self._looking: asyncio.TimerHandle | None = None
        self._balancers = balancers
        self._gate = gate
        self.events = events
        self.bad_request = bad_request
        self.express = express

    def __call__(self) -> RequestHandler:
        """A new connection's protocol."""
        return cast("RequestHandler", self._first() if self._gate is None else self._gate(self._first))

    def _first(self) -> asyncio.Protocol:
        if self._balancers is not None:
            return Preamble(self._balancers, peer_of, self._named, self._refused)
        return self._protocol()

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        """Look at all connections once a second, as long as there are any."""
        super().connection_made(handler, transport)
        if self._looking is None:
            self._looking = self._loop.call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self.all.look(self._loop.time())
        self._looking = self._loop.call_later(LOOK_SECONDS, self._look) if self.connections else None

    def _protocol(self) -> Protocol:
        return Protocol(self, loop=self._loop, **self._kwargs)

    def _named(self, peer: str | None) -> Protocol:
        return self._protocol().stand_for(peer)

    def _refused(self) -> None:
        self.bad_request(400)  # for its line in the log: to bytes that are no HTTP there is no answer


def peer_behind(request: web.BaseRequest) -> str | None:
    """Who is at the other end of a request's connection, or for whom that one speaks; None: nobody knows."""
    return request.protocol.peer if isinstance(request.protocol, Protocol) else None


def speaks(request: web.BaseRequest) -> bool:
    """Whether this is HTTP/1.0 or 1.1. Another version becomes 1.1: aiohttp would answer in one that nobody speaks."""
    if request._version in (HttpVersion10, HttpVersion11):  # noqa: SLF001
        return True
    request._version = HttpVersion11  # noqa: SLF001
    return False
