"""What each source of fused evidence adds, where they disagree, and what hearing them all costs. IPv4 addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from gateway.geo.build import Fused
from gateway.geo.mmdb_tree import NOTHING, Cut
from gateway.geo.region import CONTROLLED_BY, Place, Region, Standing, standing

HOLDER = "RU"
SIX = CONTROLLED_BY[HOLDER].territories

_REALM = (
    Region(HOLDER, wholly=frozenset({HOLDER})),
    Region(
        f"controlled_by({HOLDER})",
        wholly=frozenset(CONTROLLED_BY[HOLDER].wholly),
        partly=frozenset(CONTROLLED_BY[HOLDER].partly),
    ),
)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One source, in addresses: those it answers for, those it puts in Russia or the six, those that only it does."""

    name: str
    answers: int
    in_realm: int
    only_it: int
    in_six: int
    six_only_it: int


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a build. `standings`: addresses by standing in "Russia or what it controls", by where most
    witnesses put the reader: "UA", "RU", or "elsewhere". `naive`: addresses that a source alone calls RU.
    """

    ranges_v4: int
    ranges_v6: int
    combinations: int
    covered: int
    disputed: int
    sources: tuple[SourceReport, ...]
    pairs: tuple[tuple[str, str, int, int], ...]
    standings: dict[str, dict[str, int]]
    naive: dict[str, int]


def report(fused: Fused) -> Report:
    """Count everything once over the fused ranges."""
    weights = addresses(fused.v4, 32)
    weighted = [(fused.places(number), weight) for number, weight in weights.items() if number != NOTHING]
    names = [source.name for source in fused.sources]
    pairs = []
    for first, second in combinations(names, 2):
        both = [(_said(places, first), _said(places, second), weight) for places, weight in weighted]
        answered = sum(weight for one, other, weight in both if one and other)
        differ = sum(weight for one, other, weight in both if one and other and one.country != other.country)
        pairs.append((first, second, answered, differ))
    standings: dict[str, Counter[str]] = {"UA": Counter(), "RU": Counter(), "elsewhere": Counter()}
    for places, weight in weighted:
        standings[_home(places)][str(max(standing(region, places) for region in _REALM))] += weight
    return Report(
        ranges_v4=len(fused.v4),
        ranges_v6=len(fused.v6),
        combinations=len(fused.tuples),
        covered=sum(weight for _, weight in weighted),
        disputed=sum(weight for places, weight in weighted if len({place.country for place in places}) > 1),
        sources=tuple(_source(name, weighted) for name in names),
        pairs=tuple(pairs),
        standings={home: {str(level): counts[str(level)] for level in Standing} for home, counts in standings.items()},
        naive={name: sum(w for places, w in weighted if _country(places, name) == HOLDER) for name in names},
    )


def addresses(cuts: Sequence[Cut], bits: int) -> Counter[int]:
    """How many addresses each class has."""
    found: Counter[int] = Counter()
    ends = [*(start for start, _ in cuts[1:]), 1 << bits]
    for (start, number), end in zip(cuts, ends, strict=True):
        found[number] += end - start
    return found


def in_realm(place: Place | None) -> bool:
    """Whether a source puts the reader in Russia or in one of the six."""
    return place is not None and (place.country == HOLDER or place.subdivision in SIX)


def _source(name: str, weighted: Sequence[tuple[tuple[Place, ...], int]]) -> SourceReport:
    counts = Counter[str]()
    for places, weight in weighted:
        said = _said(places, name)
        if said is None:
            continue
        counts["answers"] += weight
        others = [place for place in places if place is not said]
        if in_realm(said):
            counts["realm"] += weight
            counts["only"] += weight * (not any(map(in_realm, others)))
        if said.subdivision in SIX:
            counts["six"] += weight
            counts["six only"] += weight * (not any(place.subdivision in SIX for place in others))
    return SourceReport(name, *(counts[key] for key in ("answers", "realm", "only", "six", "six only")))


def _said(places: Sequence[Place], name: str) -> Place | None:
    return next((place for place in places if place.source == name), None)


def _country(places: Sequence[Place], name: str) -> str:
    said = _said(places, name)
    return said.country if said else ""


def _home(places: Sequence[Place]) -> str:
    """Where most witnesses put the reader; a place in the six counts as Ukraine's, whatever the vendor prints."""
    votes = ["UA" if place.subdivision in SIX else place.country for place in places]
    leader = max(sorted(set(votes)), key=votes.count)
    return leader if leader in ("UA", "RU") else "elsewhere"
