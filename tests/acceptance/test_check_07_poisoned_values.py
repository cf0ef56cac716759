"""Whatever somebody writes to Redis under our keys: nobody is served it, it is counted, and the next reader heals it."""

from __future__ import annotations

import gzip
import pickle
import random
import re
from pathlib import Path

import pytest

from tests.acceptance.recorder import Recording
from tests.acceptance.steady import ask, write_site
from tests.running import Running, gateway
from tests.servers import Server, valkey
from tests.web.wire import Response, Wire

CORRUPTIONS = 10_000
HUGE = CORRUPTIONS // 2000
"""Of these many are values of 100 MB: a deadline may pass before one is looked at, and it may be looked at again."""
PAGES = [(slug, reader) for slug in ("warm-0", "warm-1", "court") for reader in ("RU", "NG", "AT")]

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(1800)]


def flipped(value: bytes, r: random.Random) -> bytes:
    place = r.randrange(len(value) * 8)
    return value[: place // 8] + bytes([value[place // 8] ^ 1 << place % 8]) + value[place // 8 + 1 :]


def poison(number: int, value: bytes, others: list[bytes], r: random.Random) -> bytes:
    """Mostly flipped bits and other pages' values; now and then something else altogether."""
    kind = number % 20
    if kind < 10:
        return flipped(value, r)
    if kind < 14:
        return r.choice([other for other in others if other != value])
    return (
        value[: r.randrange(1, len(value))],
        value + r.randbytes(r.randrange(1, 99)),
        b"GWP0" + value[4:],
        pickle.dumps({"body": value}),
        gzip.compress(value),
        bytes(100 << 20) if number % 2000 == 19 else r.randbytes(r.randrange(1, 4000)),
    )[kind - 14]


def refusals(running: Running) -> int:
    counts = re.findall(r"^gateway_cache_variant_refused_total\S* (\d+)", running.admin("/metrics").text, re.MULTILINE)
    return sum(map(int, counts))


def read(wire: Wire, page: tuple[str, str]) -> Response:
    """The page as its reader gets it, past the oracle."""
    due = ask(*page)
    answer = wire.send(due.request).response()
    assert due.fault(answer.status, answer.body) == "", page
    return answer


def keys_of(server: Server, wire: Wire) -> dict[tuple[str, str], bytes]:
    """Under which key each page is stored: the one that is new when it has been asked for."""
    found = {}
    for page in PAGES:
        server.command("FLUSHALL")
        read(wire, page)
        keys = [key for key in server.command("KEYS", "gw1:*") if b"fill:" not in key]  # type: ignore[attr-defined]
        (found[page],) = keys
    return found


def test_ten_thousand_corruptions_are_refused_counted_and_healed(tmp_path: Path, check: Recording) -> None:
    row = check(7)
    seed = random.SystemRandom().randrange(1 << 32)
    r = random.Random(seed)
    content, policies = write_site(tmp_path, warm=2, cold=1)
    served = healed = 0
    with (
        valkey(tmp_path / "valkey", "--proto-max-bulk-len", "200mb") as server,
        gateway(tmp_path, content=content, policies=policies, redis_url=server.url, memory_cache_bytes="0") as running,
        Wire(running.port) as wire,
    ):
        keys = keys_of(server, wire)
        right = {page: read(wire, page).body for page in PAGES}
        values = {page: bytes(server.command("GET", keys[page])) for page in PAGES}  # type: ignore[call-overload]
        before = refusals(running)
        for number in range(CORRUPTIONS):
            page = r.choice(PAGES)
            server.command("SET", keys[page], poison(number, values[page], list(values.values()), r))
            served += read(wire, page).body != right[page]
            again = read(wire, page)
            healed += again["cache-status"].endswith("hit") and again.body == right[page]
        counted = refusals(running) - before
        raised = [event for event in running.events() if event["log.level"] == "error"]
        assert running.process.poll() is None
    row.figure(
        f"{served} of {CORRUPTIONS:,} served (seed {seed}), {counted:,} counted, {healed:,} healed on the next read, "
        f"{len(raised)} errors"
    )
    assert (served, healed, raised) == (0, CORRUPTIONS, [])
    assert abs(counted - CORRUPTIONS) <= HUGE
