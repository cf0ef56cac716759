"""Who sees what: for each class of articles, which readers get which page, by which policy and act. Pure.

The question is asked of `decide` itself; for people to read, print and compare, so the readers are places and not
everything that witnesses can say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.content.source import Index
from gateway.geo.location import Location
from gateway.policy.article_classes import ArticleClass, classes_of
from gateway.policy.compare import readers_of, shortly
from gateway.policy.decide import decide
from gateway.policy.decision import Decision
from gateway.policy.model import Basis, Policy, PolicySet

MOST_TABLES = 60
MOST_ANSWERS = 40_000
"""How many decisions may be asked for; what is beyond is named, not shown."""


@dataclass(frozen=True, slots=True)
class Row:
    """Readers who get the same page for the same reasons. `shadow`: what policies in shadow would do besides."""

    readers: tuple[str, ...]
    status: int
    treatments: tuple[str, ...]
    policies: tuple[Policy, ...]
    shadow: tuple[str, ...] = ()

    @property
    def bases(self) -> tuple[Basis, ...]:
        """The acts behind the policies that decided."""
        return tuple(dict.fromkeys(basis for policy in self.policies for basis in policy.basis))


@dataclass(frozen=True, slots=True)
class Table:
    """One class of articles at one moment. `slugs`: its articles; none where no content was at hand."""

    facts: Facts
    slugs: tuple[str, ...]
    meant: tuple[Policy, ...]
    at: datetime
    rows: tuple[Row, ...]


def tables(policies: PolicySet, index: Index | None, now: datetime) -> tuple[list[Table], list[str]]:
    """A table for each class of articles, and what was left out, a sentence each."""
    readers = readers_by_label(policies)
    classes, left_out = classes_of(policies, index)
    most = max(1, min(MOST_TABLES, MOST_ANSWERS // max(1, len(readers))))
    if len(classes) > most:
        left_out.append(f"{len(classes) - most} of {len(classes)} kinds of articles are not shown.")
    return [table_of(policies, article, readers, index, now) for article in classes[:most]], left_out


def readers_by_label(policies: PolicySet) -> dict[tuple[str, ...], Location]:
    """Every kind of reader by the places that are alike for these policies."""
    return {labels: places[0] for labels, places in readers_of(policies).items()}


def table_of(
    policies: PolicySet,
    article: ArticleClass,
    readers: Mapping[tuple[str, ...], Location],
    index: Index | None,
    now: datetime,
) -> Table:
    """Who sees what of one class at one moment."""
    facts = article.facts
    original = index.facts.get(facts.translation_of) if index is not None and facts.translation_of else None
    rows: dict[tuple[object, ...], tuple[list[str], Decision]] = {}
    for labels, location in readers.items():
        decision = decide(policies, facts, location, Door.HTML, now, original=original)
        key = (decision.fingerprint, decision.policies, decision.shadow)
        rows.setdefault(key, ([], decision))[0].extend(labels)
    by_name = {policy.name: policy for policy in article.policies}
    return Table(
        facts,
        tuple(article.slugs),
        article.policies,
        now,
        tuple(
            Row(
                tuple(labels),
                decision.treatments.status,
                shortly(decision.treatments.names()),
                tuple(by_name[name] for name in decision.policies),
                decision.shadow,
            )
            for labels, decision in sorted(rows.values(), key=_order)
        ),
    )


def _order(row: tuple[list[str], Decision]) -> tuple[object, ...]:
    """The strictest first, those who see the page as it was published last."""
    labels, decision = row
    return (-decision.treatments.status, not decision.treatments.names(), labels)
