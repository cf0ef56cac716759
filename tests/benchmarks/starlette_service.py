"""The service on Starlette and uvicorn: `python -m tests.benchmarks.starlette_service PORT REDIS-PORT MMDB LOG`."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.benchmarks.service import Service


def application(redis_port: int, geoip: str, log: str) -> Starlette:
    """One route."""
    service = Service(redis_port, geoip, log)

    async def article(request: Request) -> Response:
        status, fields, body = await service.answer(request.path_params["slug"], request.url.path, request.headers)
        return Response(body, status, fields)

    @contextlib.asynccontextmanager
    async def flushed(_: Starlette) -> AsyncIterator[None]:
        async def flush() -> None:
            while True:
                await asyncio.sleep(1)
                service.flush()

        flushing = asyncio.create_task(flush())
        yield
        flushing.cancel()

    return Starlette(routes=[Route("/articles/{slug}", article)], lifespan=flushed)


if __name__ == "__main__":
    uvicorn.run(
        application(int(sys.argv[2]), sys.argv[3], sys.argv[4]),
        port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False, log_level="warning",
    )  # fmt: skip
