"""The alarm for the commonest fault: everybody is located where the own proxy is. It begins once and ends once."""

from __future__ import annotations

import contextlib
import pickle
import re
import sys
import threading
import time
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.geo.client_address import ClientAddress
from gateway.telemetry.metrics import Metrics, render
from gateway.web.own_proxy import COUNTERS, QUIET_WINDOWS, THRESHOLDS, WINDOW_READINGS, WINDOW_SECONDS, Crowd
from tests.running import Running, gateway
from tests.web.wire import Wire


class Kept:
    """Keeps events as (state, reason, share)."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def emit(self, event: str, /, *, level: str = "info", **fields: object) -> None:
        assert event == "locating_own_proxy"
        assert level == ("warning" if fields["state"] == "begin" else "info")
        self.told.append((fields["state"], fields["reason"], fields["share"]))


class World:
    """A crowd with a clock of its own."""

    def __init__(self) -> None:
        self.events, self.now = Kept(), 0.0
        self.crowd = Crowd(self.events, self.now)

    def window(self, *readings: tuple[str, str, int], seconds: float = WINDOW_SECONDS) -> None:
        """Readings as (address, why unknown, count), and the look at the window's end."""
        for address, unknown, count in readings:
            client = ClientAddress(ip_address(address) if address else None, "peer")
            self.crowd.saw(self.crowd.network_of(client), unknown, count)
        self.now += seconds
        self.crowd.look(self.now)


def crowd_of(size: int) -> list[tuple[str, str, int]]:
    return [(str(IPv4Address(0x08000000 + number * 256)), "", 1) for number in range(size)]


FAULTS = [
    ([("8.8.8.8", "", 400)], {"one-network"}, "a proxy with a public address"),
    ([("10.0.0.1", "not-global", 400)], {"one-network", "private"}, "a proxy with a private address"),
    ([(f"10.0.{n}.1", "not-global", 4) for n in range(100)], {"private"}, "many of them"),
    ([("", "no-address", 400)], {"unknown"}, "a proxy that names nobody"),
    ([(f"8.8.{n}.8", "hosting", 4) for n in range(100)], {"hosting"}, "a CDN's edges that a list knows as hosting"),
    ([(f"8.8.{n}.8", "no-record", 4) for n in range(100)], {"unknown"}, "a database that knows nobody"),
    ([("2001:db8:1:ffff::1", "", 200), ("2001:db8:1::2", "", 200)], {"one-network"}, "one /48"),
    ([("8.8.8.8", "", 130), ("8.8.8.200", "", 130), *crowd_of(140)], {"one-network"}, "two thirds from one /24"),
]
WELL = [
    (crowd_of(400), "readers from everywhere"),
    ([*crowd_of(300), ("8.8.8.8", "", 150)], "a carrier with a third of the readers behind one /24"),
    ([*crowd_of(300), ("10.0.0.1", "not-global", 80)], "the newsroom itself, a fifth of all"),
    ([(f"8.8.{n}.8", "hosting", 3) for n in range(80)] + crowd_of(160), "half of the readers by VPN"),
    ([(f"8.8.{n}.8", "anonymizer", 4) for n in range(100)], "everybody by Tor"),
    ([("8.8.8.8", "", WINDOW_READINGS // 5 - 1)], "few readings"),
]


@pytest.mark.parametrize(("readings", "reasons", "why"), FAULTS, ids=[why for *_, why in FAULTS])
def test_a_fault_is_said_once_when_it_begins_and_once_when_it_ends(
    readings: list[tuple[str, str, int]], reasons: set[str], why: str
) -> None:
    world = World()
    for _ in range(5):
        world.window(*readings)
    assert {reason for _, reason, _ in world.events.told} == reasons, why
    assert [state for state, *_ in world.events.told] == ["begin"] * len(reasons)
    assert all(world.crowd.alarms(reason) is (reason in reasons) for reason in THRESHOLDS)
    world.events.told.clear()
    for number in range(QUIET_WINDOWS + 2):
        assert bool(world.events.told) is (number >= QUIET_WINDOWS)
        world.window(*crowd_of(400))
    assert sorted(world.events.told, key=str) == sorted(
        (("end", reason, pytest.approx(0, abs=0.1)) for reason in reasons), key=str
    )


@pytest.mark.parametrize(("readings", "why"), WELL, ids=[why for _, why in WELL])
def test_readers_as_they_are_raise_no_alarm(readings: list[tuple[str, str, int]], why: str) -> None:
    world = World()
    for _ in range(5):
        world.window(*readings)
    assert world.events.told == [], why


def test_a_burst_is_not_judged_before_its_window_is_over() -> None:
    world = World()
    world.window(("8.8.8.8", "", 10**6), seconds=WINDOW_SECONDS - 1)
    assert world.events.told == []


def test_a_state_at_the_threshold_does_not_fill_the_log() -> None:
    world = World()
    for number in range(100):
        world.window(*crowd_of(200), ("8.8.8.8", "", 240 if number % 2 else 60))
    assert len(world.events.told) == 1


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 50)), max_size=200))
def test_memory_is_bounded_and_a_majority_is_never_missed(readings: list[tuple[int, int]]) -> None:
    world = World()
    counts: dict[int, int] = {}
    for network, count in readings:
        counts[network] = counts.get(network, 0) + count
        world.crowd.saw(network + 1, "", count)
        assert len(world.crowd._networks) <= COUNTERS
    for network, count in counts.items():
        found = world.crowd._networks.get(network + 1, 0)
        assert count - sum(counts.values()) / (COUNTERS + 1) <= found <= count


