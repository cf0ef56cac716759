"""Pages over many articles (a listing, a feed, the sitemap): each entry asks the same question, the page sums it up."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.geo.location import Location
from gateway.policy.decision import Decision, DueNotice, Treatments
from gateway.snapshot import Snapshot

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
    # Entries past the page's end can't appear on it; but what is shown may change when something new is published.
    entries = tuple((item, snapshot.decide(item, location, door, now)) for item in shown)
    return Collection(f"{door}:{section}", entries, _sum_up(entries, snapshot.index.next_publication(now)))


def _sum_up(entries: Sequence[tuple[Facts, Decision]], next_publication: datetime | None) -> Decision:
    decisions = [decision for _, decision in entries]
    ends = [end for end in (next_publication, *(decision.valid_until for decision in decisions)) if end is not None]
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
        trace=tuple({reason.policy: reason for decision in decisions for reason in decision.trace if reason.applied}.values()),
        depends_on_place=any(decision.depends_on_place for decision in decisions),
        valid_until=min(ends, default=None),
        fingerprint=digest.hexdigest()[:32],
    )
