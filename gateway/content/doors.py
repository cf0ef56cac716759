"""The doors: every form in which an article, or a trace of it, leaves the house. Each asks the same question."""

from __future__ import annotations

from enum import StrEnum


class Door(StrEnum):
    """A form of delivery; the word that logs, metrics and `check` use for it."""

    HTML = "html"
    JSON = "json"
    FEED = "feed"
    LISTING = "listing"
    SITEMAP = "sitemap"
    MEDIA = "media"

    @property
    def reader_is_there(self) -> bool:
        """Whether whoever fetches is the reader. Fetchers of feeds and JSON are not: protective notices go with
        them regardless of place.
        """
        return self in (Door.HTML, Door.LISTING, Door.MEDIA)
