"""A gateway behind a balancer that speaks the PROXY protocol, over raw sockets: only the trusted are heard."""

from __future__ import annotations

import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from gateway.events import NoEvents
from gateway.geo.client_address import TrustedProxies
from gateway.web.connections import Connections
from tests.addresses.preambles import CRC32C, LOCAL, v1, v2
from tests.running import Running, gateway
from tests.web.wire import Wire

MOSCOW, LAGOS, MOSCOW_6 = "37.144.12.34", "105.112.0.1", "2a02:6b8::2:242"
BALANCER, STRANGER = "127.0.1.1", "127.0.2.1"
NOTICE = b'data-notice="undesirable-organization"'
GET = b"GET /articles/the-ferry-that-still-runs HTTP/1.1\r\nHost: 127.0.0.1\r\n"
LAST = GET + b"Connection: close\r\n\r\n"


@pytest.fixture(scope="module")
def balanced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(
        tmp_path_factory.mktemp("balanced"), trusted_proxies="127.0.1.0/24", client_address_header="proxy-protocol"
    ) as running:
        yield running


def say(running: Running, *segments: bytes, source: str = BALANCER, pause: float = 0.0) -> bytes:
    with Wire(running.port, source=source) as wire:
        return wire.send(*segments, pause=pause).everything()


@pytest.mark.parametrize(
    ("header", "warned"),
    [
        (v1(MOSCOW), True),
        (v1(LAGOS), False),
        (v1(MOSCOW_6, family="TCP6", server="::1"), True),
        (v2(MOSCOW), True),
        (v2(LAGOS), False),
        (v2(MOSCOW_6), True),
        (v2(f"::ffff:{LAGOS}"), False),
        (v2(LAGOS, (0x02, b"news.example"), checked=True), False),
        (b"PROXY UNKNOWN\r\n", True),  # nobody knows where: possible, so warned
        (v2(LAGOS, command=LOCAL), True),
        (v2(""), True),
        (v2("127.0.1.9"), True),  # another proxy of ours: never its own place
    ],
)  # fmt: skip
def test_the_reader_is_whom_the_balancer_names_in_both_lanes(balanced: Running, header: bytes, warned: bool) -> None:
    answers = [say(balanced, header + LAST), say(balanced, header, LAST, pause=0.02)]  # the second closes: natural lane
    with Wire(balanced.port, source=BALANCER) as wire:
        wire.send(header)
        for _ in range(3):  # kept alive: the express lane
            wire.send(GET + b"\r\n")
            answers.append(wire.response().raw)
    assert [NOTICE in answer for answer in answers] == [warned] * 5
    assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in answers)


def test_headers_that_claim_an_address_are_not_read(balanced: Running) -> None:
    claims = b"".join(
        f"{name}: {LAGOS}\r\n".encode()
        for name in ("X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP", "Proxy-Protocol")
    )
    with Wire(balanced.port, source=BALANCER) as wire:
        wire.send(v2(MOSCOW))
        for _ in range(2):
            assert NOTICE in wire.send(GET + claims + b"Forwarded: for=" + LAGOS.encode() + b"\r\n\r\n").response().body


@pytest.mark.parametrize("header", [v1(LAGOS), v2(LAGOS), v2(LAGOS, (2, b"x" * 200), checked=True)])
def test_a_header_may_come_byte_by_byte(balanced: Running, header: bytes) -> None:
    segments = [bytes([byte]) for byte in header]
    answer = say(balanced, *segments, LAST, pause=0.001)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert NOTICE not in answer


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"PROXY TCP4 08.8.8.8 10.0.0.1 1 2\r\n",
        b"PROXY UNKNOWN " + b"x" * 200,
        v2(LAGOS, (CRC32C, bytes(4))),
        v2(LAGOS, (4, bytes(5000))),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["none", "damaged", "too long", "checksum", "5 KiB", "TLS"],
)
def test_a_balancer_that_says_no_right_header_gets_no_answer(balanced: Running, header: bytes) -> None:
    began = time.monotonic()
    assert say(balanced, header + LAST) == b""
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("begun", [b"", b"PROXY TCP4", v2(LAGOS)[:-1]])
def test_a_balancer_that_says_nothing_is_closed_after_three_seconds(balanced: Running, begun: bytes) -> None:
    with Wire(balanced.port, source=BALANCER) as wire:
        wire.send(begun)
        began = time.monotonic()
        assert wire.closed_within(6)
        assert 2.5 < time.monotonic() - began < 4


