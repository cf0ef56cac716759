"""Hostile files in the directory of a gateway that serves: none is applied, each is named, the event loop is not held."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import statistics
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import uvloop

from gateway.app import Gateway
from gateway.settings import load_settings
from tests.acceptance.recorder import Recording
from tests.sites import policy, write_content, write_policies

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]

HOLD_SECONDS = 0.05
UNREAD = {"10 MB", "8 MiB of one text", "8 MiB of lines"}
"""Refused by their size alone, so without a line."""


def whole(line: str) -> bytes:
    """A policy that is right but for one line."""
    return f"policy: hostile\ntitle: T\nreaders: all\narticles: all\n{line}\ndo: [protect: all]\n".encode()


HOSTILE: Mapping[str, bytes] = {
    "10 MB": b"a: " + b"x" * (10 << 20),
    "8 MiB of one text": b"a: " + b"x" * ((8 << 20) - 3),
    "8 MiB of lines": b"- a\n" * (8 << 18),
    "depth 10,000": b"[" * 10_000 + b"]" * 10_000,
    "depth 10,000 of mappings": b"{a: " * 10_000 + b"1" + b"}" * 10_000,
    "a merge bomb": b"a0: &a0 {k: v}\n"
    + b"".join(b"a%d: &a%d {<<: [%s]}\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 9)),
    "laughs": b"a0: &a0 [lol]\n"
    + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 9)),
    "an alias of itself": b"a: &a [*a]\n",
    "a tag that runs": b"a: !!python/object/apply:os.system [true]\n",
    "two documents": whole("state: off") + b"---\n" + whole("state: off"),
    "a tab": whole("\tstate: off"),
    "a byte order mark": b"\xef\xbb\xbf" + whole("state: on"),
    "UTF-16": whole("state: off").decode().encode("utf-16"),
    "not UTF-8": whole("owner: ") + b"# \xff\xfe\n",
    "a key twice": whole("title: again"),
    "a sexagesimal": whole("priority: 1:30"),
    "infinity": whole("priority: .inf"),
    "yes for a state": whole("state: yes"),
    "cut in the middle": whole("state: off")[:40],
}


class Lags:
    """How long an event loop is held, sampled by a task of its own."""

    def __init__(self) -> None:
        self._lags: list[float] = []

    async def measure(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            self._lags.append(time.perf_counter() - before - 0.001)

    async def during(self, change: Callable[[], object], done: Callable[[], bool]) -> float:
        """Seconds, at most, from a change until it is done with, and half a second beyond."""
        self._lags.clear()
        await asyncio.to_thread(change)
        deadline = time.monotonic() + 60
        while not done():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)
        return max(self._lags)


@contextlib.asynccontextmanager
async def measured(gateway: Gateway) -> AsyncIterator[Lags]:
    """A gateway that serves, and the lags of its loop."""
    lags = Lags()
    await gateway.start()
    measuring = asyncio.create_task(lags.measure())
    await asyncio.sleep(2)
    try:
        yield lags
    finally:
        measuring.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await measuring
        await gateway.stop()


def test_no_hostile_file_is_applied_or_holds_the_event_loop(tmp_path: Path, check: Recording) -> None:
    row = check(10, "in service")
    policies = write_policies(tmp_path / "policies", [policy("p", "notice: {id: first}")], notices=("first",))
    log, file = tmp_path / "log", policies / "hostile.yaml"
    given = {
        "content": write_content(tmp_path / "content"), "policies": policies, "state": tmp_path / "state",
        "port": 0, "admin_port": 0, "log_file": log, "log_format": "json",
    }  # fmt: skip
    gateway = Gateway(load_settings(given, {}))

    def rejected() -> list[str]:
        events = [json.loads(line) for line in log.read_text().splitlines()]
        return [str(each["gateway.problems"]) for each in events if each["event.action"] == "policy_rejected"]

    async def tried() -> tuple[float, dict[str, float]]:
        held: dict[str, float] = {}
        async with measured(gateway) as lags:
            control = await lags.during(lambda: None, lambda: True)
            in_force = gateway.upkeep.current().policies.revision
            for number, (name, text) in enumerate(HOSTILE.items(), 1):

                def write(text: bytes = text) -> None:
                    file.write_bytes(text)

                def refused(number: int = number) -> bool:
                    return len(rejected()) >= number

                held[name] = await lags.during(write, refused)
                assert gateway.upkeep.current().policies.revision == in_force, name
        return control, held

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        control, held = runner.run(tried())
    problems = dict(zip(HOSTILE, rejected(), strict=True))
    placed = [name for name, said in problems.items() if re.search(r"hostile\.yaml:\d+:\d+: .+; ", said)]
    row.figure(f"{len(problems)} hostile files in service: 0 applied, {len(placed)} named with line and remedy")
    row.time("the loop held, median", statistics.median(held.values()), limit=HOLD_SECONDS, control=control)
    row.time(f"at most ({max(held, key=held.__getitem__)})", max(held.values()), limit=HOLD_SECONDS, control=control)
    assert set(HOSTILE) - set(placed) == UNREAD
    assert [name for name in UNREAD if not re.search(r"hostile\.yaml: .*bytes", problems[name])] == []
