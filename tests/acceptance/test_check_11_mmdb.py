"""A GeoIP file replaced a hundred times and damaged nine times under load costs no answer and moves nobody."""

from __future__ import annotations

import asyncio
import time
from itertools import count
from pathlib import Path

import pytest

from tests.acceptance.processes import workers
from tests.acceptance.recorder import Recording
from tests.acceptance.steady import everybody, said, told, write_site
from tests.geo.test_watch import NINE, damaged
from tests.geo.worlds import flat, write_mmdb
from tests.load import NOTICE, readers, undisturbed
from tests.running import Running, gateway

RATE, WORKERS = 500, 2
REPLACEMENTS = 50
MOVING = "77.89.8.8"
STEADY = {"37.144.0.0/16": "RU", "102.88.0.0/16": "NG", "141.20.0.0/16": "DE", "131.130.0.0/16": "AT"}
FILLERS = [f"{first}.{second}.0.0/16" for first in (5, 31) for second in range(256)]
"""Enough records that a damaged one lies beyond those that opening looks at; none where everybody knows who is."""

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(1800)]


def write(path: Path, country: str, built: int) -> bytes:
    """A database in which everybody stays where they are, but for one network."""
    fillers = {network: flat("FR") | {"city": f"city-{index}"} for index, network in enumerate(FILLERS)}
    places = {**fillers, **{network: flat(code) for network, code in STEADY.items()}, "77.89.0.0/16": flat(country)}
    return write_mmdb(path, places, built=built).read_bytes()


def warned(running: Running) -> bool:
    return b"warned" in NOTICE.findall(running.get("/articles/warm-0", reader=MOVING).body)


async def moved(running: Running, to_russia: bool) -> float:
    """Seconds until every worker, asked five times over, says so."""
    began = time.monotonic()
    while not all(await asyncio.gather(*(asyncio.to_thread(lambda: warned(running) == to_russia) for _ in range(5)))):
        assert time.monotonic() - began < 20
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def test_replacing_and_damaging_the_database_under_load(tmp_path: Path, check: Recording) -> None:
    row = check(11)
    content, policies = write_site(tmp_path, cold=200)
    path, new, built = tmp_path / "city.mmdb", tmp_path / "new.mmdb", count(1_790_000_000)
    good = write(path, "RU", next(built))
    asks = everybody(cold=200)
    with gateway(
        tmp_path, content=content, policies=policies, geoip=str(path), arguments=["--workers", f"{WORKERS}"]
    ) as running:
        before = workers(running)
        control = await undisturbed(running.port, asks, RATE, 10)
        swaps, refused = [], 0
        async with readers(running.port, asks, RATE) as seen:
            for number in range(2 * REPLACEMENTS):
                to_russia = number % 2 == 1
                good = await asyncio.to_thread(write, new, "RU" if to_russia else "FR", next(built))
                if number < REPLACEMENTS:
                    new.replace(path)
                else:
                    path.write_bytes(good)  # in place, as `cp` and `wget -O` do
                swaps.append(await moved(running, to_russia))
            for kind in NINE:
                known = said(running, "geoip_rejected")
                path.write_bytes(damaged(good, kind))
                await told(running, "geoip_rejected", known + WORKERS)
                refused += 1
                path.write_bytes(good)
            known = said(running, "geoip_rejected")
            await asyncio.to_thread(write, path, "FR", 1_780_000_000)
            await told(running, "geoip_rejected", known + WORKERS)
            assert await asyncio.to_thread(warned, running)
        after = workers(running)
    row.seen(seen, control)
    row.figure(
        f"{len(swaps)} replacements, {refused} of {len(NINE)} damaged files refused, an older one too, 0 workers died"
    )
    swaps.sort()
    row.time("until every worker had a new one, median", swaps[len(swaps) // 2], limit=2.0)
    row.time("the longest", swaps[-1])
    assert not seen.faults
    assert not control.faults
    assert refused == len(NINE)
    assert after == before
