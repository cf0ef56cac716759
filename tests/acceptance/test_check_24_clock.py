"""The wall clock jumps while readers come: nothing fails, durations go on, and rules with dates follow at once."""

from __future__ import annotations

import asyncio
import shutil
import struct
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.recorder import Recording
from tests.acceptance.steady import READERS, everybody, write_site
from tests.load import NOTICE, readers, undisturbed
from tests.running import Running, gateway
from tests.servers import valkey
from tests.sites import policy

SOURCE = Path(__file__).with_name("clock.c")
RATE = 200
JUMPS = {
    "+1 h": timedelta(hours=1),
    "-1 h": timedelta(hours=-1),
    "+1 d": timedelta(days=1),
    "-1 d": timedelta(days=-1),
    "1970": datetime(1970, 1, 2, tzinfo=UTC) - datetime.now(UTC),
}
AHEAD = timedelta(hours=14)
"""Whither no jump of an hour leads, and a jump of a day does."""

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]


def dated(name: str, ahead: timedelta) -> str:
    """A policy that begins so far ahead, and lasts."""
    start = (datetime.now(UTC) + ahead).isoformat(timespec="seconds")
    return policy(
        name, "notice: {id: dated}", articles="{slugs: [court]}", effective=f'effective: [{{from: "{start}"}}]\n'
    )


def shows(running: Running) -> bool:
    answer = running.get("/articles/court", reader=READERS["NG"][0])
    assert answer.status == 200
    return b"dated" in NOTICE.findall(answer.body)


class Clock:
    """The wall clock of the processes that are started while this is in their environment."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("apt-get install gcc")
        library, self._file = directory / "clock.so", directory / "offset"
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, SOURCE], check=True)
        self._file.write_bytes(struct.pack("d", 0.0))
        monkeypatch.setenv("LD_PRELOAD", str(library))
        monkeypatch.setenv("WALL_CLOCK_OFFSET", str(self._file))

    def jump(self, by: timedelta) -> None:
        """To so far from what it is."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("d", by.total_seconds()))


async def test_the_clock_jumps_under_load(tmp_path: Path, check: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    row = check(24)
    content, policies = write_site(tmp_path, cold=1, published="1965-01-01T00:00:00Z")
    (policies / "dated.yaml").write_text(dated("dated", AHEAD))
    (policies / "notices" / "dated").mkdir()
    (policies / "notices" / "dated" / "en.md").write_text("---\ntitle: D\nself_conditional: true\n---\nIf so, so.\n")
    clock = Clock(tmp_path, monkeypatch)
    late = []
    with valkey(tmp_path / "valkey") as server:
        settings = {"redis_url": server.url}
        with gateway(tmp_path, content=content, policies=policies, arguments=["--workers", "2"], **settings) as running:
            # The court's article is asked for apart, since what is due there changes.
            asks = everybody(cold_every=0)
            plain = lambda number: asks(number if b"/court " not in asks(number).request else number + 1)  # noqa: E731
            control = await undisturbed(running.port, plain, RATE, 5)
            async with readers(running.port, plain, RATE) as seen:
                for name, jump in JUMPS.items():
                    clock.jump(jump)
                    jumped = time.monotonic()
                    expected = jump >= AHEAD
                    while await asyncio.to_thread(shows, running) is not expected:
                        assert time.monotonic() - jumped < 10, name
                    late.append(time.monotonic() - jumped)
                    assert [await asyncio.to_thread(shows, running) for _ in range(20)] == [expected] * 20
                    await asyncio.sleep(2)
                clock.jump(timedelta(0))
                await asyncio.sleep(1)
            up = "\ngateway_redis_up 1" in running.admin("/metrics").text
            lost = running.events("redis_lost")
            dead = running.events("worker_died")
    row.seen(seen, control)
    row.figure(f"{len(JUMPS)} jumps ({', '.join(JUMPS)}), dated rule right after each, {len(lost)} breakers opened")
    row.time("dated rule followed within", max(late))
    assert not seen.faults
    assert not control.faults
    assert (lost, dead, up) == ([], [], True)
