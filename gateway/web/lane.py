"""The natural lane: aiohttp's request as a value, the answer as aiohttp's response, and one line in the log."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace

from aiohttp import web

from gateway.content.origin.error import OriginError
from gateway.telemetry.request_event import inherited_trace
from gateway.web.exchange import Incoming, Outgoing
from gateway.web.gate import MISDIRECTED, Secrecy
from gateway.web.headers import plain_headers
from gateway.web.host import addressed
from gateway.web.passage import PublicPassage
from gateway.web.protocol import to_aiohttp
from gateway.web.public import Public
from gateway.web.record import Record
from gateway.web.relay import Relay, octets_of
from gateway.web.server import peer_behind, speaks

NAME = "natural"
WORDS = {
    400: "Bad request",
    408: "Request timed out",
    413: "Request too large",
    431: "Header fields too large",
    500: "Something failed",
    505: "HTTP version not supported",
}


class Lane:
    """Takes whatever aiohttp parsed, and whatever it could not. `secrecy`: where requests must bear a secret."""

    def __init__(self, public: Public | PublicPassage, record: Record, secrecy: Secrecy | None = None) -> None:
        self._secrecy = secrecy
        self._public = public
        self._passes = isinstance(public, PublicPassage)
        self._record = record
        self.draining = False

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request. A fault of ours becomes a fixed page; its cause goes to the log, without values."""
        began = time.perf_counter_ns()
        if not speaks(request):
            return to_aiohttp(self.bad_request(505))
        if self._secrecy is not None and self._secrecy.refuses(request.raw_headers):
            return to_aiohttp(MISDIRECTED)
        target, host = addressed(request.raw_path, request.headers.get("Host", ""))
        incoming = Incoming(
            method=request.method,
            target=target,
            host=host,
            headers=[(name.lower(), value) for name, value in request.headers.items()],
            peer=peer_behind(request),
            body=request.body_exists,
        )
        if self._passes:
            incoming = octets_of(incoming, request)
        if self._secrecy is not None:
            incoming = self._secrecy.forgotten(incoming)
        try:
            context, outgoing = await self._public.respond(incoming)
        except Exception as error:  # noqa: BLE001  (whatever failed, the reader gets a page and the log gets the cause)
            if incoming.content is not None and not request.content.is_eof():
                return to_aiohttp(self.bad_request(408))  # whoever sent the body has left, or fallen silent
            self._record.failed(error)
            return to_aiohttp(self.bad_request(500))
        unread = request.body_exists and not (outgoing.exact and request.content.is_eof())
        if unread or "Upgrade" in request.headers or self.draining:
            # Of a body that nobody has read, nothing can be told; a gateway that stops sends its readers on; and of
            # what follows an upgrade that is not made, aiohttp drops the rest of the segment: what comes then could
            # be the middle of a request.
            outgoing = replace(outgoing, close=True)
        response = Relay(outgoing) if outgoing.exact else to_aiohttp(outgoing)
        try:
            if isinstance(response, Relay):
                with suppress(OriginError):  # the CMS broke off; that has been said, and the connection is broken, too
                    await response.send(request)
                if outgoing.stream is not None:
                    outgoing = replace(outgoing, length=response.sent)
        finally:
            trace_id = inherited_trace(incoming.header("traceparent"))
            duration_ns = time.perf_counter_ns() - began
            self._record.request(context, outgoing, lane=NAME, duration_ns=duration_ns, trace_id=trace_id)
        return response

    def bad_request(self, status: int) -> Outgoing:
        """The fixed page for what could not be parsed, or failed: it echoes nothing."""
        words = WORDS.get(status, "Bad request")
        body = f'<!doctype html><html lang="en"><title>{words}</title><h1>{words}</h1></html>\n'.encode()
        self._record.malformed(status, len(body))
        return Outgoing(status, plain_headers("text/html; charset=utf-8", "private, no-store"), body, close=True)
