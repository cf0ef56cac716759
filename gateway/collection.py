"""Pages over many articles (a listing, a feed, the sitemap): each entry asks the same question, the page sums it up."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.content.source import is_published
from gateway.geo.location import Location
from gateway.policy.decision import Decision, DueNotice, Treatments
from gateway.render.treat import lost_media
from gateway.snapshot import Snapshot, no_article

NEWEST = 50
SITEMAP_PAGE = 500
"""Addresses in one file of the sitemap. The protocol allows 50,000, which nobody could decide between two readers."""

ENOUGH_ARTICLES = 200
"""Of the articles that show a medium, so many are asked at least; all of them, while none lets it be shown."""

Entries = tuple[tuple[Facts, Decision], ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """What a page over articles shows, and under which decision the page as a whole stands. `beside`: translations
    that are linked, but stand on another page.
    """

    id: str
    entries: Entries
    decision: Decision
    beside: Entries = ()


def collect(snapshot: Snapshot, door: Door, section: str, location: Location, now: datetime) -> Collection | None:
    """The collection as this reader may see it; None when there is no such section. `section` "" means all."""
    facts = snapshot.index.newest(now, section=section or None, limit=NEWEST)
    if section and not facts:
        return None
    entries = tuple((item, snapshot.decide(item, location, door, now)) for item in facts)
    return Collection(f"{door}:{section}", entries, sum_up(entries, snapshot.index.next_publication(now)))


def sitemap_pages(snapshot: Snapshot, now: datetime) -> int:
    """How many files the sitemap has; one is the sitemap itself."""
    return max(1, -(-snapshot.index.count(now) // SITEMAP_PAGE))


def sitemap_page(snapshot: Snapshot, page: int, location: Location, now: datetime) -> Collection | None:
    """A file of the sitemap, counting from 1, the oldest articles first; None where there are not so many."""
    index = snapshot.index
    facts = index.oldest(now, (page - 1) * SITEMAP_PAGE, page * SITEMAP_PAGE)
    if not facts and page > 1:
        return None
    here = {item.slug for item in facts}
    elsewhere = [
        other
        for item in facts
        for other in index.translations(item.slug)
        if other.slug not in here and is_published(other, now)
    ]
    entries, beside = (
        tuple((item, snapshot.decide(item, location, Door.SITEMAP, now)) for item in some)
        for some in (facts, elsewhere)
    )
    decision = sum_up((*entries, *beside), index.next_publication(now))
    return Collection(f"{Door.SITEMAP}:{page}", entries, decision, beside)


def page_of_its_own(snapshot: Snapshot, language: str, location: Location, now: datetime) -> Decision:
    """The decision for a page that shows no article: what is owed to every page, and nothing that withholds."""
    return own_treatments(snapshot.decide(no_article(language), location, Door.HTML, now))


def own_treatments(decision: Decision) -> Decision:
    """The decision as it holds for a page that shows no article: nothing of that page can be withheld."""
    treated = decision.treatments
    return replace(decision, treatments=Treatments(notices=treated.notices, protect=treated.protect))


def medium_decision(snapshot: Snapshot, path: str, location: Location, now: datetime) -> tuple[Decision, bool]:
    """The decision for a medium, and whether this reader may have it: where some article may show it to them.

    A medium that no published article shows has no policy to ask but those that mean every article.
    """
    showing = snapshot.index.showing(path)
    published = bisect_right(showing, now, key=lambda facts: facts.published)
    coming = showing[published].published if published < len(showing) else None
    decisions: list[Decision] = []
    free: list[Decision] = []
    unasked = False
    for at in range(published - 1, -1, -1):
        if free and len(decisions) >= ENOUGH_ARTICLES:
            unasked = True  # so it may depend on place, for all that we know
            break
        decisions.append(snapshot.decide(showing[at], location, Door.MEDIA, now))
        if not _keeps_back(showing[at], decisions[-1], path):
            free.append(decisions[-1])
    if not decisions:
        plain = snapshot.decide(no_article("en"), location, Door.MEDIA, now)
        return replace(plain, valid_until=_first(plain.valid_until, coming)), True
    asks = unasked or any(decision.depends_on_place for decision in decisions)
    until = _first(*(decision.valid_until for decision in decisions), coming)
    return replace((free or decisions)[0], depends_on_place=asks, valid_until=until), bool(free)


def _first(*ends: datetime | None) -> datetime | None:
    """The next of several moments at which something changes."""
    return min((end for end in ends if end is not None), default=None)


def _keeps_back(facts: Facts, decision: Decision, path: str) -> bool:
    treated = decision.treatments
    return treated.status != 200 or path in lost_media(facts, treated)


def sum_up(entries: Sequence[tuple[Facts, Decision]], next_publication: datetime | None = None) -> Decision:
    """One decision for a page over many articles: all notices and protection, every reason that applied."""
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
