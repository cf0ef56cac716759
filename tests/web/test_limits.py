"""Nobody keeps a connection, the memory or the loop for longer than their share: deadlines, caps, floods."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp import web

from gateway.events import NoEvents
from gateway.geo.client_address import TrustedProxies
from gateway.web.connections import (
    HEAD_SECONDS,
    HELD_BYTES,
    HURRIED_IDLE_SECONDS,
    KEEPALIVE_SECONDS,
    MAX_CONNECTIONS,
    WRITE_BYTES,
    WRITE_SECONDS,
    Connections,
    hold_little,
    in_kernel,
    most_connections,
    raise_descriptor_limit,
)
from gateway.web.exchange import Outgoing
from gateway.web.server import Server
from tests.running import Running
from tests.web.wire import Wire, get
from tests.web.world import PLAIN, READERS, serve

pytestmark = pytest.mark.alone

LARGE = 16 << 20


async def answer(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(body=bytes(LARGE) if request.path == "/large" else b"small")


class Client:
    """A client in the same event loop as the server."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.loop = asyncio.get_running_loop()

    async def send(self, data: bytes) -> None:
        await self.loop.sock_sendall(self.socket, data)
        await asyncio.sleep(0.02)

    async def ask(self) -> None:
        await self.send(get("/"))
        assert (await self.loop.sock_recv(self.socket, 1 << 16)).endswith(b"\r\n\r\nsmall")

    async def rest(self, seconds: float = 0.3) -> bytes | None:
        """What comes until the server ends the connection; None where it does not."""
        said = b""
        try:
            async with asyncio.timeout(seconds):
                while data := await self.loop.sock_recv(self.socket, 1 << 20):
                    said += data
        except TimeoutError:
            return None
        except ConnectionError:
            pass
        return said


@dataclass
class Listening:
    """The server by itself, in this process, so that a test may say what time it is."""

    server: Server
    port: int
    clients: list[Client]

    async def connect(self, source: str = "127.0.0.1", buffer: int = 0) -> Client:
        connection = socket.socket()
        connection.setblocking(False)
        if buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.bind((source, 0))
        client = Client(connection)
        self.clients.append(client)
        await client.loop.sock_connect(connection, ("127.0.0.1", self.port))
        await asyncio.sleep(0.02)
        return client

    async def look_after(self, seconds: float) -> None:
        """What is done to the connections when so much time has passed."""
        self.server.all.look(asyncio.get_running_loop().time() + seconds)
        await asyncio.sleep(0.05)


@asynccontextmanager
async def listening(connections: Connections) -> AsyncIterator[Listening]:
    """A Listening, with all that is connected to it closed at the end."""
    server = Server(answer, NoEvents(), lambda status: Outgoing(status, [], b"no", close=True), all=connections)
    with socket.create_server(("127.0.0.1", 0)) as raw:
        hold_little(raw)
        listener = await asyncio.get_running_loop().create_server(server, sock=raw)
        there = Listening(server, raw.getsockname()[1], [])
        try:
            yield there
        finally:
            for client in there.clients:
                client.socket.close()
            listener.close()
            await server.shutdown(1)
            await asyncio.sleep(0.05)


BEFORE_A_HEAD: dict[str, list[bytes]] = {
    "nothing": [],
    "half a head": [get("/")[:20]],
    "a head but for its last byte": [get("/")[:-1]],
    "empty lines": [b"\r\n\r\n"],
    "half a second head, with the first": [get("/") + get("/")[:-2]],
    "half a second head, later": [get("/"), b"G"],
    "half a head after two": [get("/") * 2 + b"GET / HT"],
}


@pytest.mark.parametrize("name", BEFORE_A_HEAD)
async def test_a_head_must_have_come_ten_seconds_after_it_began(name: str) -> None:
    async with listening(Connections(NoEvents())) as there:
        client = await there.connect()
        for segment in BEFORE_A_HEAD[name]:
            await client.send(segment)
        await there.look_after(HEAD_SECONDS - 1)
        assert await client.rest() is None
        await there.look_after(HEAD_SECONDS + 1)
        assert await client.rest() is not None


async def test_who_has_asked_and_been_answered_may_stay_silent() -> None:
    async with listening(Connections(NoEvents())) as there:
        client = await there.connect()
        for _ in range(3):
            await client.ask()
            await there.look_after(HEAD_SECONDS * 5)
        await client.ask()


async def test_who_takes_nothing_of_what_is_sent_is_cut_off_and_who_takes_a_little_is_not() -> None:
    async with listening(Connections(NoEvents())) as there:
        silent, slow = [await there.connect(buffer=4096) for _ in range(2)]
        for client in (silent, slow):
            await client.send(get("/large"))
        await asyncio.sleep(0.3)
        await there.look_after(0)
        for window in (1, 2, 3):
            taken = 0
            while taken < 2 * WRITE_BYTES:
                taken += len(await slow.loop.sock_recv(slow.socket, 4096))
            await there.look_after(window * (WRITE_SECONDS + 1))
        assert len(there.server.all) == 1
        assert len(await silent.rest(1) or b"") < LARGE // 2
        taken = 0
        while taken < LARGE // 2:
            taken += len(await slow.loop.sock_recv(slow.socket, 1 << 20))


