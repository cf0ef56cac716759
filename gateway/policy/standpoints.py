"""The finite set of readers whom policies can tell apart: not addresses, but what witnesses can say of one. Pure.

Every place that policies name, its bare parent, another part of it, an elsewhere, the unknown; two witnesses who
differ; each host and network. Sets of readers are bits of an integer, so that thousands are asked at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.geo.location import Location
from gateway.geo.region import (
    CONTROLLED_BY,
    SWALLOWS,
    UNKNOWN,
    Place,
    Region,
    Standing,
    is_subdivision,
    registered_holders,
    standing,
)
from gateway.policy.builtin import GROUPS
from gateway.policy.model import PolicySet, State

MOST_PAIRED = 36
"""Up to this many distinct places, every two of them are tried as witnesses who differ; beyond, each with elsewhere."""
MOST_READERS = 4_000
ELSEWHERE = "elsewhere"

_CONTINENTS = ("oceania", "south-america", "africa", "north-america", "asia", "europe")


@dataclass(frozen=True, slots=True)
class Standpoint:
    """One kind of reader. `label`: who that is, as it may stand in a sentence after "a reader: "."""

    label: str
    location: Location


@dataclass(frozen=True, slots=True)
class Standpoints:
    """All kinds of readers. `at_least[region][standing]`, `holders[holder]`: those bits set whose reader stands so.

    `left_out`: what was not enumerated, a sentence each.
    """

    readers: tuple[Standpoint, ...]
    at_least: Mapping[str, tuple[int, int, int, int]]
    holders: Mapping[str, int]
    left_out: tuple[str, ...] = ()

    @property
    def everyone(self) -> int:
        """The set of all."""
        return (1 << len(self.readers)) - 1

    def first(self, readers: int) -> str:
        """The label of the first reader in a set that is not empty."""
        return self.readers[(readers & -readers).bit_length() - 1].label

    def in_any(self, regions: Iterable[str], realms: frozenset[str], level: Standing) -> int:
        """The readers whose standing in a list of regions is at least so; `realms` as in `standing_in_any`."""
        found = 0
        for region in regions:
            found |= self.at_least[region][level]
        if level <= Standing.INSIDE:
            for holder in realms:
                found |= self.holders.get(holder, 0)
        return found

    def in_none(self, regions: Iterable[str], realms: frozenset[str], level: Standing) -> int:
        """The same for the complement: what is certain inside swaps, what is possible stays possible."""
        opposite = Standing.INSIDE if level is Standing.POSSIBLE else Standing.POSSIBLE
        return self.everyone & ~self.in_any(regions, realms, opposite)


def named_regions(policies: PolicySet) -> dict[str, Region]:
    """The regions that policies which are not off ask about."""
    names = {
        name
        for policy in policies.policies
        if policy.state is not State.OFF
        for names in (policy.readers.within, policy.readers.not_in, *(window.within for window in policy.effective))
        for name in names
    }
    return {name: region for name, region in policies.regions.items() if name in names}


def standpoints(policies: PolicySet) -> Standpoints:
    """Every kind of reader whom this set can tell apart, within the bounds above."""
    regions = named_regions(policies)
    found = _Found(regions)
    places = sorted(_places(regions.values()), key=lambda one: len(one[0]))  # the plainest label stands for its like
    elsewhere = _elsewhere(place.country for _, place in places)
    if elsewhere:
        places.insert(0, (ELSEWHERE, Place("one", elsewhere)))
    for label, place in places:
        found.add(label, (place,))
    singles = [reader for reader in found.readers if reader.location.evidence]
    found.add("whose place is unknown", ())
    left_out = []
    if len(singles) > MOST_PAIRED:
        left_out.append(
            f"Sources that differ were tried for each of {len(singles)} places beside one elsewhere, not for every two "
            "of them."
        )
    for number, reader in enumerate(singles):
        for other in singles[: number if len(singles) <= MOST_PAIRED else min(1, number)]:
            both = (*reader.location.evidence, *other.location.evidence)
            here, there = (one.label.removeprefix("in ") for one in (reader, other))
            found.add(f"of whom one source says {here}, another {there}", both)
    left_out += found.add_arrivals(regions.values(), len(singles) + 1)
    return found.standpoints(tuple(left_out))


class _Found:
    """Readers, each way of standing once."""

    def __init__(self, regions: Mapping[str, Region]) -> None:
        self._regions = regions
        self._near = {
            name: {code.partition("-")[0] for code in region.wholly | region.partly} for name, region in regions.items()
        }
        self._known: set[tuple[object, ...]] = set()
        self.readers: list[Standpoint] = []

    def add(self, label: str, evidence: tuple[Place, ...]) -> None:
        """A reader of whom witnesses say this; none: unknown."""
        self._keep(label, Location(evidence, self._standings(evidence), registered_holders(evidence), _why(evidence)))

    def add_arrivals(self, regions: Iterable[Region], base: int) -> list[str]:
        """Readers by the networks from which, and the hosts under which, they come; wherever else they stand."""
        beginnings = self.readers[:base]
        left_out = []
        for region in regions:
            if not region.networks and not region.hosts:
                continue
            if len(self.readers) + len(beginnings) > MOST_READERS:
                beginnings = [beginnings[0], beginnings[-1]]
                left_out.append(f"Readers of '{region.name}' were tried from {len(beginnings)} places only.")
            for reader in beginnings:
                known = reader.location
                if region.kind:
                    known = Location((), self._standings(()), unknown=region.kind)
                came = Standing.POSSIBLE if region.hosts else Standing.CONFIRMED
                standings = MappingProxyType({**known.standings, region.name: came})
                located = Location(known.evidence, standings, known.registered_holders, known.unknown)
                way = "under a name of" if region.hosts else "from the network"
                self._keep(f"{reader.label}, {way} {region.name}", located)
        return left_out

    def standpoints(self, left_out: tuple[str, ...]) -> Standpoints:
        """All of them, region by region."""
        masks = {name: [(1 << len(self.readers)) - 1, 0, 0, 0] for name in self._regions}
        holders: dict[str, int] = {}
        for number, reader in enumerate(self.readers):
            bit = 1 << number
            for name, stands in reader.location.standings.items():
                for level in range(1, stands + 1):
                    masks[name][level] |= bit
            for holder in reader.location.registered_holders:
                holders[holder] = holders.get(holder, 0) | bit
        at_least = {name: (levels[0], levels[1], levels[2], levels[3]) for name, levels in masks.items()}
        return Standpoints(tuple(self.readers), at_least, holders, left_out)

    def _keep(self, label: str, location: Location) -> None:
        key = location.signature()
        if key not in self._known:
            self._known.add(key)
            self.readers.append(Standpoint(label, location))

    def _standings(self, evidence: tuple[Place, ...]) -> Mapping[str, Standing]:
        """Only those above outside. Most regions share no country with the evidence and need no look."""
        near = set()
        for place in evidence:
            near |= {place.country, place.registered or "", (place.subdivision or "").partition("-")[0]}
            if place.country in CONTROLLED_BY:
                near.add(CONTROLLED_BY[place.country].sovereign)
        # of an unknown reader a standing that is not named would be taken for possible
        found = {} if evidence else dict.fromkeys(self._regions, Standing.OUTSIDE)
        for name, region in self._regions.items():
            if region.geographic and (not evidence or near & self._near[name]):
                stands = standing(region, evidence)
                if stands:
                    found[name] = stands
        if not evidence and UNKNOWN.name in self._regions:
            found[UNKNOWN.name] = Standing.CONFIRMED
        return MappingProxyType(found)


def _why(evidence: tuple[Place, ...]) -> str:
    return "" if evidence else "hypothetical"


def _places(regions: Iterable[Region]) -> Iterator[tuple[str, Place]]:
    """What one witness can say that some region hears, with a label: a place named, its parent, another part of it."""
    codes = {code for region in regions for code in region.wholly | region.partly}
    for holder, control in CONTROLLED_BY.items():
        if codes & {holder, control.sovereign, *control.territories}:
            codes |= {holder, control.sovereign, *control.territories}
            for code in sorted(control.territories):
                yield f"in {code}, printed under {holder}", Place("one", holder, code)
            nearer = Place("one", control.sovereign, None, registered=holder)
            yield f"in {control.sovereign}, registered in {holder}", nearer
    for country, territories in SWALLOWS.items():
        if codes & {country, *territories}:
            codes |= {country, *territories}
    for code in sorted(codes):
        country = code.partition("-")[0]
        if is_subdivision(code):
            yield f"in {code}", Place("one", country, code)
            yield f"in {country}, part unknown", Place("one", country)
            yield f"in another part of {country}", Place("one", country, f"{country}-*")
        else:
            yield f"in {code}", Place("one", code)


def _elsewhere(named: Iterable[str]) -> str:
    """A country that nobody names; "" where all are named."""
    taken = set(named)
    return next((c for name in _CONTINENTS for c in sorted(GROUPS[name].wholly - taken, reverse=True)), "")
