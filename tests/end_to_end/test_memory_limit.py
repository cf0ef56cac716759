"""A process that takes too much memory gives up pages, and a worker makes room for another: no reader notices (S8)."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import pytest

from gateway.cache.memory import MemoryPages
from gateway.memory_watch import watch_memory
from tests.acceptance.processes import workers
from tests.cache.conftest import page
from tests.delivery.world import Said
from tests.readers import Readers
from tests.running import gateway
from tests.sites import policy, write_article, write_policies

PAGES = 60
SMALL = 30 << 20
"""Less than any worker takes from the start: then each is replaced once it has grown by a fifth."""


@pytest.mark.alone
def test_a_worker_that_has_grown_beyond_its_limit_is_replaced_and_fails_nobody(tmp_path: Path) -> None:
    content = tmp_path / "content"
    for number in range(PAGES):
        words = " ".join(f"{number}:{n * 7919 % 100_003:x}" for n in range(20_000))
        file = write_article(content, f"long-{number}", body=f"<p>{words}</p>")
        file.rename(file.with_suffix(".html"))
    policies = write_policies(tmp_path / "policies", [policy("warn", "notice: {id: first}")], notices=("first",))
    settings = {"workers": "2", "worker_memory_bytes": str(SMALL)}
    with gateway(tmp_path, content=content, policies=policies, **settings) as running:
        before = set(workers(running))
        with Readers(running, lambda number: f"/articles/long-{number % PAGES}", 'data-notice="first"') as readers:
            running.wait_for("worker_recycled", count=2, seconds=60)
            running.wait_for("gateway_stopped", count=2, seconds=60)
            time.sleep(0.5)
        assert readers.failed == []
        assert len(readers.answers) > PAGES
        recycled = running.events("worker_recycled")
        assert {event["gateway.worker"] for event in recycled} == {0, 1}
        assert all(int(str(event["gateway.memory.bytes"])) > SMALL for event in recycled)
        assert not before & set(workers(running))
        told = running.admin("/metrics").text
        counted = re.search(r'gateway_workers_replaced_total\{reason="memory"\} (\d+)', told)
        assert counted is not None
        assert int(counted[1]) >= 1
        held = re.search(r"gateway_worker_memory_bytes (\d+)", told)
        assert held is not None
        assert int(held[1]) > SMALL
        assert not running.events("worker_died")


async def test_before_that_pages_in_memory_make_room() -> None:
    memory, said = MemoryPages(2**24), Said()
    for number in range(64):
        memory.put(page(f"page-{number}"))
    kept = memory.bytes
    watching = asyncio.create_task(watch_memory(1, [memory.shrink], said))
    async with asyncio.timeout(10):
        while memory.bytes > kept / 2:  # noqa: ASYNC110  (there is no event for it)
            await asyncio.sleep(0.05)
    watching.cancel()
    assert 24 < len(memory) < 40
    (name, fields), *more = said.seen
    assert (name, fields["count"], more) == ("memory_shrunk", 64 - len(memory), [])