def test_a_second_header_is_a_malformed_request(balanced: Running) -> None:
    assert say(balanced, v1(MOSCOW) + v1(LAGOS) + LAST).split()[1] == b"400"


@pytest.mark.parametrize("header", [v1(LAGOS), v2(LAGOS)])
def test_a_stranger_is_not_heard_and_reads_from_where_he_is(balanced: Running, header: bytes) -> None:
    answer = say(balanced, header + LAST, source=STRANGER)
    assert answer.split()[1] == b"400"
    assert NOTICE in say(balanced, LAST, source=STRANGER)  # loopback is nowhere: possible


@pytest.mark.parametrize("header", [v1(LAGOS), v2(LAGOS)])
def test_a_header_on_a_plain_listener_is_a_malformed_request(sample: Running, header: bytes) -> None:
    answer = say(sample, header + LAST, source="127.0.0.1")
    assert answer.split()[1] == b"400"
    assert LAGOS.encode() not in answer


def test_named_readers_and_strangers_are_counted_apart_and_no_address_is_written(tmp_path: Path) -> None:
    with gateway(tmp_path, trusted_proxies="127.0.1.0/24", client_address_header="proxy-protocol") as running:
        for header in (v1(MOSCOW), v2(LAGOS), b"PROXY UNKNOWN\r\n"):
            say(running, header + LAST)
        say(running, LAST, source=STRANGER)
        say(running, b"PROXY TCP4 66.6.6.66 1.1.1.1 1 1 \r\n")
        metrics = running.admin("/metrics").text
    for source, count in (("proxy-protocol", 2), ("none", 1), ("peer", 1)):
        assert f'gateway_client_address_source_total{{source="{source}"}} {count}' in metrics
    written = (running.log.read_text() + (tmp_path / "console.txt").read_text() + metrics).encode()
    for address in (MOSCOW, LAGOS, STRANGER, BALANCER, "66.6.6.66"):
        assert address.encode() not in written


def test_the_setting_without_anybody_trusted_is_refused(tmp_path: Path) -> None:
    with gateway(tmp_path, trusted_proxies="", client_address_header="proxy-protocol", wait=False) as running:
        assert running.process.wait(30) == 2
    assert "GATEWAY_CLIENT_ADDRESS_HEADER" in (tmp_path / "console.txt").read_text()


class Held:
    """A connection, as far as it is counted."""

    def __init__(self, peer: str | None) -> None:
        self.peer = peer

    def look(self, now: float, hurried: bool) -> None:
        """Nothing to see."""


def test_connections_are_bounded_by_whom_the_balancer_names_not_by_the_balancer() -> None:
    trusted = TrustedProxies((ip_network("10.0.0.0/8"),), "proxy-protocol")
    places = Connections(NoEvents(), trusted, most=100, per_peer=2)
    for admitted, peer in (
        (True, "for=2001:db8::1"), (True, "for=2001:db8::2"), (False, "for=2001:db8::3"), (True, "for=2001:db8:0:1::1"),
        (True, "for=8.8.8.8"), (True, "for=8.8.8.8"), (False, "for=8.8.8.8"), (True, "for=8.8.8.9"),
        *[(True, None)] * 5, *[(True, "for=10.0.0.1")] * 5,
    ):  # fmt: skip
        assert places.admit(Held(peer)) is admitted, peer
