"""Where an origin is: its addresses, and those that a name may never lead to (threat 41)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from gateway.content.origin.error import Fault, OriginError
from gateway.errors import Problem, SettingsError

REMEMBERED_SECONDS = 10.0
SETTING = "GATEWAY_CONTENT"

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""A host's addresses; raises OSError where there is none."""

_NEVER = [
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.100.100.200/32",  # a metadata service
        "168.63.129.16/32",  # another
        "169.254.0.0/16",  # link-local; most metadata services
        "192.0.0.192/32",  # another
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "::/128",
        "fd00:ec2::/32",  # another
        "fe80::/10",
        "ff00::/8",
    )
]


@dataclass(frozen=True, slots=True)
class Authority:
    """The origin of a URL: scheme, host and port; `named` is its Host field."""

    secure: bool
    host: str
    port: int
    named: str

    @classmethod
    def of(cls, base_url: str) -> Authority:
        """Of `https://cms.internal` or `http://10.0.0.7:8000`. Raises SettingsError for anything else."""
        try:
            parts = urlsplit(base_url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        wrong = not host or parts.scheme not in {"http", "https"} or parts.username is not None or parts.password
        if wrong or parts.path.strip("/") or parts.query or parts.fragment or not host or not base_url.isascii():
            what = f"{base_url!r} is not the address of an origin"
            remedy = "write scheme and host, as https://cms.internal"
            raise SettingsError(f"{what}; {remedy}", [Problem(SETTING, 0, 0, "bad-setting", what, remedy)])
        secure = parts.scheme == "https"
        return cls(secure, host, port or (443 if secure else 80), parts.netloc)


def forbidden(address: str) -> bool:
    """Whether a name may not lead here: link-local, metadata services, multicast, nowhere. IPv4 within IPv6 counts."""
    parsed: IPv4Address | IPv6Address | None = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        parsed = parsed.ipv4_mapped or parsed.sixtofour or parsed
    return any(parsed in network for network in _NEVER)


async def _system(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


class Addresses:
    """The addresses of an authority, asked anew every ten seconds. One that the operator wrote is taken as it is."""

    def __init__(self, authority: Authority, resolve: Resolve | None = None) -> None:
        self._authority = authority
        self._resolve = resolve or _system
        self._known: tuple[str, ...] = ()
        self._until = 0.0
        with contextlib.suppress(ValueError):
            self._known = (str(ip_address(authority.host)),)
            self._until = float("inf")

    async def now(self) -> tuple[str, ...]:
        """At least one address. Raises OriginError: UNRESOLVED, or FORBIDDEN if all that there are may not be asked."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._until:
            return self._known
        try:
            addresses = await self._resolve(self._authority.host, self._authority.port)
        except OSError as error:
            raise OriginError(Fault.UNRESOLVED, self._authority.host) from error
        allowed = tuple(address for address in dict.fromkeys(addresses) if not forbidden(address))
        if not allowed:
            raise OriginError(Fault.FORBIDDEN, f"{self._authority.host} leads to {', '.join(addresses)}")
        self._known, self._until = allowed, loop.time() + REMEMBERED_SECONDS
        return allowed

    def prefer(self, address: str) -> None:
        """Try this one first: it answered."""
        if self._known and self._known[0] != address:
            self._known = (address, *(each for each in self._known if each != address))
