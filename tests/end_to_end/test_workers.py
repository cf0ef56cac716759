"""Several workers are one gateway: what one dies of costs its readers only what was in flight."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.processes import workers
from tests.readers import READER, Readers
from tests.running import Running, exchange, gateway
from tests.sites import policy, write_content, write_policies

pytestmark = pytest.mark.alone

ASKED = {"X-Forwarded-For": READER}


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Running]:
    policies = write_policies(tmp_path / "policies", [policy("warn", "notice: {id: first}")], notices=("first",))
    content = write_content(tmp_path / "content")
    with gateway(tmp_path, content=content, policies=policies, arguments=["--workers", "2"]) as running:
        yield running


def reading(running: Running) -> Readers:
    return Readers(running, lambda _: "/articles/market-day", 'data-notice="first"')


def test_a_worker_that_is_killed_is_replaced_and_costs_only_what_it_had_in_flight(two: Running) -> None:
    before = workers(two)
    assert len(before) == 2
    with reading(two) as readers:
        time.sleep(0.5)
        os.kill(before[0], signal.SIGKILL)
        two.wait_for("worker_died")
        time.sleep(2.5)
    assert len(readers.failed) <= 4
    assert len(readers.answers) > 100
    assert len(workers(two)) == 2


def test_a_rolling_restart_fails_nobody(two: Running) -> None:
    before = set(workers(two))
    with reading(two) as readers:
        time.sleep(0.3)
        two.process.send_signal(signal.SIGUSR2)
        two.wait_for("gateway_stopped", count=2, seconds=30)
        time.sleep(0.5)
    assert readers.failed == []
    assert len(workers(two)) == 2
    assert not before & set(workers(two))


def test_every_worker_comes_to_the_same_revision_and_counts_are_added_up(two: Running) -> None:
    file = Path(two.process.args[two.process.args.index("--policies") + 1]) / "warn.yaml"  # type: ignore[union-attr,index]
    file.write_text(file.read_text().replace("House rule 1", "House rule 2"))
    told = two.admin("/reload", {}).json()
    assert told["accepted"]
    for _ in range(40):
        assert exchange(two.port, "/articles/market-day", ASKED).status == 200
    revisions = {event["gateway.policy.revision"] for event in two.wait_for("request", count=40)}
    assert revisions == {told["revision"]}
    assert len(two.logged()) == len(two.events("request"))  # the metrics of both count as many as the log has
    purged = two.admin("/purge", {"article": "market-day"}).json()
    assert not purged["left"]  # None where Redis is there but can't be asked


def test_no_worker_outlives_its_parent(two: Running) -> None:
    orphans = workers(two)
    two.process.kill()
    two.process.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(Path(f"/proc/{pid}").exists() for pid in orphans):
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in orphans)
