"""A gateway that is still reading a large archive stops when it is told to, and goes on where it was the next time."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.running import gateway
from tests.sites import policy, write_article, write_content, write_policies

ARTICLES = 12_000


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_gateway_that_is_told_to_stop_while_it_reads_stops(tmp_path: Path, workers: str) -> None:
    content = write_content(tmp_path / "content")
    one = write_article(content, "page-0").read_text()
    for number in range(1, ARTICLES):
        (content / f"articles/en/page-{number}.md").write_text(one)
    policies = write_policies(tmp_path / "policies", [policy("warn", "notice: {id: first}")], notices=("first",))
    with gateway(tmp_path, content=content, policies=policies, arguments=["--workers", workers], wait=False) as running:
        index = running.state / "content-index.json"
        reading = f"gateway.content.look\0{content}".encode()
        deadline = time.monotonic() + 60
        while not readers(reading):
            assert time.monotonic() < deadline
            assert running.process.poll() is None
            time.sleep(0.01)
        began = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0
        assert time.monotonic() - began < 10
        assert not index.exists()
        assert not readers(reading)
    assert "Traceback" not in (tmp_path / "console.txt").read_text()


def readers(reading: bytes) -> list[Path]:
    """The processes that read this content for a gateway."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if reading in (entry / "cmdline").read_bytes():
                found.append(entry)
        except OSError:
            continue
    return found
