"""When a master dies, three sentinels agree upon another, and pages are kept there without anybody's doing (R16)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

import pytest

from tests.cache.conftest import Open, Remembered, page
from tests.servers import Sentinel, Server, running, valkey

pytestmark = pytest.mark.alone

AGREED_SECONDS = 15.0


class OfThree(Sentinel):
    """One of three; two must agree."""

    def __init__(self, master: Server, directory: Path) -> None:
        super().__init__(master, directory)
        told = self.config.read_text()
        self.config.write_text(told.replace(f" {master.port} 1\n", f" {master.port} 2\n"))


async def waited_for(done: object, seconds: float = AGREED_SECONDS) -> float:
    began = time.monotonic()
    while not await done():  # type: ignore[operator]
        assert time.monotonic() - began < seconds
        await asyncio.sleep(0.1)
    return time.monotonic() - began


async def test_after_a_failover_pages_are_kept_at_the_new_master(
    tmp_path: Path, opened: Open, events: Remembered
) -> None:
    with contextlib.ExitStack() as stack:
        master = stack.enter_context(valkey(tmp_path / "master"))
        replica = stack.enter_context(valkey(tmp_path / "replica", "--replicaof", f"127.0.0.1 {master.port}"))
        sentinels = [stack.enter_context(running(OfThree(master, tmp_path / f"s{n}"))) for n in range(3)]
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in sentinels)

        async def all_know() -> bool:
            found = [one.command("SENTINEL", "MASTER", "pages") for one in sentinels]
            return all((one[b"num-slaves"], one[b"num-other-sentinels"]) == (b"1", b"2") for one in found)  # type: ignore[index]

        await waited_for(all_know)
        async with opened(f"redis+sentinel://{hosts}/pages") as store:
            await store.put(page())
            master.kill()

            async def kept_anew() -> bool:
                await store.put(page("train"))
                return bool(replica.command("EXISTS", page("train").key))

            await waited_for(kept_anew)
            assert replica.command("ROLE")[0] == b"master"  # type: ignore[index]
            assert await store.get(page("train").key) == page("train")
            assert store.up
    assert events.names() == ["redis_lost", "redis_restored"]
