"""Nobody keeps the admin port waiting or learns from it what it runs on, token or not."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.web.admin import BODY_SECONDS
from gateway.web.admin_server import END_SECONDS, MOST_CONNECTIONS
from gateway.web.connections import HEAD_SECONDS
from tests.running import Running, gateway
from tests.web.desync_table import MALFORMED, MARK
from tests.web.test_desync import STATUS
from tests.web.wire import Wire, get

pytestmark = pytest.mark.alone


def half_a_body(running: Running) -> bytes:
    return get("/reload", f"Authorization: Bearer {running.token}", "Content-Length: 100", method="POST") + b"{"


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_request_gets_a_fixed_answer_that_tells_and_echoes_nothing(site: Running, name: str) -> None:
    with Wire(site.admin_port) as wire:
        said = wire.send(MALFORMED[name]).everything()
    statuses = STATUS.findall(said)
    assert len(statuses) == 1
    assert statuses[0] in (b"400", b"401", b"505")  # 401: in order as far as its head goes
    assert (b'{"error":"the request could not be read"}' in said) == (statuses[0] != b"401")
    for echo in (MARK, "aiohttp", "Python", "Host"):
        assert echo.encode() not in said


def test_there_are_so_many_places_and_no_more(site: Running) -> None:
    with ExitStack() as stack:
        many = [stack.enter_context(Wire(site.admin_port)) for _ in range(MOST_CONNECTIONS + 20)]
        refused = sum(wire.closed_within(0.02) for wire in many)
        assert 20 <= refused < MOST_CONNECTIONS
    deadline = time.monotonic() + 5
    while site.admin("/healthz").status != 200:
        assert time.monotonic() < deadline


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_request_that_does_not_come_to_its_end_does_not_keep_the_gateway_from_ending(
    tmp_path: Path, workers: str
) -> None:
    with gateway(tmp_path, arguments=["--workers", workers]) as running, Wire(running.admin_port) as wire:
        wire.send(half_a_body(running))
        time.sleep(0.2)
        began = time.monotonic()
        assert running.stop() == 0
        assert time.monotonic() - began < END_SECONDS + 8


@pytest.mark.acceptance
def test_half_a_head_and_half_a_body_are_waited_for_so_long(site: Running) -> None:
    with Wire(site.admin_port) as head, Wire(site.admin_port) as body:
        began = time.monotonic()
        head.send(get("/healthz")[:-2])
        body.send(half_a_body(site))
        assert head.closed_within(HEAD_SECONDS + 3)
        assert body.closed_within(BODY_SECONDS + 3)
        assert body.response().status == 408
        assert time.monotonic() - began > HEAD_SECONDS - 1
