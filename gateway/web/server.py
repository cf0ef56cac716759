"""aiohttp's server, with our own word where it would speak for itself: errors echo nothing and log no address."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import http_parser, web
from aiohttp.web_protocol import RequestHandler

from gateway.errors import GatewayError
from gateway.events import Events
from gateway.web.exchange import Outgoing

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

KEEPALIVE_SECONDS = 75.0
HEAD_SECONDS = 10.0


def assert_strict_parser() -> None:
    """Refuse to run on the pure-Python HTTP parser, which accepts what proxies read differently (threat 26)."""
    if http_parser.HttpRequestParser is http_parser.HttpRequestParserPy:
        raise GatewayError("aiohttp runs without its C parser; install a wheel of aiohttp for this platform")


class Protocol(RequestHandler):
    """One connection. Malformed requests get a fixed page and are closed; nothing of them is echoed or logged."""

    __slots__ = ("_bad_request", "_events", "_first_bytes")

    def __init__(self, manager: Server, **options: Any) -> None:
        super().__init__(manager, **options)
        self._bad_request = manager.bad_request
        self._events = manager.events
        self._first_bytes: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the deadline for the first head: a peer that says nothing holds no connection."""
        super().connection_made(transport)
        self._first_bytes = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._silent)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the deadline with the connection."""
        if self._first_bytes is not None:
            self._first_bytes.cancel()
        super().connection_lost(exc)

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
    """Makes a Protocol for each connection."""

    def __init__(self, handler: Handle, events: Events, bad_request: Callable[[int], Outgoing], **options: Any) -> None:
        super().__init__(handler, **options)
        self.events = events
        self.bad_request = bad_request

    def __call__(self) -> RequestHandler:
        """A new connection's protocol."""
        return Protocol(self, loop=self._loop, **self._kwargs)


def to_aiohttp(outgoing: Outgoing) -> web.Response:
    """An Outgoing as aiohttp writes it."""
    response = web.Response(status=outgoing.status, body=outgoing.body or None)
    response.headers["Server"] = "gateway"  # or aiohttp names itself, Python and both versions
    for name, value in outgoing.headers:
        response.headers.add(name, value)
    if outgoing.close:
        response.force_close()
    return response
