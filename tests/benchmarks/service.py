"""What the Python services of a benchmark do alike: a GeoIP look-up, one Redis GET a request, one JSON log line.

It is what many would write, with the usual fast parts: uvloop, hiredis, orjson, a C reader for GeoIP, a buffered log.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import maxminddb
import orjson
import redis.asyncio

from tests.benchmarks.material import Reader
from tests.benchmarks.nginx_best import variant_of


class Service:
    """No memory of its own: every page comes from Redis, with its header fields."""

    def __init__(self, redis_port: int, geoip: str, log: str) -> None:
        self._places = maxminddb.open_database(geoip, maxminddb.MODE_MMAP_EXT)
        self._store = redis.asyncio.Redis(port=redis_port, max_connections=1024)
        self._log = Path(log).open("wb", buffering=1 << 16)  # noqa: SIM115  (written in blocks, as long as it runs)

    async def answer(self, slug: str, path: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        """Status, header fields and body; the line is logged."""
        began = time.perf_counter_ns()
        found: Any = self._places.get(headers.get("x-forwarded-for", "")) or {}
        country = found.get("country", {}).get("iso_code", "")
        subdivisions = found.get("subdivisions", [])
        variant = variant_of(Reader("", country, subdivisions[0]["iso_code"] if subdivisions else ""))
        coding = "gzip" if "gzip" in headers.get("accept-encoding", "") else "identity"
        stored: Any = await self._store.get(f"{variant}:{slug}:{coding}")
        status, fields, body = 404, {}, b""
        if stored is not None:
            head, _, body = stored.partition(b"\n")
            status, fields = 200, orjson.loads(head)
            if headers.get("if-none-match") == fields["etag"]:
                status, fields, body = 304, {"etag": fields["etag"]}, b""
        line = {
            "@timestamp": datetime.now(UTC).isoformat(), "log.level": "info", "ecs.version": "8.17.0",
            "event.action": "request", "event.duration": time.perf_counter_ns() - began, "service.name": "gateway",
            "service.version": "0.1.0", "trace.id": uuid.uuid4().hex, "http.request.method": "GET",
            "http.response.status_code": status, "http.response.body.bytes": len(body),
            "url.path": path, "client.geo.country_iso_code": country, "gateway.standings": [variant],
            "gateway.disputed": False, "gateway.article.id": slug, "gateway.article.version": "1",
            "gateway.decision.policies": [], "gateway.decision.treatments": [], "gateway.decision.shadow": [],
            "gateway.decision.fingerprint": variant, "gateway.policy.revision": "1", "gateway.cache.status": "hit",
            "gateway.cache.level": "redis", "gateway.door": "html", "gateway.lane": "natural",
        }  # fmt: skip
        self._log.write(orjson.dumps(line) + b"\n")
        return status, fields, body

    def flush(self) -> None:
        """To be called once a second."""
        self._log.flush()
