"""Where a reader stands to every region. The address stops here; what goes on is a Location."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from ipaddress import IPv4Address, IPv6Network
from types import MappingProxyType

from gateway.geo.cdn import SILENT, together
from gateway.geo.client_address import NO_ADDRESS, Address, ClientAddress
from gateway.geo.evidence import Evidence, Witnesses
from gateway.geo.location import Location
from gateway.geo.region import (
    UNKNOWN,
    Correction,
    Place,
    Region,
    Standing,
    is_subdivision,
    registered_holders,
    standing,
)
from gateway.geo.territory import is_country, is_subdivision_code

NO_RECORD = "no-record"
NOT_GLOBAL = "not-global"
TEREDO = "teredo"

_SETS_KEPT = 4
"""Sets of regions: the one in force, and those that a reload or a trial looks at meanwhile."""
_LOCATIONS_KEPT = 1 << 14

_TEREDO = IPv6Network("2001::/32")
_GLOBAL_UNICAST = IPv6Network("2000::/3")


def locate(
    client: ClientAddress,
    host: str,
    witnesses: Witnesses,
    regions: Mapping[str, Region],
    corrections: Sequence[Correction],
    now: datetime,
    cdn: Evidence = SILENT,
) -> Location:
    """The location of a reader who came under a host name. Never raises: whatever cannot be told is unknown.

    `cdn`: what the CDN in front says, one witness more.
    """
    address = client.address
    if address is None:
        return unknown_location(regions, client.problem or NO_ADDRESS, host=host)
    hidden = next((region.kind for region in regions.values() if region.kind and _within(address, region)), "")
    if hidden:
        return unknown_location(regions, hidden, address=address, host=host)
    correction = _correction(address, corrections, now)
    if correction is not None:
        place = Place("corrections", correction.country, correction.subdivision)
        known = _known(regions, (place,), address, host)
        return replace(known, corrected=correction.reason, valid_until=correction.until)
    reason = nowhere(address)
    evidence = SILENT if reason else together(witnesses.ask(address), cdn)
    reason = reason or evidence.hidden or ("" if evidence.places else NO_RECORD)
    if reason:
        return unknown_location(regions, reason, address=address, host=host)
    return _known(regions, evidence.places, address, host)


def unknown_location(
    regions: Mapping[str, Region], reason: str, *, address: Address | None = None, host: str = ""
) -> Location:
    """A reader whose place is unknown: possible in every geographic region, in networks as the address has it."""
    return _known(regions, (), address, host, unknown=reason)


def hypothetical(target: str, regions: Mapping[str, Region]) -> Location:
    """A reader about whom all witnesses agree: in a code ("RU", "UA-43"), or in a region of that name.

    A region's name makes the reader confirmed in it, and stands for the first place wholly (else partly) in it. What
    is neither code nor region is nowhere: unknown.
    """
    region = regions.get(target)
    if target == UNKNOWN.name:
        return unknown_location(regions, "hypothetical")
    code = target
    if region is not None and target not in region.wholly:
        code = min(region.wholly or region.partly, default="")
    if code and not (is_country(code) or is_subdivision_code(code)):
        return unknown_location(regions, "hypothetical")
    country = code.partition("-")[0]
    evidence = (Place("hypothetical", country, code if is_subdivision(code) else None),) if code else ()
    standings = dict(_known(regions, evidence, None, "").standings)
    if region is not None and not region.geographic:
        standings[target] = Standing.POSSIBLE if region.hosts else Standing.CONFIRMED
    elif region is not None and region.wholly:
        standings[target] = Standing.CONFIRMED
    unknown = (region.kind if region else "") or ("" if evidence else "hypothetical")
    return Location(evidence, MappingProxyType(standings), unknown=unknown)


def nowhere(address: Address) -> str:
    """Why no database may be asked about an address ("not-global", "teredo"), or ""."""
    if isinstance(address, IPv4Address):
        return "" if address.is_global and not address.is_multicast else NOT_GLOBAL
    if address in _TEREDO:
        return TEREDO
    return "" if address.is_global and address in _GLOBAL_UNICAST else NOT_GLOBAL


class LocationMemo:
    """Locations by address, host and what a CDN said: at most `size`, the oldest half forgotten at once. It dies with
    its snapshot.
    """

    def __init__(self, size: int) -> None:
        self._half = max(1, size // 2)
        self._young: dict[tuple[ClientAddress, str, Evidence], Location] = {}
        self._old: dict[tuple[ClientAddress, str, Evidence], Location] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, client: ClientAddress, host: str, now: datetime, cdn: Evidence = SILENT) -> Location | None:
        """What is known, as long as it holds."""
        key = (client, host, cdn)
        known = self._young.get(key)
        if known is None:
            known = self._old.pop(key, None)
            if known is not None:
                self.put(client, host, known, cdn)
        return None if known is None or (known.valid_until is not None and now >= known.valid_until) else known

    def put(self, client: ClientAddress, host: str, location: Location, cdn: Evidence = SILENT) -> None:
        """Remember it."""
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        self._young[client, host, cdn] = location

    def clear(self) -> None:
        """Forget everything."""
        self._young.clear()
        self._old.clear()


@dataclass(frozen=True, slots=True)
class _Met:
    """What was found of readers to a set of regions. They share it: evidence repeats from address to address, and a
    hundred regions for each of a hundred thousand readers would fill the memory.
    """

    regions: Mapping[str, Region]
    networks: Mapping[str, Region]
    hosts: Mapping[str, Region]
    locations: dict[tuple[object, ...], Location] = field(default_factory=dict)


_met: deque[_Met] = deque(maxlen=_SETS_KEPT)


def _met_to(regions: Mapping[str, Region]) -> _Met:
    for met in _met:
        if met.regions is regions:
            return met
    networks = {name: region for name, region in regions.items() if region.networks}
    hosts = {name: region for name, region in regions.items() if region.hosts and not region.networks}
    met = _Met(regions, networks, hosts)
    _met.appendleft(met)
    return met


def _known(
    regions: Mapping[str, Region], evidence: tuple[Place, ...], address: Address | None, host: str, unknown: str = ""
) -> Location:
    """The location that this evidence, the networks around an address, and a host make together."""
    met = _met_to(regions)
    around = [name for name, region in met.networks.items() if address is not None and _within(address, region)]
    reached = [name for name, region in met.hosts.items() if _bare(host) in region.hosts]
    key = (evidence, tuple(around), tuple(reached), unknown)
    known = met.locations.get(key)
    if known is None:
        found: dict[str, Standing] = {}
        for name, region in regions.items():
            if region.networks:
                found[name] = Standing.CONFIRMED if name in around else Standing.OUTSIDE
            elif region.hosts:
                found[name] = Standing.POSSIBLE if name in reached else Standing.OUTSIDE
            elif region.geographic:
                found[name] = standing(region, evidence)
        found[UNKNOWN.name] = Standing.OUTSIDE if evidence else Standing.CONFIRMED
        if len(met.locations) >= _LOCATIONS_KEPT:
            met.locations.clear()
        known = Location(evidence, MappingProxyType(found), registered_holders(evidence), unknown)
        met.locations[key] = known
    return known


def _within(address: Address, region: Region) -> bool:
    return any(address in network for network in region.networks if network.version == address.version)


def _bare(host: str) -> str:
    """A host without port and final dot, in lower case."""
    name = host.lower()
    if not name.endswith("]"):
        head, colon, port = name.rpartition(":")
        name = head if colon and port.isdecimal() else name
    return name.rstrip(".")


def _correction(address: Address, corrections: Sequence[Correction], now: datetime) -> Correction | None:
    """The narrowest correction in force for an address."""
    due = [
        correction
        for correction in corrections
        if now < correction.until and correction.network.version == address.version and address in correction.network
    ]
    return max(due, key=lambda correction: correction.network.prefixlen, default=None)
