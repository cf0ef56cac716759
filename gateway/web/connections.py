"""How many connections a worker keeps, from whom, and how long each may make it wait.

One look a second over all of them, instead of timers for each request: what is answered at once costs nothing here.
"""

from __future__ import annotations

import asyncio
import fcntl
import resource
import socket
import sys
import termios
from collections import Counter
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from typing import Protocol

from gateway.events import Events
from gateway.geo.client_address import NAMED, TrustedProxies
from gateway.web.headers import plain_headers

MAX_CONNECTIONS = 10_000
MAX_PER_PEER = 512
"""Per address, or per /64; many readers share one behind a provider's NAT. A trusted proxy has no such bound."""

HEAD_SECONDS = 10.0
HEAD_BYTES = 32 * 1024
WRITE_SECONDS = 20.0
WRITE_BYTES = 10 * 1024
"""What a reader must take in WRITE_SECONDS while anything is left to send: half a kilobyte a second."""

HELD_BYTES = 128 * 1024
KEEPALIVE_SECONDS = 75.0
HURRIED_IDLE_SECONDS = 5.0
_CROWDED = 0.75
_SPARE_DESCRIPTORS = 0.2  # for files, Redis and the log
_TELL_SECONDS = 60.0


class Connection(Protocol):
    """What is looked at."""

    peer: str | None

    def look(self, now: float, hurried: bool) -> None:
        """End it where it has had its time. `hurried`: others are waiting for its place."""


class Connections:
    """All connections of a worker."""

    def __init__(
        self,
        events: Events,
        trusted: TrustedProxies | None = None,
        most: int | None = None,
        per_peer: int = MAX_PER_PEER,
    ) -> None:
        self._events = events
        self._trusted = trusted or TrustedProxies()
        self.most = most_connections() if most is None else most
        self._per_peer = per_peer
        self._open: set[Connection] = set()
        self._of: Counter[str] = Counter()
        self._refused = 0
        self._told = 0.0

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: Connection) -> bool:
        """Whether there is a place for it."""
        source = self._source(connection.peer)
        if len(self._open) >= self.most or (source and self._of[source] >= self._per_peer):
            self._refused += 1
            return False
        self._open.add(connection)
        if source:
            self._of[source] += 1
        return True

    def leave(self, connection: Connection) -> None:
        """Its place is free."""
        if connection in self._open:
            self._open.remove(connection)
            source = self._source(connection.peer)
            self._of[source] -= 1
            if self._of[source] <= 0:
                del self._of[source]

    def look(self, now: float) -> None:
        """Look at each once. `now`: the event loop's time."""
        hurried = len(self._open) > self.most * _CROWDED
        for connection in list(self._open):
            connection.look(now, hurried)
        if self._refused and now - self._told >= _TELL_SECONDS:
            self._told = now
            self._events.emit("connections_refused", level="warning", count=self._refused)
            self._refused = 0

    def _source(self, peer: str | None) -> str:
        """Whose connections are counted together; "" for nobody's."""
        if not peer:
            return ""
        try:
            address = ip_address(peer.removeprefix(NAMED))
        except ValueError:
            return peer
        if self._trusted.trusts(address):
            return ""
        return str(int(address) >> 64) if isinstance(address, IPv6Address) and not address.ipv4_mapped else peer


def in_kernel(transport: asyncio.BaseTransport) -> int:
    """Bytes that the system holds for the reader: it asks for more only when a third of a megabyte or more is free."""
    connection = transport.get_extra_info("socket")
    try:
        return int.from_bytes(fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except (OSError, AttributeError):
        return 0


def hold_little(listening: socket.socket) -> None:
    """Let the system hold little that is not sent yet for each connection of this socket: a slow reader's share of a
    large file stays on the disk. What is on its way is not bounded by this.
    """
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, HELD_BYTES)


def raise_descriptor_limit() -> None:
    """As many descriptors as the system lets this process have: the usual 1,024 are few for readers."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = int(MAX_CONNECTIONS / (1 - _SPARE_DESCRIPTORS)) + 1
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def most_connections() -> int:
    """As many as there are descriptors for, some spared for files and Redis."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (
        MAX_CONNECTIONS
        if soft == resource.RLIM_INFINITY
        else min(MAX_CONNECTIONS, int(soft * (1 - _SPARE_DESCRIPTORS)))
    )


def refusal(
    status: int,
    *extra: tuple[str, str],
    page: bytes = b"",
    of: str = "text/plain; charset=utf-8",
    bodiless: bool = False,
) -> bytes:
    """A whole response for a connection that is closed at once, with a fixed page or none. `of`: the page's media type.
    `bodiless`: the answer to HEAD.
    """
    fields = plain_headers(of, "private, no-store", *extra)
    lines = [("Server", "gateway"), *fields, ("Content-Length", str(len(page))), ("Connection", "close")]
    head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in lines
    )
    return head.encode("ascii") + b"\r\n" + (b"" if bodiless else page)


BUSY = refusal(503, ("Retry-After", "5"))
TOO_LONG = refusal(431)
