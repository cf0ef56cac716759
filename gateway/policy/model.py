"""Policies as values: what an operator wrote, checked, with nothing left to look up. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum

from gateway.geo.region import Correction, Region


class Certainty(IntEnum):
    """How surely a reader must be in the region for an action: `anyone` asks nothing; the rest are standings."""

    ANYONE = 0
    POSSIBLE = 1
    INSIDE = 2
    CONFIRMED = 3

    def __str__(self) -> str:
        return self.name.lower()


class State(StrEnum):
    """Whether a policy is applied, only decided and logged, or neither."""

    ACTIVE = "active"
    SHADOW = "shadow"
    OFF = "off"


class NoticePlace(StrEnum):
    """Where a notice stands on the page."""

    BANNER = "banner"
    BEFORE_BODY = "before-body"
    AFTER_TITLE = "after-title"
    AFTER_BODY = "after-body"


PROTECTIONS = (
    "sharing", "liking", "commenting", "saving", "contacting", "donating", "subscribing",
    "embeds", "third-party", "referrer", "storing",
)  # fmt: skip
"""What `protect` can take away; `all` is every one."""

ALL_MEDIA = "*"
"""In `Withhold.media`: every medium of the article that the policy's media selector matches."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Why a policy may exist: the act behind it. `kind` is order, statute, contract or editorial."""

    kind: str
    authority: str = ""
    act: str = ""
    reference: str = ""
    since: date | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Readers:
    """Who is meant. Lists combine as Kleene's AND; within `within` it is OR. Empty `within` means everyone.

    `realms`: holders whose whole realm (the country and all it controls) `within` covers.
    """

    within: tuple[str, ...] = ()
    not_in: tuple[str, ...] = ()
    realms: frozenset[str] = frozenset()
    not_in_realms: frozenset[str] = frozenset()

    @property
    def everyone(self) -> bool:
        """Whether no reader is left out."""
        return not self.within and not self.not_in


@dataclass(frozen=True, slots=True)
class Articles:
    """Which articles are meant. None means the selector is not used; kinds combine by AND, values by OR."""

    slugs: frozenset[str] | None = None
    sections: frozenset[str] | None = None
    tags: frozenset[str] | None = None
    languages: frozenset[str] | None = None
    published_from: datetime | None = None
    published_until: datetime | None = None
    paths: tuple[str, ...] | None = None
    media_rights: frozenset[str] | None = None
    excepted: Articles | None = None
    translations: bool = True


@dataclass(frozen=True, slots=True)
class Window:
    """When a policy acts: from (included) until (excluded). `within`: only for readers in these regions.

    `lifted`: no end is known; it acts until somebody lifts it, and `review_by` reminds of that.
    """

    start: datetime | None = None
    end: datetime | None = None
    within: tuple[str, ...] = ()
    realms: frozenset[str] = frozenset()
    lifted: bool = False

    def is_open(self, now: datetime) -> bool:
        """Whether `now` lies in it."""
        return (self.start is None or self.start <= now) and (self.end is None or now < self.end)


@dataclass(frozen=True, slots=True)
class Notice:
    """Show a notice. `show`: on articles, listings, or both ("article", "listing")."""

    id: str
    place: NoticePlace = NoticePlace.AFTER_BODY
    show: tuple[str, ...] = ("article",)
    fallback: tuple[str, ...] = ("en",)
    certainty: Certainty = Certainty.POSSIBLE


@dataclass(frozen=True, slots=True)
class Protect:
    """Take away what endangers a reader: members of PROTECTIONS."""

    what: frozenset[str]
    certainty: Certainty = Certainty.POSSIBLE


@dataclass(frozen=True, slots=True)
class Block:
    """Refuse the article: 451, or 410 where readers are everyone. `listing`: left out of lists, or marked."""

    notice: str
    listing: str = "omit"
    certainty: Certainty = Certainty.CONFIRMED


@dataclass(frozen=True, slots=True)
class Withhold:
    """Leave out parts (by id, or as FOREIGN_PARTS are named) or media (by path; ALL_MEDIA: whatever the selector
    matches), with a visible mark.
    """

    parts: frozenset[str]
    media: frozenset[str]
    notice: str
    certainty: Certainty = Certainty.CONFIRMED


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the reader elsewhere, never for good: 302 or 307."""

    to: str
    status: int = 302
    certainty: Certainty = Certainty.CONFIRMED


@dataclass(frozen=True, slots=True)
class Substitute:
    """Put a text in the place of `part:ID`, `title` or `article`. `text` is Markdown, read when the set was checked;
    for a title it is one line of plain text.
    """

    target: str
    text: str
    certainty: Certainty = Certainty.CONFIRMED


@dataclass(frozen=True, slots=True)
class Headers:
    """Add response headers, from a closed list of names."""

    values: tuple[tuple[str, str], ...]
    certainty: Certainty = Certainty.CONFIRMED


Action = Notice | Protect | Block | Withhold | Redirect | Substitute | Headers


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy: who, which articles, when, and what to do. `path` and `line` say where it was written; `marks` does
    for its parts ("articles.slugs.the-ferry" -> line, column), for the findings of `lint`.
    """

    name: str
    title: str
    readers: Readers
    articles: Articles
    actions: tuple[Action, ...]
    state: State = State.ACTIVE
    basis: tuple[Basis, ...] = ()
    owner: str = ""
    review_by: date | None = None
    disclose: str = "full"
    effective: tuple[Window, ...] = ()
    priority: int = 0
    path: str = ""
    line: int = 0
    marks: Mapping[str, tuple[int, int]] = field(default_factory=dict, compare=False)

    @property
    def everyone(self) -> bool:
        """Whether it is meant for every reader, wherever, at every time at which it acts."""
        return self.readers.everyone and not any(window.within for window in self.effective)


@dataclass(frozen=True, slots=True)
class NoticeText:
    """A notice in one language. `html` and `long_html` are sanitised; `text` is the same without markup."""

    id: str
    language: str
    title: str
    html: str
    text: str
    link_text: str = ""
    long_html: str = ""
    self_conditional: bool = False
    style: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class PolicySet:
    """All that one policy directory says. `revision`: a digest over every file in it, twelve hex digits.

    `policies` are in the order of precedence (higher priority first, then name). `regions` holds the named ones and
    every code that policies name directly, so a standing is known for each.
    """

    revision: str
    policies: tuple[Policy, ...]
    regions: Mapping[str, Region]
    notices: Mapping[str, Mapping[str, NoticeText]]
    corrections: tuple[Correction, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    found: dict[tuple[object, ...], tuple[Policy, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    shelves: dict[tuple[str, str], list[int]] = field(default_factory=dict, init=False, compare=False, repr=False)
    """Memos of `match.candidates`: an article's policies don't change within a set. Never part of its meaning."""

    def notice(self, id: str, language: str, fallback: tuple[str, ...]) -> NoticeText:
        """A notice in the article's language, else a fallback, else any: a due notice is never dropped."""
        texts = self.notices[id]
        for wanted in (language, language.partition("-")[0], *fallback):
            if wanted in texts:
                return texts[wanted]
        return texts[min(texts)]
