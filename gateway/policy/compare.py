"""What differs between two policy sets, for which readers and which articles. Pure.

The question is asked of the decision itself: every article, every kind of reader that either set tells apart, now. What
comes out alike is alike, however it was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.content.doors import Door
from gateway.content.source import Index, is_published
from gateway.geo.locate import hypothetical, unknown_location
from gateway.geo.location import Location
from gateway.policy.cases import original_of
from gateway.policy.decide import decide
from gateway.policy.model import PROTECTIONS, PolicySet

ELSEWHERE = "everywhere else"
UNKNOWN_READER = "unknown"
REWORDED = "in other words"
"""Marks a change that names of treatments don't show: another wording, basis or place."""

_REMOTE = ("NZ", "UY", "BW", "IS", "FJ", "AQ")
_Change = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Difference:
    """Readers and articles for whom one treatment gives way to another. `before` and `after` name the treatments."""

    readers: tuple[str, ...]
    articles: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]


def readers_of(*sets: PolicySet) -> dict[tuple[str, ...], tuple[Location, ...]]:
    """Readers whom any set tells apart, by their labels: codes and regions, unknown, elsewhere. Each with a location
    for each set; labels that no set tells apart share one.
    """
    codes = {code for one in sets for region in one.regions.values() for code in region.wholly | region.partly}
    named = {name for one in sets for name, region in one.regions.items() if region.hosts or region.networks}
    targets = {word: word for word in sorted(codes | named)}
    elsewhere = next((code for code in _REMOTE if code not in codes), "")
    if elsewhere:  # a set that names every continent leaves no elsewhere
        targets[ELSEWHERE] = elsewhere
    located = {label: tuple(hypothetical(target, one.regions) for one in sets) for label, target in targets.items()}
    located[UNKNOWN_READER] = tuple(unknown_location(one.regions, "hypothetical") for one in sets)
    alike: dict[tuple[object, ...], list[str]] = {}
    for label, places in located.items():
        alike.setdefault(tuple(place.signature() for place in places), []).append(label)
    return {tuple(labels): located[labels[0]] for labels in alike.values()}


def compare(old: PolicySet, new: PolicySet, index: Index, now: datetime) -> list[Difference]:
    """What changes, gathered: the same change for several readers or articles is one difference."""
    changes: dict[_Change, dict[str, list[str]]] = {}
    for labels, (there, here) in readers_of(old, new).items():
        for facts in index.facts.values():
            if not is_published(facts, now):
                continue
            original = original_of(facts, index)
            before = decide(old, facts, there, Door.HTML, now, original=original)
            after = decide(new, facts, here, Door.HTML, now, original=original)
            if before.fingerprint != after.fingerprint:
                change = (shortly(before.treatments.names()), shortly(after.treatments.names()))
                if change[0] == change[1]:
                    change = (change[0], (*change[1], REWORDED))
                for label in labels:
                    changes.setdefault(change, {}).setdefault(label, []).append(facts.slug)
    return sorted(_gathered(changes), key=lambda one: (one.before, one.after, one.readers))


def shortly(names: Sequence[str]) -> tuple[str, ...]:
    """`protect:all` where everything is protected: eleven words would hide the rest."""
    everything = {f"protect:{what}" for what in PROTECTIONS}
    if not everything <= set(names):
        return tuple(names)
    return (*(name for name in names if name not in everything), "protect:all")


def _gathered(changes: Mapping[_Change, Mapping[str, Sequence[str]]]) -> Iterator[Difference]:
    for (before, after), by_reader in changes.items():
        by_articles: dict[tuple[str, ...], list[str]] = {}
        for label, slugs in by_reader.items():
            by_articles.setdefault(tuple(sorted(slugs)), []).append(label)
        for articles, labels in by_articles.items():
            yield Difference(tuple(sorted(labels)), articles, before, after)
