"""An answer that is somebody else's, written octet for octet: names, case, order and reason as they came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from email.utils import formatdate
from functools import partial

from aiohttp import HttpVersion10, HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter

from gateway.content.message import Response, fields_from_octets, values
from gateway.web.exchange import Header, Incoming, Outgoing

NO_BODY = frozenset({204, 304})
SILENCE_SECONDS = 20.0
"""How long a sender may be silent within a body."""


class Relay(web.StreamResponse):
    """Sends an Outgoing that is `exact`. Only the fields of the connection are ours, and Date where there is none."""

    def __init__(self, outgoing: Outgoing) -> None:
        super().__init__(status=outgoing.status, reason=outgoing.reason or None)
        self._outgoing = outgoing
        self.sent = 0

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write the head."""
        if self._eof_sent or self._payload_writer is not None:
            return self._payload_writer
        self._req = request
        writer = self._payload_writer = request._payload_writer  # noqa: SLF001
        outgoing = self._outgoing
        keep_alive = request.keep_alive and not outgoing.close
        fields = list(outgoing.headers)
        if not values(tuple(fields), "date"):
            fields.append(("Date", formatdate(usegmt=True)))
        framing, keep_alive = self._framing(request, keep_alive)
        fields += framing
        self._keep_alive = keep_alive
        if not keep_alive:
            fields.append(("Connection", "close"))
        elif request.version == HttpVersion10:
            fields.append(("Connection", "keep-alive"))
        if framing == [CHUNKED]:
            writer.enable_chunking()
        version = request.version
        lines = [f"HTTP/{version[0]}.{version[1]} {outgoing.status} {outgoing.reason}"]
        lines += [f"{name}: {value}" for name, value in fields]
        # aiohttp writes text as UTF-8; a CMS's octets are its own.
        writer._headers_buf = "\r\n".join((*lines, "", "")).encode("latin-1", "replace")  # type: ignore[attr-defined]  # noqa: SLF001
        writer._headers_written = False  # type: ignore[attr-defined]  # noqa: SLF001
        return writer

    async def send(self, request: web.BaseRequest) -> None:
        """Write all of it. A body that breaks off breaks the connection: no answer may look like its rest."""
        outgoing = self._outgoing
        empty = request.method == "HEAD" or outgoing.status in NO_BODY
        try:
            await self.prepare(request)
            if outgoing.stream is None:
                body = b"" if empty else outgoing.body
                self.sent = len(body)
                await self.write_eof(body)
                return
            if not empty:
                async for piece in outgoing.stream.chunks():
                    self.sent += len(piece)
                    await self.write(piece)
            await self.write_eof()
        except BaseException:
            if request.transport is not None:
                request.transport.abort()
            raise
        finally:
            if outgoing.stream is not None:
                await outgoing.stream.aclose()

    def _framing(self, request: web.BaseRequest, keep_alive: bool) -> tuple[list[Header], bool]:
        """The field that says where the body ends, if none does yet; and whether the connection outlives it."""
        outgoing = self._outgoing
        said = values(tuple(outgoing.headers), "content-length")
        if said or request.method == "HEAD" or outgoing.status in NO_BODY:
            return [], keep_alive
        if outgoing.stream is None:
            return [("Content-Length", str(len(outgoing.body)))], keep_alive
        if request.version == HttpVersion11:
            return [CHUNKED], keep_alive
        return [], False


CHUNKED: Header = ("Transfer-Encoding", "chunked")


def interim(request: web.BaseRequest, response: Response) -> None:
    """Pass on an interim response (RFC 9110, section 15.2); HTTP/1.0 knows none."""
    transport = request.transport
    if transport is not None and request.version == HttpVersion11 and not transport.is_closing():
        lines = [f"HTTP/1.1 {response.status} {response.reason}"]
        lines += [f"{name}: {value}" for name, value in response.fields]
        transport.write("\r\n".join((*lines, "", "")).encode("latin-1"))


def octets_of(incoming: Incoming, request: web.BaseRequest) -> Incoming:
    """The request as a CMS is to have it: its fields octet for octet, its body as it comes."""
    content = _body(request) if request.body_exists else None
    fields = fields_from_octets(request.raw_headers)
    return replace(incoming, fields=fields, content=content, interim=partial(interim, request))


async def _body(request: web.BaseRequest) -> AsyncIterator[bytes]:
    """The body, a piece at a time; whoever waits to be asked for it is asked once somebody wants it."""
    if (request.headers.get("Expect") or "").lower() == "100-continue":
        interim(request, Response(100, "Continue", ()))
    while True:
        async with asyncio.timeout(SILENCE_SECONDS):
            piece = await request.content.readany()
        if not piece:
            return
        yield piece
