"""Connections to one origin: kept for a few seconds, made within a deadline, only to addresses that may be asked."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections import deque

from gateway.content.origin.address import Addresses, Authority
from gateway.content.origin.care import Care
from gateway.content.origin.connection import Connection, within
from gateway.content.origin.error import Fault, OriginError

_ADDRESSES_TRIED = 2


class Pool:
    """Idle connections, the one used last first. `made` counts the connections made."""

    def __init__(self, authority: Authority, care: Care, context: ssl.SSLContext | None = None) -> None:
        self._authority = authority
        self._care = care
        self._addresses = Addresses(authority)
        self._context = (context or ssl.create_default_context()) if authority.secure else None
        self._idle: deque[Connection] = deque()
        self.made = 0

    async def take(self, *, fresh: bool) -> Connection:
        """A connection that nobody uses; `fresh`: one that has not been used. Raises OriginError."""
        now = asyncio.get_running_loop().time()
        while self._idle and not fresh:
            kept = self._idle.pop()
            if kept.usable and now - kept.idle_since < self._care.idle_seconds:
                return kept
            kept.close()
        return await self._connect()

    def give(self, connection: Connection) -> None:
        """Take a connection back whose answer was read to its end; close it if it is not fit to be used again."""
        now = asyncio.get_running_loop().time()
        while self._idle and (not self._idle[0].usable or now - self._idle[0].idle_since >= self._care.idle_seconds):
            self._idle.popleft().close()
        if connection.usable and len(self._idle) < self._care.concurrency:
            connection.idle_since = now
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop().close()

    async def _connect(self) -> Connection:
        addresses = await within(self._care.first_byte_seconds, Fault.UNRESOLVED, self._addresses.now())
        problem: OriginError | None = None
        for address in addresses[:_ADDRESSES_TRIED]:
            try:
                connection = await self._connect_to(address)
            except OriginError as error:
                problem = error
            else:
                self._addresses.prefer(address)
                self.made += 1
                return connection
        raise problem or OriginError(Fault.UNRESOLVED)

    async def _connect_to(self, address: str) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            raw = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        except OSError as error:  # no descriptor is left, or this machine speaks no IPv6
            raise OriginError(Fault.REFUSED, str(error.strerror)) from error
        with contextlib.ExitStack() as undoing:
            undoing.callback(raw.close)
            raw.setblocking(False)
            try:
                connecting = loop.sock_connect(raw, (address, self._authority.port))
                await within(self._care.connect_seconds, Fault.CONNECT_TIMEOUT, connecting)
            except OriginError as error:
                if error.fault is Fault.DISCONNECTED:
                    raise OriginError(Fault.REFUSED, address) from error
                raise
            making = loop.create_connection(
                lambda: Connection(loop),
                sock=raw,
                ssl=self._context,
                server_hostname=self._authority.host if self._context else None,
            )
            _, connection = await within(self._care.first_byte_seconds, Fault.TLS, making)
            undoing.pop_all()  # the transport closes it from now on
            return connection
