"""Whatever of a reader comes in, by whatever way and in whatever form, is found in nothing that a gateway leaves.

The whole suite is held to the same: every gateway that `tests.running` starts is looked through when it ends, and the
run says at its end how many there were (`privacy: … gateways ended`).
"""

from __future__ import annotations

import contextlib
import os
import signal
from ipaddress import ip_address
from pathlib import Path

import pytest

from tests import sinks
from tests.acceptance.processes import workers
from tests.acceptance.recorder import Recording
from tests.acceptance.test_check_14_smuggling import PAYLOADS
from tests.addresses.preambles import v1, v2
from tests.geo.addresses import ADDRESSES
from tests.running import Running, gateway
from tests.servers import Server, valkey
from tests.web.test_unkeyed import HEADERS
from tests.web.wire import SITE, Wire, get

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(900)]
MORE = ("203.0.113.77", "2001:4860:4860::8888", "93.184.216.34", "2a00:1450:4001:81b::200e")
CANARY = "c4n4ry-value.example"
ARTICLE = "/articles/the-ferry-that-still-runs"
PATHS = (
    ARTICLE,
    f"{ARTICLE}.json",
    "/",
    "/feed.xml",
    "/nothing",
    "/%zz",
    "/articles/../x",
    "/-/transparency",
    f"{ARTICLE}?preview=c4n4ry.c4n4ry",
)
SETTINGS: dict[str, dict[str, str]] = {
    "X-Forwarded-For": {},
    "Forwarded": {"client_address_header": "forwarded"},
    "one address in a header": {"client_address_header": "x-real-ip"},
    "PROXY protocol": {"client_address_header": "proxy-protocol"},
    "trusting nobody": {"trusted_proxies": ""},
    "observing": {"mode": "observe"},
    "natural lane": {"express": "off"},
}


def spellings(address: str) -> list[str]:
    """An address as proxies and attackers write it."""
    parsed = ip_address(address)
    forms = [address, f" {address} ", address.upper(), parsed.exploded, str(int(parsed)), parsed.packed.hex()]
    if parsed.version == 6:
        return [*forms, f"[{address}]", f"[{address}]:4711", f'"[{address}]"']
    return [
        *forms,
        f"{address}:4711",
        f"::ffff:{address}",
        f"[::ffff:{address}]:80",
        f'"{address}"',
        f"{address}, 127.0.0.1",
    ]


def tell_everything(running: Running, name: str) -> int:
    """Every address, in every spelling, in every header that one may stand in; and everything else of a reader."""
    sent = 0
    told = [
        f"User-Agent: {sinks.CANARIES['User-Agent']}",
        f"Referer: {sinks.CANARIES['Referer']}",
        f"Cookie: {sinks.CANARIES['Cookie']}",
    ]
    for address in (*ADDRESSES.values(), *MORE):
        running.readers.add(address)
        lines = [f"{header}: {spelt}" for header in ("X-Forwarded-For", "X-Real-IP") for spelt in spellings(address)]
        lines += [f"Forwarded: for={spelt}" for spelt in spellings(address)]
        before = [
            v1(address, family="TCP6" if ":" in address else "TCP4", server="::1" if ":" in address else "10.0.0.1"),
            v2(address),
        ]
        for number, line in enumerate(lines):
            with Wire(running.port) as wire:
                preamble = before[number % 2] if name == "PROXY protocol" else b""
                with contextlib.suppress(ConnectionError, TimeoutError):
                    wire.send(preamble + get(PATHS[number % len(PATHS)], *told, line)).response()
                sent += 1
    for header in HEADERS:
        for path in PATHS[:3]:
            with Wire(running.port) as wire, contextlib.suppress(ConnectionError, TimeoutError):
                preamble = v2(MORE[0]) if name == "PROXY protocol" else b""
                wire.send(preamble + get(path, f"{header}: {CANARY}", f"X-{CANARY}: x")).response()
                sent += 1
    for payload in PAYLOADS.values():
        with Wire(running.port, seconds=0.3) as wire, contextlib.suppress(TimeoutError):
            wire.send(
                payload.replace(b"\r\n\r\n", f"\r\nX-Forwarded-For: {MORE[0]}\r\nCookie: {CANARY}\r\n\r\n".encode(), 1)
            ).everything()
        sent += 1
    for path in ("/metrics", "/reload", f"/{CANARY}"):
        for method in ("GET", "POST", "c4n4ry"):
            with Wire(running.admin_port) as wire, contextlib.suppress(ConnectionError, TimeoutError):
                wire.send(get(path, f"Authorization: Bearer {CANARY}", *told, method=method)).response()
            sent += 1
    return sent


def break_things(running: Running, server: Server) -> None:
    """So that errors are told, too."""
    server.kill()
    for address in ADDRESSES.values():
        running.get(ARTICLE, reader=address)
    server.start()
    with contextlib.suppress(ProcessLookupError, IndexError):
        os.kill(workers(running)[0], signal.SIGKILL)
        running.wait_for("worker_died", seconds=20)


@pytest.mark.parametrize("name", SETTINGS)
def test_check_20_nothing_of_a_reader_is_left_anywhere(name: str, tmp_path: Path, check: Recording) -> None:
    row = check(20, name)
    before = sinks.TALLY.sinks, sinks.TALLY.size
    with (
        valkey(tmp_path / "valkey") as server,
        gateway(
            tmp_path, redis_url=server.url, base_url=f"http://{SITE},http://127.0.0.1", arguments=["--workers", "2"], **SETTINGS[name]
        ) as running,
    ):  # fmt: skip
        if name != "PROXY protocol":
            break_things(running, server)
        sent = tell_everything(running, name)
    looked, size = sinks.TALLY.sinks - before[0], sinks.TALLY.size - before[1]
    row.figure(f"0 hits in {looked} sinks ({size / 1e6:.1f} MB) after {sent:,} requests that tell everything")
    assert sent > 900