@given(st.ip_addresses(), st.integers(0, 2**80 - 1))
def test_a_network_has_one_name_that_is_nobody_elses_and_says_nothing(
    address: IPv4Address | IPv6Address, low: int
) -> None:
    one, other = Crowd(Kept(), 0), Crowd(Kept(), 0)
    bits = 8 if address.version == 4 else 80
    neighbour = address.__class__(int(address) >> bits << bits | low & ((1 << bits) - 1))
    name = one.network_of(ClientAddress(address, "peer"))
    assert name == one.network_of(ClientAddress(neighbour, "peer")) != 0
    assert name != other.network_of(ClientAddress(address, "peer"))  # another process knows it by another name
    assert 0 < name < 2**64


def test_nothing_that_is_kept_holds_an_address() -> None:
    world = World()
    for number in range(50):
        client = ClientAddress(IPv4Address(f"66.77.{number}.99"), "peer")
        world.crowd.saw(world.crowd.network_of(client), "", 1)
    world.crowd.heard(["x-forwarded-for", "accept", "x-canary-66.77.1.99"])
    kept = pickle.dumps([world.crowd._networks, world.crowd._from, world.crowd._headers, world.crowd._quiet])
    for secret in (b"66.77", bytes([66, 77]), b"canary"):
        assert secret not in kept
    assert sys.getsizeof(world.crowd._networks) < 1000


def test_alarms_and_header_names_are_read_at_a_scrape() -> None:
    world, metrics = World(), Metrics()
    world.crowd.publish(metrics, lambda: ["cf-connecting-ip", "x-canary"])
    world.crowd.heard(["x-forwarded-for"])
    world.window(("10.0.0.1", "not-global", 400))
    text = render([metrics.snapshot()])
    for line in ('own_proxy{reason="private"} 1', 'own_proxy{reason="hosting"} 0', 'seen{header="x-forwarded-for"} 1',
                 'seen{header="cf-connecting-ip"} 1'):  # fmt: skip
        assert f"gateway_{'locating_' if 'own' in line else 'address_header_'}{line}" in text
    assert "canary" not in text


@contextlib.contextmanager
def readers(running: Running, source: str) -> Iterator[None]:
    """Somebody reads, fifty times a second, on one connection: as one proxy does for everybody."""
    stopping = threading.Event()

    def read() -> None:
        with Wire(running.port, source=source) as wire:
            number = 0
            while not stopping.is_set():
                number += 1
                who = f"X-Forwarded-For: 8.8.{number % 250}.{number % 240}\r\n"
                wire.send(f"GET /articles/the-ferry-that-still-runs HTTP/1.1\r\nHost: 127.0.0.1\r\n{who}\r\n".encode())
                assert wire.response().status == 200
                time.sleep(0.02)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def test_a_gateway_that_trusts_nobody_behind_a_proxy_says_so_and_one_that_trusts_it_does_not(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        sites = {}
        for name, settings in (
            ("express", {"trusted_proxies": ""}),
            ("natural", {"trusted_proxies": "", "express": "off"}),
            ("well", {}),
        ):
            (tmp_path / name).mkdir()
            sites[name] = stack.enter_context(gateway(tmp_path / name, **settings))
        with contextlib.ExitStack() as reading:
            for running in sites.values():
                reading.enter_context(readers(running, "127.0.9.9"))
            for name in ("express", "natural"):
                sites[name].wait_for("locating_own_proxy", count=2, seconds=45)
            time.sleep(1)
        assert sites["well"].events("locating_own_proxy") == []
        for name in ("express", "natural"):
            events = sites[name].events("locating_own_proxy")
            assert sorted((event["gateway.alarm"], event["event.reason"]) for event in events) == [
                ("begin", "one-network"),
                ("begin", "private"),
            ]
            assert all(event["gateway.share"] == 1.0 and event["log.level"] == "warning" for event in events)
            metrics = sites[name].admin("/metrics").text
            assert 'gateway_locating_own_proxy{reason="private"} 1' in metrics
            assert 'gateway_address_header_seen{header="x-forwarded-for"} 1' in metrics
            written = sites[name].log.read_text() + metrics
            assert "127.0.9" not in written
            assert not re.search(r"8\.8\.\d+\.\d+", written)
