"""Ahead of HTTP, where a balancer says in the PROXY protocol for whom it connects. Only who is trusted is heard.

A trusted peer that says nothing in time, or anything else first, is closed: it is never taken for a reader. A peer that
is not trusted goes straight on to HTTP, where a header of this protocol is a malformed request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from ipaddress import ip_address
from typing import cast

from gateway.geo.client_address import NAMED, TrustedProxies
from gateway.web.proxy_protocol import NotProxyProtocolError, read

PREAMBLE_SECONDS = 3.0

Onward = Callable[[str | None], asyncio.Protocol]
"""Makes the protocol that goes on, for a peer as `client_address` reads it (None: nobody knows whom)."""


class Preamble(asyncio.Protocol):
    """One connection until it is known for whom it is made; then the protocol that `onward` makes has it.

    `refused` is told, without a value, of each that was closed.
    """

    def __init__(
        self,
        trusted: TrustedProxies,
        peer_of: Callable[[asyncio.BaseTransport], str | None],
        onward: Onward,
        refused: Callable[[], None],
    ) -> None:
        self._trusted = trusted
        self._peer_of = peer_of
        self._onward = onward
        self._refused = refused
        self._held = b""
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the header of a trusted peer; let everybody else go on."""
        self._transport = cast("asyncio.Transport", transport)
        peer = self._peer_of(transport)
        if peer is not None and not self._trusted.trusts(ip_address(peer)):
            self._hand_over(peer, b"")
            return
        self._deadline = asyncio.get_running_loop().call_later(PREAMBLE_SECONDS, self._close)

    def data_received(self, data: bytes) -> None:
        """Collect the header, in whatever pieces it comes; what follows it is HTTP."""
        self._held += data
        try:
            named = read(self._held)
        except NotProxyProtocolError:
            self._close()
            return
        if named is not None:
            self._hand_over(f"{NAMED}{named.client}" if named.client else None, self._held[named.size :])

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline with the connection."""
        del exc
        self._stop_waiting()
        self._transport = None

    def _hand_over(self, peer: str | None, rest: bytes) -> None:
        self._stop_waiting()
        transport, self._transport = self._transport, None
        if transport is None:
            return
        onward = self._onward(peer)
        transport.set_protocol(onward)
        onward.connection_made(transport)
        if rest:
            onward.data_received(rest)

    def _close(self) -> None:
        self._stop_waiting()
        if self._transport is not None:
            self._refused()
            self._transport.abort()
            self._transport = None

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
