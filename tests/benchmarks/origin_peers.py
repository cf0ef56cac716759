"""The servers of the origin benchmark: a CMS that has every page at once, and the proxy that many would write.

`python -m tests.benchmarks.origin_peers cms|proxy [CMS-PORT]` prints its port when it listens.
"""

from __future__ import annotations

import asyncio
import sys
from email.utils import formatdate
from typing import cast

import uvloop
from aiohttp import ClientSession, DummyCookieJar, TCPConnector, web

PARAGRAPH = "<p>The council met after a cold year, and what it decided fills two pages of the paper today.</p>\n"
PAGE = f"<!doctype html><html lang=en><head><title>News</title></head><body>{PARAGRAPH * 140}</body></html>".encode()
"""14 kB, as the pages of the other benchmark."""

HTML = "text/html; charset=utf-8"
HOPS = {"connection", "keep-alive", "te", "transfer-encoding", "upgrade", "host", "content-length"}


class Cms(asyncio.Protocol):
    """Answers every GET with the page, as `image/png` under `/picture`; `/-count` with how many were asked since it was
    asked last.
    """

    asked = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.head = b""

    def data_received(self, data: bytes) -> None:
        self.head += data
        while b"\r\n\r\n" in self.head:
            request, _, self.head = self.head.partition(b"\r\n\r\n")
            target = request.split(b" ", 2)[1]
            if target == b"/-count":
                body, Cms.asked = b"%d" % Cms.asked, 0
                self._say(body)
            elif target.startswith(b"/slow"):
                Cms.asked += 1
                asyncio.get_running_loop().call_later(0.2, self._say, PAGE)
            else:
                Cms.asked += 1
                self._say(PAGE, "image/png" if target.startswith(b"/picture") else HTML)

    def _say(self, body: bytes, kind: str = HTML) -> None:
        head = (
            f"HTTP/1.1 200 OK\r\nDate: {formatdate(usegmt=True)}\r\nContent-Type: {kind}\r\n"
            f'Cache-Control: max-age=300\r\nETag: "a"\r\nX-Powered-By: CMS\r\nContent-Length: {len(body)}\r\n\r\n'
        )
        self.transport.write(head.encode() + body)


async def cms() -> None:
    """Serve until ended."""
    server = await asyncio.get_running_loop().create_server(Cms, "127.0.0.1", 0, backlog=2048)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


async def proxy(port: int) -> None:
    """aiohttp's server before aiohttp's client: bodies streamed, nothing kept, nothing looked at, nothing logged."""
    connector = TCPConnector(limit=64)
    async with ClientSession(connector=connector, cookie_jar=DummyCookieJar(), auto_decompress=False) as session:

        async def handle(request: web.Request) -> web.StreamResponse:
            headers = {name: value for name, value in request.headers.items() if name.lower() not in HOPS}
            url = f"http://127.0.0.1:{port}{request.raw_path}"
            async with session.request(request.method, url, headers=headers, allow_redirects=False) as answer:
                kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOPS}
                response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=kept)
                response.content_length = answer.content_length
                await response.prepare(request)
                async for piece in answer.content.iter_any():
                    await response.write(piece)
                await response.write_eof()
                return response

        application = web.Application()
        application.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
        sys.stdout.write(f"{runner.addresses[0][1]}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(cms() if sys.argv[1] == "cms" else proxy(int(sys.argv[2])))
