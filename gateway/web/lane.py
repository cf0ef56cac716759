"""The natural lane: aiohttp's request as a value, the answer as aiohttp's response, and one line in the log."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from aiohttp import web

from gateway.telemetry.logs import LogEvents
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_event import inherited_trace, line, prepare
from gateway.web.context import Context
from gateway.web.exchange import Incoming, Outgoing
from gateway.web.headers import plain_headers
from gateway.web.public import Public
from gateway.web.server import to_aiohttp

NAME = "natural"
WORDS = {400: "Bad request", 413: "Request too large", 431: "Header fields too large", 500: "Something failed"}


class Lane:
    """Takes whatever aiohttp parsed, and whatever it could not."""

    def __init__(self, public: Public, events: LogEvents, metrics: Metrics) -> None:
        self._public = public
        self._events = events
        self._metrics = metrics

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request. A fault of ours becomes a fixed page; its cause goes to the log, without values."""
        began = time.perf_counter_ns()
        incoming = Incoming(
            method=request.method,
            target=request.raw_path,
            host=request.headers.get("Host", ""),
            headers=[(name.lower(), value) for name, value in request.headers.items()],
            peer=_peer(request.transport),
        )
        try:
            context, outgoing = await self._public.respond(incoming)
        except Exception as error:  # noqa: BLE001  (whatever failed, the reader gets a page and the log gets the cause)
            self._events.emit("request_failed", level="error", error=error)
            return to_aiohttp(self.bad_request(500))
        if request.body_exists:
            outgoing = replace(outgoing, close=True)  # nothing of a body is read: the connection can't be used again
        self._record(incoming, context, outgoing, time.perf_counter_ns() - began)
        return to_aiohttp(outgoing)

    def bad_request(self, status: int) -> Outgoing:
        """The fixed page for what could not be parsed, or failed: it echoes nothing."""
        words = WORDS.get(status, "Bad request")
        body = f'<!doctype html><html lang="en"><title>{words}</title><h1>{words}</h1></html>\n'.encode()
        outgoing = Outgoing(status, plain_headers("text/html; charset=utf-8", "private, no-store"), body, close=True)
        self._metrics.request("_OTHER", status, "own", 0)
        self._events.request(
            line(
                prepare("?"), timestamp=time.time(), duration_ns=0, method="_OTHER", status=status, body_bytes=len(body)
            )
        )
        return outgoing

    def _record(self, incoming: Incoming, context: Context, outgoing: Outgoing, duration_ns: int) -> None:
        delivered, reader = outgoing.delivered, context.reader
        door = str(outgoing.door or "own")
        prepared = prepare(
            context.path or "?",
            location=reader.location,
            decision=delivered.decision if delivered else None,
            facts=delivered.facts if delivered else None,
            regions=context.snapshot.regions,
            revision=context.snapshot.policies.revision,
            door=door,
            preview=reader.preview,
        )
        self._events.request(
            line(
                prepared,
                timestamp=time.time(),
                duration_ns=duration_ns,
                method=incoming.method,
                status=outgoing.status,
                body_bytes=0 if incoming.method == "HEAD" else len(outgoing.body),
                cache_status=delivered.status if delivered else "none",
                cache_level=delivered.level if delivered else "none",
                lane=NAME,
                trace_id=inherited_trace(incoming.header("traceparent")),
            )
        )
        if not reader.preview:
            self._metrics.request(incoming.method, outgoing.status, door, duration_ns / 1e9)
            self._metrics.add("gateway_client_address_source_total", (reader.address_source,))
            if delivered is not None:
                self._metrics.decision(delivered.decision, reader.location)
                found = "hit" if delivered.level == "memory" else "miss"
                self._metrics.add("gateway_cache_requests_total", ("memory", found))


def _peer(transport: asyncio.BaseTransport | None) -> str | None:
    """The address at the other end of the socket; None where there is none (a unix socket)."""
    name = transport.get_extra_info("peername") if transport is not None else None
    return name[0] if isinstance(name, tuple) and name else None
