"""Debian's HAProxy in front, in mode tcp: it names the reader in the PROXY protocol, version 1 and 2."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.addresses.fronts import haproxy
from tests.running import Running, gateway
from tests.sites import policy, write_content, write_policies
from tests.web.wire import Wire

HERE, THERE = "127.0.5.5", "127.0.6.6"
REGIONS = """\
    regions:
      here: {networks: [127.0.5.0/24]}
      front: {networks: [127.0.1.0/24]}
"""


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("behind")
    policies = [policy(name, f"notice: {{id: {name}}}", readers=f"{{in: [{name}]}}") for name in ("here", "front")]
    with gateway(
        root,
        content=write_content(root / "content"),
        policies=write_policies(root / "policies", policies, notices=("here", "front"), regions=REGIONS),
        trusted_proxies="127.0.1.0/24",
        client_address_header="proxy-protocol",
    ) as running:
        yield running


@pytest.mark.parametrize("server", ["send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id"])
def test_the_reader_is_whom_haproxy_serves(behind: Running, tmp_path: Path, server: str) -> None:
    with haproxy(tmp_path, behind.port, server=server, mode="tcp") as port:
        for source, expected in ((HERE, True), (THERE, False), (HERE, True)):
            with Wire(port, source=source) as wire:
                for _ in range(3):
                    wire.send(b"GET /articles/market-day HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                    page = wire.response().body
                    assert (b'data-notice="here"' in page) is expected
                    assert b'data-notice="front"' not in page


def test_haproxys_health_checks_are_nobody_and_do_no_harm(behind: Running, tmp_path: Path) -> None:
    with haproxy(tmp_path, behind.port, server="send-proxy-v2 check check-send-proxy inter 100ms", mode="tcp") as port:
        for _ in range(5):
            with Wire(port, source=HERE) as wire:
                wire.send(b"GET /articles/market-day HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                assert b'data-notice="here"' in wire.response().body