async def test_the_system_holds_little_for_who_takes_nothing() -> None:
    async with listening(Connections(NoEvents())) as there:
        client = await there.connect(buffer=4096)
        await client.send(get("/large"))
        await asyncio.sleep(0.3)
        (connection,) = there.server.connections
        assert connection.transport is not None
        assert 0 < in_kernel(connection.transport) < 4 * HELD_BYTES  # else it would be megabytes


async def test_closing_does_not_wait_for_who_takes_nothing() -> None:
    async with listening(Connections(NoEvents())) as there:
        client = await there.connect(buffer=4096)
        await client.send(get("/large", "Connection: close"))
        await asyncio.sleep(0.3)
        await there.look_after(0)
        await there.look_after(WRITE_SECONDS + 1)
        assert len(there.server.all) == 0


async def test_a_peer_has_so_many_connections_and_gets_a_place_back_for_each_it_leaves() -> None:
    async with listening(Connections(NoEvents(), per_peer=3)) as there:
        clients = [await there.connect("127.0.0.9") for _ in range(4)]
        refused = await clients[3].rest() or b""
        assert refused.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nRetry-After: " in refused
        assert b"\r\nCache-Control: private, no-store\r\n" in refused
        await (await there.connect("127.0.0.8")).ask()
        clients[0].socket.close()
        await asyncio.sleep(0.1)
        await (await there.connect("127.0.0.9")).ask()


async def test_a_trusted_proxy_has_as_many_as_there_are() -> None:
    trusted = TrustedProxies((ip_network("127.0.0.9/32"),))
    async with listening(Connections(NoEvents(), trusted, per_peer=3)) as there:
        for client in [await there.connect("127.0.0.9") for _ in range(20)]:
            await client.ask()


async def test_there_are_so_many_places_in_all_and_the_idle_make_room_when_it_gets_crowded() -> None:
    async with listening(Connections(NoEvents(), most=8)) as there:
        clients = [await there.connect() for _ in range(9)]
        assert (await clients[8].rest() or b"").startswith(b"HTTP/1.1 503 ")
        for client in clients[:8]:
            await client.ask()
        await there.look_after(HURRIED_IDLE_SECONDS + 1)
        assert len(there.server.all) == 0
        await (await there.connect()).ask()


class Stranger:
    """A connection of which nothing but the peer is known."""

    def __init__(self, peer: str | None) -> None:
        self.peer = peer

    def look(self, now: float, hurried: bool) -> None:
        """Nothing to see."""


def test_a_network_of_ipv6_is_one_peer_and_a_mapped_address_is_its_own() -> None:
    connections = Connections(NoEvents(), most=100, per_peer=2)
    assert [connections.admit(Stranger(f"2001:db8::{number}")) for number in (1, 2, 3)] == [True, True, False]
    assert connections.admit(Stranger("2001:db8:0:1::1"))
    assert [connections.admit(Stranger(f"::ffff:10.0.0.{number}")) for number in (1, 1, 1, 2)] == [
        True,
        True,
        False,
        True,
    ]
    assert all(connections.admit(Stranger(peer)) for peer in (None, None, None))


def test_there_are_no_more_places_than_descriptors() -> None:
    raise_descriptor_limit()
    assert 0 < most_connections() <= MAX_CONNECTIONS


