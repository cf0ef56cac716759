"""One connection of the public port: aiohttp's protocol with the express lane ahead of it, with deadlines, and with our
own word where aiohttp would speak for itself: errors echo nothing and log no address.
"""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from gateway.web.connections import (
    BUSY,
    HEAD_BYTES,
    HEAD_SECONDS,
    HURRIED_IDLE_SECONDS,
    KEEPALIVE_SECONDS,
    TOO_LONG,
    WRITE_BYTES,
    WRITE_SECONDS,
    in_kernel,
)
from gateway.web.exchange import Outgoing
from gateway.web.file_body import FileBody

if TYPE_CHECKING:
    from gateway.web.server import Server

PLAIN = (b"GET ", b"HEAD ")
END = b"\r\n\r\n"


class Protocol(RequestHandler):
    """One connection. Malformed requests get a fixed page and are closed; nothing of them is echoed or logged."""

    __slots__ = (
        "_all",
        "_answered",
        "_bad_request",
        "_clean",
        "_end",
        "_events",
        "_express",
        "_head_began",
        "_head_bytes",
        "_looked_at",
        "_named",
        "_unsent",
        "_wire",
        "peer",
    )

    def __init__(self, manager: Server, **options: Any) -> None:  # noqa: ANN401
        super().__init__(manager, **options)
        self._bad_request = manager.bad_request
        self._events = manager.events
        self._express = manager.express
        self._clean = True
        self.peer: str | None = None
        self._named = False
        self._all = manager.all
        self._wire: asyncio.Transport | None = None
        self._answered = self._looked_at = 0
        self._head_began = 0.0
        self._head_bytes = 0
        self._end = b""
        self._unsent: tuple[float, int, int] | None = None

    def stand_for(self, peer: str | None) -> Protocol:
        """Serve whom the PROXY protocol named, not the balancer at the socket; to be said before it is connected."""
        self.peer, self._named = peer, True
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place among the connections, if there is one; the first head is due from now on."""
        super().connection_made(transport)
        if not self._named:
            self.peer = peer_of(transport)
        self._wire = cast("asyncio.Transport", transport)
        self._head_began = self._loop.time()
        if not self._all.admit(self):
            self._refuse(BUSY)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Give the place back."""
        self._all.leave(self)
        self._wire = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Try the express lane while aiohttp waits for a new request; else the bytes are aiohttp's, in their order.

        Once bytes went to aiohttp that were not exactly one recognised head, only it knows where a request ends, and
        the connection stays with it.
        """
        waiter = self._waiter
        if (
            self._express is not None and self._clean
            and (not self._request_count if waiter is None else not waiter.done())  # nothing is being answered
            and not self._messages and not self._close and not self._force_close and not self._paused
        ):  # fmt: skip
            try:
                answered = self._express(data, self.peer)
            except Exception as error:  # noqa: BLE001  (uvloop would drop the connection; the natural lane answers)
                self._events.emit("request_failed", level="error", error=error)
                answered = None
            if answered is not None and self._wire is not None:
                self._head_began = 0.0
                self._answered += 1
                self._wire.write(answered)
                return
        self._clean = self._clean and data.find(END) == len(data) - 4 and data.startswith(PLAIN)
        requests = self._request_count
        super().data_received(data)
        self._note(data, self._request_count != requests)

    def _note(self, data: bytes, whole: bool) -> None:
        """Remember since when a head is coming in, and how much of it has come. `whole`: these bytes completed one."""
        self._end = (self._end + data)[-4:]
        if whole:
            self._head_began = 0.0 if self._end == END else self._loop.time()
            self._head_bytes = 0
            return
        self._head_began = self._head_began or self._loop.time()
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES and self._waits():
            self._refuse(TOO_LONG)

    def look(self, now: float, hurried: bool) -> None:
        """End the connection if its head, its silence or its reading takes longer than it may."""
        wire = self._wire
        if wire is None:
            return
        if self._answered != self._looked_at:  # once a second, and not with each answer
            self._looked_at = self._answered
            self._next_keepalive_close_time = now + KEEPALIVE_SECONDS
        if self._waits():
            idle = now - self._next_keepalive_close_time + self._keepalive_timeout
            if (self._head_began and now - self._head_began > HEAD_SECONDS) or (
                hurried and idle > HURRIED_IDLE_SECONDS
            ):
                self.force_close()
        unsent, done = wire.get_write_buffer_size(), self._answered + self._request_count
        if not unsent:
            self._unsent = None
            return
        unsent += in_kernel(wire)
        if self._unsent is None or (self._unsent[2] != done and not self._paused):
            self._unsent = now, unsent, done
        elif now - self._unsent[0] >= WRITE_SECONDS:
            if self._unsent[1] - unsent < WRITE_BYTES:
                wire.abort()  # closing would wait for this reader, too
            else:
                self._unsent = now, unsent, done

    def _waits(self) -> bool:
        """Whether nothing is being answered."""
        if self._waiter is None:
            return not self._request_count  # aiohttp may not have come to wait yet
        return not self._waiter.done()

    def _refuse(self, answer: bytes) -> None:
        if self.transport is not None:
            self.transport.write(answer.replace(END, f"\r\nDate: {formatdate(usegmt=True)}".encode("ascii") + END))
        self.force_close()

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

    def log_exception(self, *_args: object, **_options: object) -> None:
        """Say nothing: aiohttp's words would carry the reader's address."""

    def log_debug(self, *_args: object, **_options: object) -> None:
        """Say nothing, for the same reason."""


def peer_of(transport: asyncio.BaseTransport | None) -> str | None:
    """The address at the other end of the socket; None where there is none (a unix socket)."""
    name = transport.get_extra_info("peername") if transport is not None else None
    return name[0] if isinstance(name, tuple) and name else None


def to_aiohttp(outgoing: Outgoing) -> web.Response:
    """An Outgoing as aiohttp writes it."""
    body = outgoing.body or (FileBody(outgoing.file, outgoing.length) if outgoing.file else None)
    response = web.Response(status=outgoing.status, body=body)
    response.headers.popall("Content-Type", None)  # what aiohttp guesses of a body
    response.headers["Server"] = "gateway"  # or aiohttp names itself, Python and both versions
    for name, value in outgoing.headers:
        response.headers.add(name, value)
    if outgoing.close:
        response.force_close()
    return response
