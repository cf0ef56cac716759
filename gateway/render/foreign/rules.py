"""How a CMS's pages are read and treated: a value that the mapping file fills, and that has good defaults. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact stands, looked at in this order: a response header, `<meta>` names or properties, a segment of the
    path (1 is the first; 0 means none), patterns of paths; else `default`.
    """

    header: str = ""
    meta: tuple[str, ...] = ()
    segment: int = 0
    paths: tuple[tuple[str, str], ...] = ()
    default: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a notice is put: `before`, `after`, `first-in` or `last-in` the first element that the selector finds."""

    how: str
    selector: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What a newsroom says of its CMS. Patterns of paths are those of policies; selectors are CSS.

    `articles`: paths that are articles, whatever the page says of itself; `not_articles`: never are; `untouched`: pass
    as they are (an editor's back office). `own_hosts`: hosts beside the page's own that count as the newsroom's own,
    `*.example.org` among them. `remove`: selectors by the word of `protect`; `keep`: what is never removed.
    """

    articles: tuple[str, ...] = ()
    not_articles: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()
    section: Source = Source()
    tags: Source = Source()
    language: Source = Source(default="en")
    headline: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)
    remove: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    own_hosts: tuple[str, ...] = ()
    defaults: bool = True

    @property
    def version(self) -> str:
        """A digest of all of it: part of the key under which a treated page is kept."""
        return blake2b(repr(self).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
