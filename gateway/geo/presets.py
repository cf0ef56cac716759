"""Proxies that are known by name: from which ranges they connect, in which header they name the reader, as of when.

A list that the operator brings (`proxies/NAME.txt` in the state directory) stands in the place of the shipped ranges.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from gateway.errors import SettingsError
from gateway.pyyaml import read
from gateway.pyyaml.fields import Fields

Network = IPv4Network | IPv6Network

SHIPPED = Path(__file__).parent / "data" / "proxies"
WIDEST_PREFIX = {4: 8, 6: 16}
"""No proxy's owner has more; who writes a shorter prefix trusts the world."""
FILE_LIMIT_BYTES = 16 * 2**20
_LISTS = ("addresses", "ipv6_addresses", "ipv4_cidrs", "ipv6_cidrs")
_AMAZON_SERVICES = frozenset({"CLOUDFRONT", "CLOUDFRONT_ORIGIN_FACING"})


@dataclass(frozen=True, slots=True)
class GeoHeaders:
    """Headers in which a CDN says where it thinks the reader is; names in lower case."""

    country: str
    subdivision: str
    time_zone: str

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        return frozenset({self.country, self.subdivision, self.time_zone})


@dataclass(frozen=True, slots=True)
class Preset:
    """A proxy by name. `as_of`: the day for which the ranges are known; None where they never change (private ones).

    `source`, `fetch`: where the owner publishes the ranges, for people and for `curl`. `file`: the operator's own list,
    if that is in force.
    """

    name: str
    title: str
    header: str
    networks: tuple[Network, ...]
    as_of: date | None = None
    source: str = ""
    fetch: str = ""
    mind: str = ""
    geo: GeoHeaders | None = None
    file: Path | None = None


def names() -> tuple[str, ...]:
    """Every preset's name."""
    return tuple(sorted(_shipped()))


def preset(name: str, lists: Path | None = None) -> Preset:
    """The preset of that name (KeyError: there is none), with the ranges of `lists`/NAME.txt if that file exists.

    Raises SettingsError where that file cannot be used: a list that is silently ignored would locate the proxy.
    """
    shipped = _shipped()[name]
    file = lists / f"{name}.txt" if lists is not None and shipped.as_of is not None else None
    if file is None or not file.is_file():
        return shipped
    try:
        with file.open("rb") as opened:
            content = opened.read(FILE_LIMIT_BYTES + 1)
        changed = datetime.fromtimestamp(file.stat().st_mtime, UTC).date()
        networks = ranges(content)
    except (OSError, ValueError) as error:
        remedy = f"fetch it again from {shipped.source}, or remove it and the shipped list is used"
        raise SettingsError(f"{file}: {error}; {remedy}") from error
    return replace(shipped, networks=networks, as_of=changed, file=file)


def ranges(content: bytes) -> tuple[Network, ...]:
    """Networks from a list: one a line, `#` begins a remark; or the JSON that Cloudflare, Fastly and Amazon publish.

    Raises ValueError for an empty list, for what is no network, and for one that no proxy's owner has.
    """
    if len(content) > FILE_LIMIT_BYTES:
        raise ValueError("longer than any such list")
    text = content.decode("utf-8")
    found = _published(json.loads(text)) if text.lstrip().startswith("{") else _lines(text)
    networks = tuple(dict.fromkeys(ip_network(item) for item in found))
    if not networks:
        raise ValueError("there is no range in it")
    for network in networks:
        if network.prefixlen < WIDEST_PREFIX[network.version]:
            raise ValueError(f"{network} is more than any proxy's owner has")
    return networks


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        item = line.partition("#")[0].strip()
        if item:
            yield item


def _published(value: object) -> Iterator[str]:
    if not isinstance(value, dict):
        return
    result = value.get("result", value)
    if not isinstance(result, dict):
        return
    for name in _LISTS:
        listed = result.get(name, ())
        yield from map(str, listed if isinstance(listed, list) else ())
    for name, key in (("prefixes", "ip_prefix"), ("ipv6_prefixes", "ipv6_prefix")):
        entries = result.get(name, ())
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and entry.get("service") in _AMAZON_SERVICES:
                yield str(entry.get(key))


@cache
def _shipped() -> Mapping[str, Preset]:
    return {path.stem: _read(path) for path in sorted(SHIPPED.glob("*.yaml"))}


def _read(path: Path) -> Preset:
    fields = Fields(read(path.read_bytes(), path.name), [])
    geo = fields.get("geo")
    headers = None
    if geo is not None:
        said = Fields(geo, [])
        headers = GeoHeaders(said.text("country"), said.text("subdivision"), said.text("time_zone"))
    return Preset(
        name=fields.text("preset"),
        title=fields.text("title"),
        header=fields.text("header"),
        networks=tuple(map(ip_network, fields.texts("ranges") or ())),
        as_of=fields.day("as_of"),
        source=fields.text("source"),
        fetch=fields.text("fetch"),
        mind=fields.text("mind"),
        geo=headers,
    )
