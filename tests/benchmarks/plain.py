"""What many would write: aiohttp, a GeoIP look-up, one Redis GET a request, a JSON log line. No memory of its own.

`python -m tests.benchmarks.plain PORT REDIS-PORT MMDB LOG`
"""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import maxminddb
import orjson
import redis.asyncio
import uvloop
from aiohttp import web

from tests.benchmarks.material import Reader
from tests.benchmarks.nginx_best import variant_of


async def serve(port: int, redis_port: int, geoip: str, log_path: str) -> None:
    """Serve until ended."""
    database = maxminddb.open_database(geoip, maxminddb.MODE_MMAP_EXT)
    store = redis.asyncio.Redis(port=redis_port, max_connections=64)
    log = Path(log_path).open("wb", buffering=1 << 16)  # noqa: ASYNC230, SIM115  (opened once, written in blocks)

    async def article(request: web.Request) -> web.Response:
        began = time.perf_counter_ns()
        record: Any = database.get(request.headers.get("X-Forwarded-For", ""))
        found = record or {}
        country = found.get("country", {}).get("iso_code", "")
        subdivisions = found.get("subdivisions", [])
        subdivision = subdivisions[0]["iso_code"] if subdivisions else ""
        variant = variant_of(Reader("", country, subdivision))
        coding = "gzip" if "gzip" in request.headers.get("Accept-Encoding", "") else "identity"
        slug = request.match_info["slug"]
        stored: Any = await store.get(f"{variant}:{slug}:{coding}")
        if stored is None:
            return web.Response(status=404)
        head, _, body = stored.partition(b"\n")
        response = web.Response(body=body, headers=orjson.loads(head))
        if request.headers.get("If-None-Match") == response.headers["ETag"]:
            response = web.Response(status=304, headers={"ETag": response.headers["ETag"]})
        line = {
            "@timestamp": datetime.now(UTC).isoformat(), "log.level": "info", "ecs.version": "8.17.0",
            "event.action": "request", "event.duration": time.perf_counter_ns() - began, "service.name": "gateway",
            "service.version": "0.1.0", "trace.id": uuid.uuid4().hex, "http.request.method": request.method,
            "http.response.status_code": response.status, "http.response.body.bytes": len(body),
            "url.path": request.path, "client.geo.country_iso_code": country, "gateway.standings": [variant],
            "gateway.disputed": False, "gateway.article.id": slug, "gateway.article.version": "1",
            "gateway.decision.policies": [], "gateway.decision.treatments": [], "gateway.decision.shadow": [],
            "gateway.decision.fingerprint": variant, "gateway.policy.revision": "1", "gateway.cache.status": "hit",
            "gateway.cache.level": "redis", "gateway.door": "html", "gateway.lane": "natural",
        }  # fmt: skip
        log.write(orjson.dumps(line) + b"\n")
        return response

    application = web.Application()
    application.router.add_get("/articles/{slug}", article)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    while True:
        await asyncio.sleep(1)
        log.flush()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]))
