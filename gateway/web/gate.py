"""Ahead of everything, where a CDN or proxy must stand in front: whoever comes past it is refused, and learns nothing.

A connection is judged once, by its peer, before anything parses a byte of it. The answer is 421, the one that any name
gets that is not served here (RFC 9110, section 15.5.20: ask elsewhere, which is true): so an address that leaked is not
told from one where the site never was. A 403 would say that there is something, and look like a block to a reader.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from email.utils import formatdate
from ipaddress import ip_address
from typing import cast

from gateway.events import Events
from gateway.geo.client_address import PROXY_PROTOCOL, TrustedProxies
from gateway.telemetry.metrics import Metrics
from gateway.web.connections import refusal
from gateway.web.exchange import Outgoing
from gateway.web.front_secret import FrontSecret
from gateway.web.headers import plain_headers
from gateway.web.proxy_protocol import SIGNATURE, V1_START

LINGER_SECONDS = 2.0
"""How long a refused connection may last: enough to be asked and to be heard, and no time to hold a place."""
TELL_SECONDS = 60.0

HTML = "text/html; charset=utf-8"
PAGE = (
    b'<!doctype html><html lang="en"><title>Misdirected request</title><h1>Misdirected request</h1>'
    b"<p>Nothing is served at this address. Ask for the site by its own.</p></html>\n"
)
MISDIRECTED = Outgoing(421, plain_headers(HTML, "private, no-store"), PAGE, close=True)
"""The whole answer, in either lane."""

DIRECT, UNLISTED, SECRET = "direct", "unlisted", "secret"
"""Why: past the proxies; not from their ranges, but naming a reader as they do; without the secret."""


class Refusals:
    """Who was refused: counted, and told once a minute, since nobody bounds how often a stranger asks."""

    def __init__(self, events: Events, metrics: Metrics) -> None:
        self._events = events
        self._metrics = metrics
        self._untold: Counter[str] = Counter()
        self._telling: asyncio.TimerHandle | None = None

    def add(self, reason: str) -> None:
        """One more."""
        self._metrics.add("gateway_past_the_front_total", (reason,))
        self._untold[reason] += 1
        if self._telling is None:
            self._tell()

    def _tell(self) -> None:
        self._telling = None
        if self._untold:
            for reason, count in sorted(self._untold.items()):
                self._events.emit("past_the_front", level="warning", reason=reason, count=count)
            self._untold.clear()
            self._telling = asyncio.get_running_loop().call_later(TELL_SECONDS, self._tell)


class Secrecy:
    """The natural lane's part: a request without the secret is refused as a stranger is."""

    def __init__(self, secret: FrontSecret, refusals: Refusals) -> None:
        self._secret = secret
        self._refusals = refusals
        self.forgotten = secret.forgotten

    def refuses(self, fields: Sequence[tuple[bytes, bytes]]) -> bool:
        """Whether a request with these fields, as they came, is to be refused; then it is counted."""
        if self._secret.is_told_by(fields):
            return False
        self._refusals.add(SECRET)
        return True


class Gate(asyncio.Protocol):
    """One connection until its peer is known to be trusted; then the protocol that `onward` makes has it.

    A stranger's bytes are looked at to answer them, and for nothing else; it takes no place among the connections.
    """

    def __init__(
        self,
        trusted: TrustedProxies,
        peer_of: Callable[[asyncio.BaseTransport], str | None],
        refusals: Refusals,
        onward: Callable[[], asyncio.Protocol],
    ) -> None:
        self._trusted = trusted
        self._peer_of = peer_of
        self._onward = onward
        self._refusals = refusals
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let a trusted peer go on; give anybody else a moment. Who has no address is nobody's proxy."""
        peer = self._peer_of(transport)
        if peer is not None and self._trusted.trusts(ip_address(peer)):
            onward = self._onward()
            cast("asyncio.Transport", transport).set_protocol(onward)
            onward.connection_made(transport)
            return
        self._transport = cast("asyncio.Transport", transport)
        self._deadline = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        """Refuse once; what follows is read and thrown away, so that no reset overtakes the answer."""
        transport, self._transport = self._transport, None
        if transport is None:
            return
        self._refusals.add(UNLISTED if self._names_a_reader(data) else DIRECT)
        date = ("Date", formatdate(usegmt=True))
        transport.write(refusal(421, date, page=PAGE, of=HTML, bodiless=data.startswith(b"HEAD ")))
        transport.write_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline with the connection."""
        del exc
        if self._deadline is not None:
            self._deadline.cancel()

    def _names_a_reader(self, data: bytes) -> bool:
        """Whether it speaks as a proxy does that is missing among the trusted: then readers are being refused."""
        header = self._trusted.header
        if header == PROXY_PROTOCOL:
            return data.startswith((SIGNATURE, V1_START))
        return b"\r\n%b:" % header.encode("ascii") in data.lower()
