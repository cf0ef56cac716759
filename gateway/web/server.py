"""aiohttp's server, with our own word where it would speak for itself: errors echo nothing and log no address."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from aiohttp import HttpVersion10, HttpVersion11, http_parser, web
from aiohttp.web_protocol import RequestHandler

from gateway.errors import GatewayError
from gateway.events import Events
from gateway.geo.client_address import TrustedProxies
from gateway.web.exchange import Outgoing
from gateway.web.preamble import Preamble

Express = Callable[[bytes, str | None], bytes | None]
Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

PLAIN = (b"GET ", b"HEAD ")
KEEPALIVE_SECONDS = 75.0
HEAD_SECONDS = 10.0


def assert_strict_parser() -> None:
    """Refuse to run on the pure-Python HTTP parser, which accepts what proxies read differently (threat 26)."""
    if http_parser.HttpRequestParser is http_parser.HttpRequestParserPy:
        raise GatewayError("aiohttp runs without its C parser; install a wheel of aiohttp for this platform")


class Protocol(RequestHandler):
    """One connection. Malformed requests get a fixed page and are closed; nothing of them is echoed or logged."""

    __slots__ = ("_bad_request", "_clean", "_events", "_express", "_first_bytes", "_named", "peer")

    def __init__(self, manager: Server, **options: Any) -> None:
        super().__init__(manager, **options)
        self._bad_request = manager.bad_request
        self._events = manager.events
        self._express = manager.express
        self._clean = True
        self.peer: str | None = None
        self._named = False
        self._first_bytes: asyncio.TimerHandle | None = None

    def stand_for(self, peer: str | None) -> Protocol:
        """Serve whom the PROXY protocol named, not the balancer at the socket; to be said before it is connected."""
        self.peer, self._named = peer, True
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the deadline for the first head: a peer that says nothing holds no connection."""
        super().connection_made(transport)
        if not self._named:
            self.peer = peer_of(transport)
        self._first_bytes = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._silent)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the deadline with the connection."""
        if self._first_bytes is not None:
            self._first_bytes.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Try the express lane while aiohttp waits for a new request; else the bytes are aiohttp's, in their order.

        Once bytes went to aiohttp that were not exactly one recognised head, only it knows where a request ends, and
        the connection stays with it.
        """
        if self._express is not None and self._clean and self._idle():
            answered = self._express(data, self.peer)
            if answered is not None and self.transport is not None:
                if self._first_bytes is not None:
                    self._first_bytes.cancel()
                    self._first_bytes = None
                self._next_keepalive_close_time = self._loop.time() + KEEPALIVE_SECONDS
                self.transport.write(answered)
                return
        self._clean = self._clean and data.find(b"\r\n\r\n") == len(data) - 4 and data.startswith(PLAIN)
        super().data_received(data)

    def _idle(self) -> bool:
        """Whether nothing is in flight, nothing queued, and the peer reads what it is sent."""
        waiter = self._waiter
        return (
            (not self._request_count if waiter is None else not waiter.done())  # aiohttp may not have come to wait yet
            and not self._messages
            and not self._close
            and not self._force_close
            and not self._paused
        )

    def _silent(self) -> None:
        if self._current_request is None and not self._request_count and self.transport is not None:
            self.transport.close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """A fixed page instead of aiohttp's, which echoes the bytes that it could not parse."""
        del message
        if request.writer.output_size > 0:
            raise ConnectionError("the response has begun; only closing is left")
        if status >= 500:
            self._events.emit("request_failed", level="error", error=type(exc).__name__)
        response = to_aiohttp(self._bad_request(status))
        response.force_close()
        return response

    def log_exception(self, *_args: Any, **_options: Any) -> None:
        """Say nothing: aiohttp's words would carry the reader's address."""

    def log_debug(self, *_args: Any, **_options: Any) -> None:
        """Say nothing, for the same reason."""


class Server(web.Server):
    """Makes a Protocol for each connection. `balancers`: who must say first, in the PROXY protocol, for whom it is."""

    def __init__(
        self,
        handler: Handle,
        events: Events,
        bad_request: Callable[[int], Outgoing],
        express: Express | None = None,
        balancers: TrustedProxies | None = None,
        **options: Any,
    ) -> None:
        super().__init__(handler, **options)
        self._balancers = balancers
        self.events = events
        self.bad_request = bad_request
        self.express = express

    def __call__(self) -> RequestHandler:
        """A new connection's protocol."""
        if self._balancers is not None:
            return cast("RequestHandler", Preamble(self._balancers, peer_of, self._named, self._refused))
        return self._protocol()

    def _protocol(self) -> Protocol:
        return Protocol(self, loop=self._loop, **self._kwargs)

    def _named(self, peer: str | None) -> Protocol:
        return self._protocol().stand_for(peer)

    def _refused(self) -> None:
        self.bad_request(400)  # for its line in the log: to bytes that are no HTTP there is no answer


def peer_of(transport: asyncio.BaseTransport | None) -> str | None:
    """The address at the other end of the socket; None where there is none (a unix socket)."""
    name = transport.get_extra_info("peername") if transport is not None else None
    return name[0] if isinstance(name, tuple) and name else None


def peer_behind(request: web.BaseRequest) -> str | None:
    """Who is at the other end of a request's connection, or for whom that one speaks; None: nobody knows."""
    return request.protocol.peer if isinstance(request.protocol, Protocol) else None


def speaks(request: web.BaseRequest) -> bool:
    """Whether this is HTTP/1.0 or 1.1. Another version becomes 1.1: aiohttp would answer in one that nobody speaks."""
    if request._version in (HttpVersion10, HttpVersion11):  # noqa: SLF001
        return True
    request._version = HttpVersion11  # noqa: SLF001
    return False


def to_aiohttp(outgoing: Outgoing) -> web.Response:
    """An Outgoing as aiohttp writes it."""
    response = web.Response(status=outgoing.status, body=outgoing.body or None)
    response.headers["Server"] = "gateway"  # or aiohttp names itself, Python and both versions
    for name, value in outgoing.headers:
        response.headers.add(name, value)
    if outgoing.close:
        response.force_close()
    return response
