"""A page that nobody has is rendered once: in the fleet while Redis answers, in each worker without."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.running import Running, gateway
from tests.servers import valkey
from tests.sites import policy, write_article, write_content, write_policies

pytestmark = pytest.mark.alone

WARN = policy("warn", "notice: {id: first}")
READERS = 1000
NOWHERE = "redis://127.0.0.1:1/0"


def small(tmp_path: Path, pages: int = 0) -> dict[str, Path]:
    content = write_content(tmp_path / "content")
    for number in range(pages):
        write_article(content, f"page-{number}")
    return {"content": content, "policies": write_policies(tmp_path / "policies", [WARN], notices=("first",))}


async def ask(port: int, path: str) -> tuple[int, bytes]:
    """One request on a connection of its own; tried again where the listening queue was full."""
    for _ in range(5):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            break
        except OSError:
            await asyncio.sleep(0.2)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 8.8.8.8\r\nConnection: close\r\n\r\n".encode()
    )
    answer = await reader.read()
    writer.close()
    return int(answer.split(b" ", 2)[1]), answer


def fills(running: Running, results: Sequence[str] = ("made", "made_after_waiting")) -> int:
    """Pages made so far, over all workers."""
    found = 0.0
    for line in running.admin("/metrics").text.splitlines():
        if any(line.startswith(f'gateway_cache_fills_total{{result="{result}"}}') for result in results):
            found += float(line.rpartition(" ")[2])
    return int(found)


@pytest.mark.parametrize(("redis", "renderings"), [(True, 1), (False, 2)], ids=["with redis", "without"])
async def test_a_thousand_readers_of_a_cold_page_cost_one_rendering_in_the_fleet(
    tmp_path: Path, redis: bool, renderings: int
) -> None:
    with valkey(tmp_path / "valkey") as server:
        settings = {"redis_url": server.url if redis else NOWHERE, "memory_cache_bytes": str(2**26)}
        with gateway(tmp_path, arguments=["--workers", "2"], **small(tmp_path), **settings) as running:  # type: ignore[arg-type]
            before = fills(running)
            answers = await asyncio.gather(*(ask(running.port, "/articles/market-day") for _ in range(READERS)))
            assert [status for status, _ in answers if status != 200] == []
            assert all(b'data-notice="first"' in body for _, body in answers)
            assert 1 <= fills(running) - before <= renderings


async def test_emptying_redis_under_load_fails_nobody_and_fills_each_page_once_more(tmp_path: Path) -> None:
    pages = [f"/articles/page-{number}" for number in range(60)]
    with valkey(tmp_path / "valkey") as server:
        # No memory, or nobody would notice.
        settings = {"redis_url": server.url, "memory_cache_bytes": "0"}
        with gateway(
            tmp_path, arguments=["--workers", "2"], **small(tmp_path, len(pages)), **settings  # type: ignore[arg-type]
        ) as running:  # fmt: skip
            stop, wrong, served = time.monotonic() + 8.0, list[object](), 0

            async def read(number: int) -> None:
                nonlocal served
                while time.monotonic() < stop:
                    number += 7
                    status, body = await ask(running.port, pages[number % len(pages)])
                    served += 1
                    if status != 200 or b'data-notice="first"' not in body:
                        wrong.append((status, body))

            reading = [asyncio.create_task(read(number)) for number in range(8)]
            await asyncio.sleep(4)
            before = await asyncio.to_thread(fills, running)
            assert len(server.command("KEYS", "gw1:{page-*")) == len(pages)  # type: ignore[arg-type]
            server.command("FLUSHALL")
            await asyncio.gather(*reading)
            assert wrong == []
            assert served > 500
            assert before == len(pages)
            assert fills(running) - before == len(pages)
