"""The service on plain aiohttp: `python -m tests.benchmarks.plain PORT REDIS-PORT MMDB LOG`."""

from __future__ import annotations

import asyncio
import sys

import uvloop
from aiohttp import web

from tests.benchmarks.service import Service


async def serve(port: int, redis_port: int, geoip: str, log: str) -> None:
    """Serve until ended."""
    service = Service(redis_port, geoip, log)

    async def article(request: web.Request) -> web.Response:
        status, fields, body = await service.answer(request.match_info["slug"], request.path, request.headers)
        return web.Response(status=status, headers=fields, body=body)

    application = web.Application()
    application.router.add_get("/articles/{slug}", article)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    while True:
        await asyncio.sleep(1)
        service.flush()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]))
