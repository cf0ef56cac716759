"""An article as the newsroom published it: a value, whole, with every fact that a policy can ask about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Image:
    """A picture at the head of an article. `src` is a path under `/media/`, without it."""

    src: str
    caption: str = ""
    credit: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a policy can ask of an article, without its text. `version` is a digest of the file that holds it.

    `media_rights`: the rights that each medium's sidecar names, by path under `/media/`. `media_parts`: of the media
    that stand in parts and nowhere else, in which: without those parts the article doesn't show them.

    An article of an origin has its path for a slug. `paths`: every path under which it is known (as asked for, and as
    it names itself); `kin`: those of its translations; `also_in`: further sections, where it
    has several.
    """

    slug: str
    version: str
    language: str
    section: str
    tags: frozenset[str]
    published: datetime
    updated: datetime | None = None
    translation_of: str | None = None
    parts: frozenset[str] = frozenset()
    media: tuple[str, ...] = ()
    title: str = ""
    kicker: str = ""
    summary: str = ""
    authors: tuple[str, ...] = ()
    media_rights: tuple[tuple[str, frozenset[str]], ...] = ()
    media_parts: tuple[tuple[str, frozenset[str]], ...] = ()
    paths: tuple[str, ...] = ()
    kin: tuple[str, ...] = ()
    also_in: frozenset[str] = frozenset()

    @property
    def of_origin(self) -> bool:
        """Whether it stands on an origin's site, and not in a content directory."""
        return self.slug.startswith("/")

    @property
    def original(self) -> str:
        """The slug that this article and its translations share as their family."""
        return self.translation_of or self.slug

    @property
    def modified(self) -> datetime:
        """When it last changed, as the newsroom says."""
        return self.updated or self.published


@dataclass(frozen=True, slots=True)
class Article:
    """Facts and text. `html` is sanitised; `parts` maps a part's id to its HTML, which stands in `html` too, between
    `<section class="part" id="part-ID">` and `</section>`.
    """

    facts: Facts
    html: str
    dateline: str = ""
    image: Image | None = None
    parts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
