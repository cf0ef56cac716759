"""The port through which articles come, whatever holds them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from gateway.content.article import Article, Facts


class Index(Protocol):
    """What is published, as one immutable state. Facts are at hand; a text is read when it is rendered."""

    @property
    def version(self) -> str:
        """A digest over all articles: changes when any of them does."""

    @property
    def facts(self) -> Mapping[str, Facts]:
        """Every article's facts by slug, those not yet published included: ask `is_published`."""

    def translations(self, slug: str) -> tuple[Facts, ...]:
        """The family of an article: itself and its translations, the original first."""

    def newest(self, now: datetime, *, section: str | None = None, limit: int | None = None) -> tuple[Facts, ...]:
        """Published articles, newest first; of one section if named; at most `limit`."""

    def showing(self, path: str) -> tuple[Facts, ...]:
        """The articles that may show a medium, by its path under `/media/`, in the order of their publication; those
        not yet published included.
        """

    def next_publication(self, now: datetime) -> datetime | None:
        """When the next article appears, so that no list outlives it."""

    def read(self, slug: str) -> Article:
        """The whole article. Raises StaleIndexError if the file is gone or no longer what the index says."""


def is_published(facts: Facts, now: datetime) -> bool:
    """An article whose `published` lies ahead does not exist yet, to the second."""
    return facts.published <= now
