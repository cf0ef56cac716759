"""What policies decide on a page of a CMS and on each article that it lists."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.collection import own_treatments, sum_up
from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.delivery import Reading
from gateway.policy.decision import Decision, Treatments
from gateway.policy.match import candidates
from gateway.policy.model import PolicySet
from gateway.render.foreign.recognise import Recognised

NONE = Treatments()
ENTRIES_AT_ONCE, ENTRIES_RECALLED = 200, 1_000
"""Of a list, so many are decided between two readers; one that is longer than this is left to the natural lane."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Decisions on a page and on each of its entries; `decision` sums them up."""

    found: Recognised
    decision: Decision
    page: Decision
    entries: tuple[Decision, ...]

    @property
    def untouched(self) -> bool:
        """Whether nothing of it changes."""
        return self.page.treatments == NONE and all(entry.treatments == NONE for entry in self.entries)


def named(found: Recognised, policies: PolicySet) -> Recognised:
    """The page as an article, where a policy names this one path: then it is meant, whatever it says of itself."""
    if found.door is not Door.LISTING or found.gone or not _names(policies, found.facts, whole=True):
        return found
    return replace(found, article=True, door=Door.HTML, entries=())


def held(found: Recognised, policies: PolicySet, page: Decision) -> tuple[Recognised, Decision]:
    """What of a decision holds for the page. One that is no article is refused, or sent elsewhere, only by a policy
    whose paths it lies under: lists and archives do, too, so nothing else is done to it for an article's sake.
    """
    if found.article or page.treatments == NONE:
        return found, page
    away = page.treatments.refusal or page.treatments.forwarding
    if away is not None and not found.gone and away.policy in _names(policies, found.facts):
        return replace(found, article=True, entries=()), page
    own = own_treatments(page)
    if found.door is Door.LISTING:  # words that are withheld are nowhere shown
        own = replace(own, treatments=replace(own.treatments, withheld=page.treatments.withheld))
    return found, own


def only_refused(found: Recognised, entries: Sequence[Decision]) -> tuple[Decision, ...]:
    """Decisions on entries, as they hold for those that are only mentioned, and those in pieces of HTML."""
    pieced = len(found.entries) - found.pieced
    whole = pieced - found.mentions
    return (
        *entries[:whole],
        *(replace(one, treatments=Treatments(refusal=one.treatments.refusal)) for one in entries[whole:pieced]),
        *(
            replace(one, treatments=replace(one.treatments, notices=(), protect=frozenset(), social=()))
            for one in entries[pieced:]
        ),
    )


def _names(policies: PolicySet, facts: Facts, *, whole: bool = False) -> set[str]:
    """The policies that mean a page by its path; `whole`: that name it itself, and no pattern that it fits."""
    paths = {facts.slug, *facts.paths, *facts.kin}
    return {
        policy.name
        for policy in candidates(policies, facts)
        for one in (policy.articles,)
        if one.slugs is not None or (one.paths is not None and not (whole and paths.isdisjoint(one.paths)))
    }


def judge(reading: Reading, found: Recognised, decided: Sequence[Decision] | None = None) -> Judged:
    """`decided`: the decisions on its entries, where they are at hand."""
    snapshot = reading.snapshot

    def decide(facts: Facts) -> Decision:
        return snapshot.decide(facts, reading.location, found.door, reading.now)

    found, page = held(found, snapshot.policies, decide(found.facts))
    if not found.entries:
        return Judged(found, page, page, ())
    entries = tuple(map(decide, found.entries)) if decided is None else tuple(decided)
    entries = only_refused(found, entries)
    return Judged(found, sum_up([(found.facts, page), *zip(found.entries, entries, strict=True)]), page, entries)


async def judged_in_turns(reading: Reading, found: Recognised) -> Judged:
    """The same; of a long list some entries at a time, and between them whoever else waits has a turn."""
    if len(found.entries) <= ENTRIES_AT_ONCE:
        return judge(reading, found)
    decided: list[Decision] = []
    for at in range(0, len(found.entries), ENTRIES_AT_ONCE):
        some = found.entries[at : at + ENTRIES_AT_ONCE]
        decided += [reading.snapshot.decide(facts, reading.location, found.door, reading.now) for facts in some]
        await asyncio.sleep(0)
    return judge(reading, found, decided)


def few(decisions: Sequence[Decision]) -> list[Decision]:
    """The same decisions, those with one outcome as one value: many a list has one outcome for all."""
    alike: dict[str, Decision] = {}
    return [alike.setdefault(one.fingerprint, one) for one in decisions]
