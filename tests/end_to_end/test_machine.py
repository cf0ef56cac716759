"""What a machine does to a gateway: no descriptors left, no room on the disk, workers that keep dying, no database."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.processes import descriptors, workers
from tests.readers import Readers
from tests.running import gateway
from tests.sites import policy, write_content, write_policies
from tests.web.wire import Wire

ARTICLE = "/articles/market-day"


def small(root: Path) -> dict[str, Path]:
    policies = write_policies(root / "policies", [policy("warn", "notice: {id: first}")], notices=("first",))
    return {"content": write_content(root / "content"), "policies": policies}


def test_a_database_that_is_not_there_stops_the_start_and_is_named(tmp_path: Path) -> None:
    absent = str(tmp_path / "absent.mmdb")
    with gateway(tmp_path, wait=False, geoip=absent, mode="observ", **small(tmp_path)) as running:  # type: ignore[arg-type]
        assert running.process.wait(60) == 2
    said = (tmp_path / "console.txt").read_text()
    assert "absent.mmdb" in said
    assert "did you mean observe?" in said, "one report of all settings"


def test_when_no_descriptor_is_left_it_waits_and_goes_on_when_there_are_some(tmp_path: Path) -> None:
    with gateway(tmp_path, **small(tmp_path)) as running:  # type: ignore[arg-type]
        assert running.get(ARTICLE).status == 200
        most = descriptors(running) + 12
        _, hard = resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE, (most, hard))
        with contextlib.ExitStack() as stack:
            held = [stack.enter_context(Wire(running.port, seconds=2.0)) for _ in range(40)]
            answered = 0
            for wire in held:
                with contextlib.suppress(OSError):
                    wire.send(f"GET {ARTICLE} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
                    answered += wire.response().status == 200
                if answered and wire is held[15]:
                    break  # the others would each wait for as long
            assert 0 < answered < 40
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError):
                if running.get(ARTICLE).status == 200:
                    break
            assert time.monotonic() < deadline
        assert running.process.poll() is None


def test_workers_that_keep_dying_end_the_gateway_for_a_supervisor_to_see(tmp_path: Path) -> None:
    with gateway(tmp_path, arguments=["--workers", "2"], **small(tmp_path)) as running:  # type: ignore[arg-type]
        deadline = time.monotonic() + 60
        while running.process.poll() is None and time.monotonic() < deadline:
            for pid in workers(running):
                if pid != running.process.pid:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        assert running.process.wait(10) == 1
        assert len(running.events("worker_died")) >= 3


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of sixteen megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_costs_no_answer_and_no_reload(tmp_path: Path, disk: Path) -> None:
    site = small(tmp_path)
    with gateway(disk, **site) as running:  # type: ignore[arg-type]
        with Readers(running, lambda _: ARTICLE, 'data-notice="first"') as reading:
            with contextlib.suppress(OSError), (disk / "filler").open("wb") as filler:
                while True:
                    filler.write(bytes(1 << 16))
                    filler.flush()
            assert os.statvfs(disk).f_bavail == 0
            file = site["policies"] / "warn.yaml"
            file.write_text(file.read_text().replace("House rule 1", "House rule 2"))
            told = running.admin("/reload", {}).json()
            assert told["accepted"], told
            assert running.admin("/purge", {"all": True}).status == 200
            time.sleep(0.5)
        (disk / "filler").unlink()
        assert reading.failed == []
        assert len(reading.answers) > 20
        assert running.admin("/readyz").status == 200
