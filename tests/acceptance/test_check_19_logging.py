"""Nothing that happens to the log happens to a reader: a reader of it that stalls or goes, a full disk, any byte."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.acceptance.recorder import Recording
from tests.acceptance.steady import everybody, write_site
from tests.load import Ask, Asks, readers, undisturbed
from tests.running import Running, gateway

RATE, SECONDS = 500, 20.0
UNTIL_FULL_SECONDS = 75.0
"""By then the queues of two workers are full, 16,384 lines each."""

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]


@contextlib.contextmanager
def pipe() -> Iterator[tuple[Path, int]]:
    """A named pipe, apart from what is looked through when a gateway ends, and the reading end of it."""
    with tempfile.TemporaryDirectory(prefix="log-") as directory:
        path = Path(directory, "pipe")
        os.mkfifo(path)
        end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        yield path, end


def dropped(running: Running) -> int:
    found = re.findall(r"^gateway_log_dropped_total(?:\{[^}]*\})? (\d+)", running.admin("/metrics").text, re.MULTILINE)
    return sum(map(int, found))


@pytest.mark.parametrize("fault", ["stalled", "broken", "full"])
async def test_a_log_that_cannot_be_written(fault: str, tmp_path: Path, check: Recording) -> None:
    row = check(19, fault)
    content, policies = write_site(tmp_path)
    asks = everybody()
    with pipe() as (path, end):
        log = "/dev/full" if fault == "full" else str(path)
        two = ["--workers", "2"]
        with gateway(tmp_path, content=content, policies=policies, log_file=log, arguments=two) as running:
            enough = threading.Event()
            draining = asyncio.create_task(asyncio.to_thread(drain, end, enough))
            control = await undisturbed(running.port, asks, RATE, 10)
            enough.set()
            await draining
            if fault == "broken":
                os.close(end)
            async with readers(running.port, asks, RATE) as seen:
                await asyncio.sleep(UNTIL_FULL_SECONDS if fault == "stalled" else SECONDS)
            lost = dropped(running)
        if fault != "broken":
            os.close(end)
    row.seen(seen, control, p99=control.percentile(0.99) + 0.005)
    row.figure(f"{lost:,} lines dropped and counted")
    assert not seen.faults
    assert not control.faults
    assert lost > 0


def drain(end: int, enough: threading.Event) -> None:
    """Read the log until that is enough."""
    while not enough.wait(0.005):
        with contextlib.suppress(BlockingIOError):
            os.read(end, 1 << 20)


HOSTILE = b'\xff\xfe\x80\xed\xa0\x80\xe2\x80\xa8\x1b[31m"\\'
FIELDS = ("User-Agent", "Referer", "traceparent", "tracestate", "X-Request-Id", "Cookie", "Accept-Language", "Accept")


def with_bytes(asks: Asks) -> Asks:
    """The same readers with every byte that a head may hold in what may be logged."""

    def of(number: int) -> Ask:
        plain = asks(number)
        value = bytes([0x80 + number % 128]) + HOSTILE.replace(b"\x1b", b"")
        head = plain.request.removesuffix(b"\r\n") + b"".join(
            name.encode() + b": " + value + b"\r\n" for name in FIELDS
        )
        if number % 5 == 0:
            target = b"/articles/" + bytes([0x80 + number % 128]) + b"%FF%00%E2%80%A8"
            return Refused(re.sub(rb"/articles/\S+", lambda _: target, head, count=1) + b"\r\n")
        return replace(plain, request=head + b"\r\n")

    return of


@dataclass(frozen=True, slots=True)
class Refused(Ask):
    """What names nothing here."""

    def fault(self, status: int, body: bytes) -> str:
        return "" if status in (400, 404) and b"first paragraph" not in body else f"status {status}"


async def test_any_byte_in_every_field_that_may_be_logged(tmp_path: Path, check: Recording) -> None:
    row = check(19, "0xFF")
    content, policies = write_site(tmp_path)
    asks = everybody()
    with gateway(tmp_path, content=content, policies=policies, arguments=["--workers", "2"]) as running:
        control = await undisturbed(running.port, asks, RATE, 10)
        async with readers(running.port, with_bytes(asks), RATE) as seen:
            await asyncio.sleep(SECONDS)
        await asyncio.sleep(1.5)
        lines = running.log.read_bytes().splitlines()
    valid = sum(isinstance(json.loads(line), dict) for line in lines)
    row.seen(seen, control, p99=control.percentile(0.99) + 0.005)
    row.figure(f"{valid:,} of {len(lines):,} lines are valid JSON")
    assert not seen.faults
    assert valid == len(lines) >= seen.sent