def memory_of(running: Running) -> int:
    pages = int(Path(f"/proc/{running.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_ten_thousand_requests_in_a_row_leave_the_memory_flat(site: Running) -> None:
    with Wire(site.port, seconds=30) as wire:
        for target in (f"/articles/{PLAIN}", "/"):
            wire.ask(target)
    for request in (get(f"/articles/{PLAIN}", method="HEAD"), get("/nothing?", method="HEAD")):
        with Wire(site.port, seconds=60) as wire:
            wire.send(request * 200)
            for _ in range(200):
                wire.response("HEAD")
            before = memory_of(site)
            sending = threading.Thread(target=wire.send, args=(request * 5_000,))
            sending.start()
            for _ in range(5_000):
                wire.response("HEAD")
            sending.join()
        assert memory_of(site) - before < 12 << 20


def test_who_sends_ten_thousand_requests_and_reads_no_answer_costs_little_and_holds_up_nobody(site: Running) -> None:
    before = memory_of(site)
    with Wire(site.port, buffer=4096) as flood, Wire(site.port) as reader:
        flood.socket.setblocking(False)
        request, sent = get("/articles/ferry") * 100, 0
        for _ in range(300):
            try:
                sent += flood.socket.send(request)
            except BlockingIOError:
                time.sleep(0.01)
        slowest = 0.0
        for _ in range(20):
            began = time.monotonic()
            reader.ask("/articles/ferry")
            slowest = max(slowest, time.monotonic() - began)
        assert slowest < 1.0
        assert memory_of(site) - before < 24 << 20


def test_what_a_client_may_spell_as_it_likes_is_not_kept(site: Running) -> None:
    """Each of these is a new spelling: of the address's claims, of Accept, of Accept-Encoding, of a host, of a path."""

    def spellings(number: int) -> Iterator[bytes]:
        long = f"{number}-" + "x" * 7000
        yield get(f"/articles/{PLAIN}", f"X-Forwarded-For: {long}, {READERS['NG']}")
        yield get(f"/articles/{PLAIN}", f"Accept: text/{long}")
        yield get(f"/articles/{PLAIN}", f"Accept-Encoding: {long}")
        yield get(f"/articles/{PLAIN}", f"X-{long}: x")
        yield get(f"/articles/{PLAIN}", f'If-None-Match: "{long}"')
        yield get(f"/articles/{PLAIN}", f"Accept-Language: {long}")
        yield get(f"/articles/{PLAIN}?{long[:2000]}")
        yield get(f"/articles/{long[:2000]}")
        yield f"GET / HTTP/1.1\r\nHost: {number}.{'x' * 200}.example\r\n\r\n".encode()

    def flood(numbers: range) -> None:
        with Wire(site.port, seconds=30) as wire:
            for number in numbers:
                requests = list(spellings(number))
                for request in requests:
                    assert wire.send(request).response().status in (200, 404, 421)

    flood(range(100))
    before = memory_of(site)
    flood(range(100, 700))
    assert memory_of(site) - before < 12 << 20  # kept, it would be 25 MB


@pytest.fixture
def exposed(world: tuple[Path, Path], tmp_path: Path) -> Iterator[Running]:
    """A gateway that readers reach without a proxy."""
    with serve(tmp_path, world, trusted_proxies="127.0.0.1/32") as running:
        yield running


def test_slow_heads_are_closed_within_fifteen_seconds_and_nobody_waits_for_them(exposed: Running) -> None:
    with ExitStack() as stack:
        attackers = [stack.enter_context(Wire(exposed.port, source="127.0.0.9")) for _ in range(200)]
        began, slowest = time.monotonic(), 0.0
        reader = stack.enter_context(Wire(exposed.port))
        pending = set(attackers)
        bytes_of = get("/articles/ferry", "X: " + "y" * 500)
        for step in range(60):
            for wire in pending:
                wire.send(bytes_of[step : step + 1])
            asked = time.monotonic()
            assert reader.ask("/articles/ferry").status == 200
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(0.2)
            pending = {wire for wire in pending if not wire.closed_within(0.0001)}
            if not pending or time.monotonic() - began > 15:
                break
        assert not pending
        assert 9 < time.monotonic() - began < 15
        assert slowest < 1.0


def test_a_peer_that_is_no_proxy_has_its_share_of_connections_and_a_proxy_is_not_counted(exposed: Running) -> None:
    with ExitStack() as stack:
        many = [stack.enter_context(Wire(exposed.port, source="127.0.0.9")) for _ in range(600)]
        time.sleep(0.5)
        refused = sum(wire.closed_within(0.001) for wire in many)
        assert refused == 600 - 512
        for _ in range(50):
            assert stack.enter_context(Wire(exposed.port)).ask("/articles/ferry").status == 200
    assert exposed.wait_for("connections_refused", seconds=5)


@pytest.mark.acceptance
def test_slow_readers_are_cut_off_within_a_minute_and_cost_little(exposed: Running) -> None:
    before = memory_of(exposed)
    with ExitStack() as stack:
        readers = [
            stack.enter_context(Wire(exposed.port, source=f"127.0.1.{number}", buffer=4096)) for number in range(1, 201)
        ]
        for wire in readers:
            wire.send(get("/media/plan.pdf"))
        time.sleep(5)
        assert memory_of(exposed) - before < 200 << 20
        time.sleep(WRITE_SECONDS * 2 + 5)
        for wire in readers:
            assert len(wire.everything()) < 8 << 20


@pytest.mark.acceptance
def test_who_stays_silent_after_an_answer_is_let_go_after_a_minute_and_a_quarter_in_both_lanes(site: Running) -> None:
    with Wire(site.port) as express, Wire(site.port) as natural:
        for _ in range(3):
            express.ask(f"/articles/{PLAIN}")
        natural.ask("/")
        began = time.monotonic()
        for wire in (natural, express):
            assert wire.closed_within(KEEPALIVE_SECONDS + 10)
            assert time.monotonic() - began > KEEPALIVE_SECONDS - 1
    assert {event["gateway.lane"] for event in site.events("request")} >= {"express", "natural"}
