"""Pages over many articles (a listing, a feed, the sitemap): each entry asks the same question, the page sums it up."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.content.source import is_published
from gateway.geo.location import Location
from gateway.policy.decision import Decision, DueNotice, Treatments
from gateway.snapshot import Snapshot, no_article

NEWEST = 50


@dataclass(frozen=True, slots=True)
class Collection:
    """What a page over articles shows, and under which decision the page as a whole stands."""

    id: str
    entries: tuple[tuple[Facts, Decision], ...]
    decision: Decision


def collect(snapshot: Snapshot, door: Door, section: str, location: Location, now: datetime) -> Collection | None:
    """The collection as this reader may see it; None when there is no such section. `section` "" means all."""
    facts = snapshot.index.newest(now, section=section or None)
    if section and not facts:
        return None
    shown = facts if door is Door.SITEMAP else facts[:NEWEST]
    entries = tuple((item, snapshot.decide(item, location, door, now)) for item in shown)
    return Collection(f"{door}:{section}", entries, _sum_up(entries, snapshot.index.next_publication(now)))


def page_of_its_own(snapshot: Snapshot, language: str, location: Location, now: datetime) -> Decision:
    """The decision for a page that shows no article: what is owed to every page, and nothing that withholds."""
    decision = snapshot.decide(no_article(language), location, Door.HTML, now)
    treated = decision.treatments
    return replace(decision, treatments=Treatments(notices=treated.notices, protect=treated.protect))


def medium_decision(snapshot: Snapshot, path: str, location: Location, now: datetime) -> tuple[Decision, bool]:
    """The decision for a medium, and whether this reader may have it: where some article may show it to them.

    A medium that no published article shows has no policy to ask but those that mean every article.
    """
    showing = [facts for facts in snapshot.index.facts.values() if path in facts.media]
    shown_by = [facts for facts in showing if is_published(facts, now)]
    coming = [facts.published for facts in showing if not is_published(facts, now)]
    decisions = [snapshot.decide(facts, location, Door.MEDIA, now) for facts in shown_by]
    if not decisions:
        plain = snapshot.decide(no_article("en"), location, Door.MEDIA, now)
        return replace(plain, valid_until=_first(plain.valid_until, *coming)), True
    free = [decision for decision in decisions if not _keeps_back(decision, path)]
    asks = any(decision.depends_on_place for decision in decisions)
    chosen = (free or decisions)[0]
    until = _first(*(decision.valid_until for decision in decisions), *coming)
    return replace(chosen, depends_on_place=asks, valid_until=until), bool(free)


def _first(*ends: datetime | None) -> datetime | None:
    """The next of several moments at which something changes."""
    return min((end for end in ends if end is not None), default=None)


def _keeps_back(decision: Decision, path: str) -> bool:
    treated = decision.treatments
    return treated.status != 200 or any(path in held.media for held in treated.withheld)


def _sum_up(entries: Sequence[tuple[Facts, Decision]], next_publication: datetime | None) -> Decision:
    decisions = [decision for _, decision in entries]
    notices: dict[str, DueNotice] = {}
    for decision in decisions:
        for due in decision.treatments.notices:
            notices.setdefault(due.id, due)
    digest = hashlib.sha256()
    for facts, decision in entries:
        digest.update(f"{facts.slug}\0{facts.version}\0{decision.fingerprint}\n".encode())
    return Decision(
        treatments=Treatments(
            notices=tuple(notices.values()),
            protect=frozenset().union(*(decision.treatments.protect for decision in decisions)),
        ),
        trace=tuple(
            {reason.policy: reason for decision in decisions for reason in decision.trace if reason.applied}.values()
        ),
        depends_on_place=any(decision.depends_on_place for decision in decisions),
        valid_until=_first(next_publication, *(decision.valid_until for decision in decisions)),
        fingerprint=digest.hexdigest()[:32],
    )
