"""An answer that is somebody else's, written octet for octet: names, case, order and reason as they came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from email.utils import formatdate
from functools import partial

from aiohttp import HttpVersion, HttpVersion10, HttpVersion11, web
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
        sent, new = self._outgoing, request.version == HttpVersion11
        chunked = sent.stream is not None and new and not _ends(sent, request.method)
        self._keep_alive = request.keep_alive and not sent.close and (new or chunked or _ends(sent, request.method))
        of_connection: list[Header] = []
        if chunked:
            writer.enable_chunking()
            of_connection.append(("Transfer-Encoding", "chunked"))
        if not self._keep_alive:
            of_connection.append(("Connection", "close"))
        elif request.version == HttpVersion10:
            of_connection.append(("Connection", "keep-alive"))
        # aiohttp writes text as UTF-8; a CMS's octets are its own.
        writer._headers_buf = head_of(sent, request.method, request.version, of_connection)  # type: ignore[attr-defined]  # noqa: SLF001
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


def head_of(
    sent: Outgoing,
    method: str,
    version: HttpVersion = HttpVersion11,
    of_connection: Iterable[Header] = (),
    *,
    moment: bool = True,
) -> bytes:
    """Status line and fields; without `moment`, up to what changes by the second: Age, or Date where it is ours."""
    fields, last = list(sent.headers), []
    if fields and fields[-1][0] == "Age":
        last.append(fields.pop())
    elif not values(tuple(fields), "date"):
        last.append(("Date", formatdate(usegmt=True)))
    known = sent.stream is None and (not _ends(sent, method) or (method == "HEAD" and sent.body))
    if known and not values(tuple(fields), "content-length"):
        fields.append(("Content-Length", str(len(sent.body))))
    lines = [f"HTTP/{version[0]}.{version[1]} {sent.status} {sent.reason}"]
    lines += [f"{name}: {value}" for name, value in (*fields, *of_connection, *(last if moment else ()))]
    return "\r\n".join((*lines, "", "") if moment else (*lines, "")).encode("latin-1", "replace")


def _ends(sent: Outgoing, method: str) -> bool:
    """Whether a reader can tell already where the body ends."""
    return method == "HEAD" or sent.status in NO_BODY or bool(values(tuple(sent.headers), "content-length"))


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
