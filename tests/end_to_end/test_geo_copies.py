"""All workers replace a GeoIP file, each in its own moment: none ever holds more than two copies, and one is left (G8)."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.acceptance.processes import workers
from tests.geo.worlds import flat, write_mmdb
from tests.running import gateway
from tests.sites import policy, write_content, write_policies

WORKERS, REPLACEMENTS = 3, 2

pytestmark = pytest.mark.alone


def copies(pid: int) -> int:
    """How many private copies of GeoIP files a process has open."""
    found = 0
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            found += str(entry.readlink()).startswith("/memfd:")
    return found


def write(path: Path, number: int) -> None:
    places = {f"77.{n}.0.0/16": flat("RU") | {"city": f"city-{number}-{n}"} for n in range(256)}
    write_mmdb(path.with_name("new"), places, built=1_790_000_000 + number).replace(path)


def test_no_worker_ever_holds_more_than_two_copies(tmp_path: Path) -> None:
    path = tmp_path / "geo" / "city.mmdb"
    path.parent.mkdir()
    write(path, 0)
    policies = write_policies(tmp_path / "policies", [policy("warn", "notice: {id: first}")], notices=("first",))
    content = write_content(tmp_path / "content")
    settings = {"geoip": str(path), "workers": str(WORKERS)}
    with gateway(tmp_path, content=content, policies=policies, **settings) as running:
        processes = workers(running)
        assert [copies(pid) for pid in processes] == [1] * WORKERS
        most = 0
        for number in range(1, REPLACEMENTS + 1):
            write(path, number)
            deadline = time.monotonic() + 30
            while len(running.events("geoip_reloaded")) < number * WORKERS:
                most = max(most, *(copies(pid) for pid in processes))
                assert time.monotonic() < deadline
                time.sleep(0.01)
            deadline = time.monotonic() + 10
            while [copies(pid) for pid in processes] != [1] * WORKERS:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        assert most == 2
        assert workers(running) == processes
        path.unlink()
        ready = running.admin("/readyz")
        warnings = ready.json()["warnings"]
        assert isinstance(warnings, list)
        assert (ready.status, [one for one in warnings if "any more" in one]) == (
            200,
            ["no evidence file any more, its last copy serves: city.mmdb"],
        )
