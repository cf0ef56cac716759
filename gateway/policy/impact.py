"""How many recorded readings would have been answered otherwise: decision facts replayed against two sets. Pure.

A record holds the evidence, never an address, so what depends on one cannot be replayed: whether the reader came from a
network, by a mirror, or from a corrected block. Where the treatments that were recorded tell it, it is used; where
they don't, the reading is replayed as if from nowhere special, and counted as uncertain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.content.source import Index
from gateway.geo.locate import unknown_location
from gateway.geo.location import Location
from gateway.geo.region import UNKNOWN, Place, Region, Standing, registered_holders, standing
from gateway.policy.compare import REWORDED
from gateway.policy.decide import decide
from gateway.policy.match import candidates
from gateway.policy.merge import fingerprint
from gateway.policy.model import PolicySet

ANY = "*"
ELSEWHERE = "elsewhere"
NOWHERE_SPECIAL = ""
HOUR = timedelta(hours=1)
DOORS = frozenset(door.value for door in Door)


@dataclass(frozen=True, slots=True)
class Recorded:
    """So many readings of one article on the same evidence in the hour from `hour`. `article` is "*" where cells were
    merged; `unknown` says why the place was unknown, "" if it was known.
    """

    hour: datetime
    article: str
    version: str
    door: str
    evidence: tuple[Place, ...]
    unknown: str
    treatments: tuple[str, ...]
    count: int


@dataclass(slots=True)
class Impact:
    """Counts of readings. `treatments`: by treatment and region, those that gain and those that lose it.

    `lost`: not replayed, by reason ("merged", "no-article", "no-door"). `uncertain`, all the same among the replayed:
    "recorded-otherwise" (OLD was not what decided then), "networks-or-hosts", "article-edited".
    """

    readings: int = 0
    otherwise: int = 0
    gained: Counter[tuple[str, str]] = field(default_factory=Counter)
    gone: Counter[tuple[str, str]] = field(default_factory=Counter)
    regions: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    uncertain: Counter[str] = field(default_factory=Counter)

    @property
    def replayed(self) -> int:
        """Readings that were decided anew."""
        return self.readings - self.lost.total()


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a decision comes to, and from when until when it does."""

    since: datetime
    until: datetime | None
    fingerprint: str
    names: frozenset[str]

    def holds(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


class Replay:
    """Adds up the impact of `new` instead of `old`, both as they stand at one moment, on readings as they were."""

    def __init__(self, old: PolicySet, new: PolicySet, index: Index, at: datetime) -> None:
        self.impact = Impact()
        self._old, self._new, self._index, self._at = old, new, index, at
        self._decided: dict[tuple[object, ...], _Outcome] = {}
        self._located: dict[tuple[object, ...], tuple[Location, object]] = {}

    def add(self, recorded: Recorded) -> None:
        """Replay one cell."""
        impact, count = self.impact, recorded.count
        impact.readings += count
        facts = self._index.facts.get(recorded.article)
        if recorded.article == ANY:
            impact.lost["merged"] += count
        elif facts is None:
            impact.lost["no-article"] += count
        elif recorded.door not in DOORS:
            impact.lost["no-door"] += count
        else:
            if recorded.version != facts.version:
                impact.uncertain["article-edited"] += count
            self._replay(recorded, facts)

    def _replay(self, recorded: Recorded, facts: Facts) -> None:
        ways = [NOWHERE_SPECIAL, *sorted(self._special(facts))]
        told = [way for way in ways if frozenset(recorded.treatments) in self._then(recorded, facts, way)]
        if not told:
            self.impact.uncertain["recorded-otherwise"] += recorded.count
        now = {way: self._now(recorded, facts, way) for way in told or ways}
        if len({(old.fingerprint, new.fingerprint) for old, new in now.values()}) > 1:
            self.impact.uncertain["networks-or-hosts"] += recorded.count
        way = next(iter(now))  # as if from nowhere special, unless what was recorded speaks against it
        self._count(recorded, way, *now[way])

    def _count(self, recorded: Recorded, way: str, old: _Outcome, new: _Outcome) -> None:
        if old.fingerprint == new.fingerprint:
            return
        impact, count = self.impact, recorded.count
        before, after = set(old.names), set(new.names)
        if before == after:
            after.add(REWORDED)
        impact.otherwise += count
        for region in self._where(recorded, way):
            impact.regions[region] += count
            for name in after - before:
                impact.gained[name, region] += count
            for name in before - after:
                impact.gone[name, region] += count

    def _where(self, recorded: Recorded, way: str) -> list[str]:
        """The regions, as `REGION:standing`, in which the readers stand that are not outside all."""
        if recorded.unknown:
            return [UNKNOWN.name]
        regions = {**self._old.regions, **self._new.regions}
        standings = _located(recorded, way, regions).standings.items()
        found = [f"{name}:{stands}" for name, stands in sorted(standings) if stands and name != UNKNOWN.name]
        return found or [ELSEWHERE]

    def _special(self, facts: Facts) -> set[str]:
        """The networks and hosts of which any policy asks that may mean the article."""
        found: set[str] = set()
        for policies in (self._old, self._new):
            special = {name for name, region in policies.regions.items() if region.networks or region.hosts}
            for policy in candidates(policies, facts, self._original(facts)) if special else ():
                windows = (name for window in policy.effective for name in window.within)
                found |= special.intersection((*policy.readers.within, *policy.readers.not_in, *windows))
        return found

    def _then(self, recorded: Recorded, facts: Facts, way: str) -> list[frozenset[str]]:
        """What `old` did at the beginning and at the end of the recorded hour."""
        moments = (recorded.hour, recorded.hour + HOUR)
        return [self._decide(self._old, recorded, facts, way, moment).names for moment in moments]

    def _now(self, recorded: Recorded, facts: Facts, way: str) -> tuple[_Outcome, _Outcome]:
        old, new = (self._decide(policies, recorded, facts, way, self._at) for policies in (self._old, self._new))
        return old, new

    def _decide(self, policies: PolicySet, recorded: Recorded, facts: Facts, way: str, at: datetime) -> _Outcome:
        """Decided once for as long as it holds: the hours of a log come one after the other."""
        location, signature = self._locate(policies, recorded, way)
        key = (policies is self._new, at is self._at, signature, facts.slug, recorded.door)
        known = self._decided.get(key)
        if known is None or not known.holds(at):
            decision = decide(policies, facts, location, Door(recorded.door), at, original=self._original(facts))
            shown = replace(decision.treatments, social=())  # that is for whoever fetches previews, not for the reader
            known = _Outcome(at, decision.valid_until, fingerprint(shown), frozenset(shown.names()))
            self._decided[key] = known
        return known

    def _locate(self, policies: PolicySet, recorded: Recorded, way: str) -> tuple[Location, object]:
        """Where the readers were, and all of it that a decision can depend on."""
        key = (policies is self._new, recorded.evidence, recorded.unknown, way)
        known = self._located.get(key)
        if known is None:
            location = _located(recorded, way, policies.regions)
            known = self._located[key] = location, location.signature()
        return known

    def _original(self, facts: Facts) -> Facts | None:
        return self._index.facts.get(facts.translation_of) if facts.translation_of else None


def _located(recorded: Recorded, way: str, regions: Mapping[str, Region]) -> Location:
    """The reader as the record has it, and in one network or by one host if `way` names it."""
    if recorded.unknown:
        location = unknown_location(regions, recorded.unknown)
        standings = dict(location.standings)
    else:
        standings = dict(_standings(recorded.evidence, regions))
    if way in regions:
        standings[way] = Standing.POSSIBLE if regions[way].hosts else Standing.CONFIRMED
    return Location(recorded.evidence, standings, registered_holders(recorded.evidence), recorded.unknown)


def _standings(evidence: tuple[Place, ...], regions: Mapping[str, Region]) -> Iterator[tuple[str, Standing]]:
    for name, region in regions.items():
        yield name, standing(region, evidence) if region.geographic else Standing.OUTSIDE


def unforeseen(old: PolicySet, new: PolicySet) -> list[str]:
    """What differs between two sets and acts by address, so that no record can show it."""
    found = []
    if old.corrections != new.corrections:
        found.append("corrections.yaml differs; readers whose place it sets right were replayed as they were recorded")
    hiding = [{name: region.networks for name, region in one.regions.items() if region.kind} for one in (old, new)]
    if hiding[0] != hiding[1]:
        found.append("lists of anonymizers, relays or hosting networks differ; who is behind one is not recorded")
    return found
