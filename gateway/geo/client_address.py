"""Whose address is it? The socket's peer, or whom trusted proxies name; anything doubtful is nobody. Pure.

The walk is right to left over all lines of one configured header, and stops at the first address that is not a
trusted proxy's: everything further left is the reader's own claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from gateway.geo.forwarded import elements

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_HOPS = 32
X_FORWARDED_FOR = "x-forwarded-for"
FORWARDED = "forwarded"
PROXY_PROTOCOL = "proxy-protocol"
NAMED = "for="
"""Before the address of a peer whom a balancer named in the PROXY protocol: no socket's peer is written so."""

CLAIMING = frozenset(
    {
        "cf-connecting-ip", "cf-connecting-ipv6", "cf-ipcountry", "cf-pseudo-ipv4", "cloudfront-viewer-address",
        "cloudfront-viewer-country", "fastly-client-ip", "forwarded", "true-client-ip", "x-appengine-user-ip",
        "x-azure-clientip", "x-client-ip", "x-cluster-client-ip", "x-envoy-external-address", "x-forwarded-for",
        "x-original-forwarded-for", "x-real-ip", "x_forwarded_for",
    }
)  # fmt: skip
"""Headers that claim the reader's address or place: one of them is read, the others tell how the front is set up."""

UNPARSABLE = "unparsable"
NO_ADDRESS = "no-address"

_NAT64 = IPv6Network("64:ff9b::/96")
_BRACKETED = re.compile(r"\[([^\]\[]*)\](?::[0-9]{1,5})?", re.ASCII)
_WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}", re.ASCII)
_NODE = re.compile(
    r"(\[[0-9A-Fa-f:.]+\]|[0-9.]+|unknown|_[A-Za-z0-9._-]+)(?::(?:[0-9]{1,5}|_[A-Za-z0-9._-]+))?",
    re.ASCII | re.IGNORECASE,
)
"""RFC 7239, section 6. Without brackets nobody could tell where an IPv6 address ends and its port begins."""


@dataclass(frozen=True, slots=True)
class ClientAddress:
    """The address that reads, or None and why: "unparsable" or "no-address". `source`: peer, header, proxy-protocol or
    none.

    Mapped, 6to4 and NAT64 forms are already unwrapped to the IPv4 address inside.
    """

    address: Address | None
    source: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """Whose word on the reader's address counts, and the one header that is read. No networks: nobody's.

    `header`, in lower case: "x-forwarded-for", "forwarded" (RFC 7239), or a header that holds one address
    ("cf-connecting-ip"). "proxy-protocol": the listener has already put the address in the place of the peer.
    """

    networks: tuple[Network, ...] = ()
    header: str = X_FORWARDED_FOR
    _ranges: tuple[tuple[int, int, int], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ranges", tuple(map(_range, self.networks)))

    def trusts(self, address: Address) -> bool:
        """Whether the address is a trusted proxy's; a mapped one is the IPv4 address that it holds."""
        address = _unmapped(address)
        number, version = int(address), address.version
        return any(number & mask == net and version == family for family, net, mask in self._ranges)


def client_address(peer: str | None, headers: Sequence[tuple[str, str]], trusted: TrustedProxies) -> ClientAddress:
    """The reader's address, from the socket's peer and the request's header lines (names in lower case). Never raises.

    A trusted peer that names nobody leaves nobody: the proxy's own place is never taken for the reader's.
    """
    if not peer:
        return ClientAddress(None, "none", NO_ADDRESS)
    named = peer.startswith(NAMED)
    address = _peer(peer.removeprefix(NAMED))
    if address is None:
        return ClientAddress(None, "none", UNPARSABLE)
    if not trusted.trusts(address):
        return ClientAddress(unwrapped(address), PROXY_PROTOCOL if named else "peer")
    if trusted.header == PROXY_PROTOCOL:
        return ClientAddress(None, "none", NO_ADDRESS)  # the balancer connects for another proxy, or for itself
    lines = [value for name, value in headers if name == trusted.header]
    if trusted.header not in (X_FORWARDED_FOR, FORWARDED):
        return _single(lines, trusted)
    hops = _forwarded_hops(lines) if trusted.header == FORWARDED else _x_forwarded_hops(lines)
    return _walk(hops, trusted)


def parse_address(text: str) -> Address | None:
    """An address as proxies write it: bare, with a port, or in brackets; None for anything else, zone ids included."""
    text = text.strip(" \t")
    if text.startswith("["):
        inside = _BRACKETED.fullmatch(text)
        text = inside[1] if inside and ":" in inside[1] else ""
    elif with_port := _WITH_PORT.fullmatch(text):
        text = with_port[1]
    if not text.isascii() or "%" in text or "/" in text:
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


_peer = lru_cache(maxsize=256)(parse_address)
"""Behind proxies, few addresses are all that ever connect."""


def unwrapped(address: Address) -> Address:
    """The IPv4 address inside a mapped (::ffff:0:0/96), 6to4 (2002::/16) or NAT64 (64:ff9b::/96) one; else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _unmapped(address: Address) -> Address:
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _range(network: Network) -> tuple[int, int, int]:
    if isinstance(network, IPv6Network) and network.prefixlen >= 96 and network.network_address.ipv4_mapped:
        network = IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
    return network.version, int(network.network_address), int(network.netmask)


def _single(lines: Sequence[str], trusted: TrustedProxies) -> ClientAddress:
    if not any(line.strip(" \t") for line in lines):
        return ClientAddress(None, "none", NO_ADDRESS)
    address = parse_address(lines[0]) if len(lines) == 1 else None
    if address is None:
        return ClientAddress(None, "none", UNPARSABLE)
    if trusted.trusts(address):
        return ClientAddress(None, "none", NO_ADDRESS)
    return ClientAddress(unwrapped(address), "header")


def _walk(hops: Iterator[Address | str], trusted: TrustedProxies) -> ClientAddress:
    """The first hop, from the right, that is no trusted proxy's. A hop that is no address says why."""
    for count, hop in enumerate(hops):
        if count >= MAX_HOPS:
            return ClientAddress(None, "none", UNPARSABLE)
        if isinstance(hop, str):
            return ClientAddress(None, "none", hop)
        if not trusted.trusts(hop):
            return ClientAddress(unwrapped(hop), "header")
    return ClientAddress(None, "none", NO_ADDRESS)


def _x_forwarded_hops(lines: Sequence[str]) -> Iterator[Address | str]:
    for line in reversed(lines):
        for item in reversed(line.split(",")):
            if item.strip(" \t"):  # empty elements of a list mean nothing (RFC 9110 section 5.6.1)
                yield parse_address(item) or UNPARSABLE


def _forwarded_hops(lines: Sequence[str]) -> Iterator[Address | str]:
    for line in reversed(lines):
        found = elements(line)
        if found is None:
            yield UNPARSABLE
            return
        for element in reversed(found):
            named = [value for name, value in element if name == "for"]
            node = _NODE.fullmatch(named[0]) if len(named) == 1 else None
            if not named or (node and (node[1].lower() == "unknown" or node[1].startswith("_"))):
                yield NO_ADDRESS
            else:
                yield (parse_address(node[1]) if node else None) or UNPARSABLE
