"""What was decided: treatments, reasons, how long it holds, and a fingerprint of its content. Values only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from gateway.geo.region import Standing
from gateway.policy.model import Basis, NoticePlace, NoticeText
from gateway.policy.parts import part_label, substitute_label


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A notice that this page owes its reader, in the language chosen for this article."""

    id: str
    place: NoticePlace
    text: NoticeText


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the article is not delivered: 451 (or 410), the notice that says so, and the acts behind it."""

    status: int
    policy: str
    notice: NoticeText
    basis: tuple[Basis, ...]
    listing: str = "omit"


@dataclass(frozen=True, slots=True)
class Forwarding:
    """Where the reader is sent instead."""

    status: int
    location: str
    policy: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """A part or a medium left out, and the notice that marks its place."""

    parts: frozenset[str]
    media: frozenset[str]
    notice: NoticeText


@dataclass(frozen=True, slots=True)
class Treatments:
    """Everything done to the page, merged by precedence. An empty one means: as the newsroom published it.

    `social`: notices whose text belongs in feeds, JSON and social metadata, whoever fetches them.
    """

    refusal: Refusal | None = None
    forwarding: Forwarding | None = None
    notices: tuple[DueNotice, ...] = ()
    protect: frozenset[str] = frozenset()
    withheld: tuple[Withheld, ...] = ()
    substitutes: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    social: tuple[DueNotice, ...] = ()

    @property
    def status(self) -> int:
        """The HTTP status of the page."""
        if self.refusal:
            return self.refusal.status
        return self.forwarding.status if self.forwarding else 200

    def names(self) -> tuple[str, ...]:
        """Short names for logs and `explain`: `block:ID`, `notice:ID`, `protect:WHAT`, `withhold:PART`, …"""
        found: list[str] = []
        if self.refusal:
            found.append(f"block:{self.refusal.notice.id}")
        if self.forwarding:
            found.append("redirect")
        found += [f"notice:{due.id}" for due in self.notices]
        found += [f"protect:{what}" for what in sorted(self.protect)]
        found += [f"withhold:{part_label(what)}" for held in self.withheld for what in sorted(held.parts | held.media)]
        found += [f"substitute:{substitute_label(target)}" for target, _ in self.substitutes]
        found += [f"header:{name}" for name, _ in self.headers]
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Reason:
    """One policy's line in the trace. `matched`: some action of it applies (or would, in shadow). `failed`: deciding it
    raised; the others were decided all the same, and somebody should be told.
    """

    policy: str
    matched: bool
    standing: Standing | None
    reason: str
    applied: tuple[str, ...] = ()
    shadow: bool = False
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome for one article, one location, one door, one moment.

    `depends_on_place`: some policy that can match this article before its next boundary asks where the reader is.
    `valid_until`: the next moment, in either direction, at which the answer can change; None: not foreseeable.
    `fingerprint`: a digest of the outcome's content (treatments, texts of notices, protection), never of a revision.
    """

    treatments: Treatments
    trace: tuple[Reason, ...]
    depends_on_place: bool
    valid_until: datetime | None
    fingerprint: str

    def observed(self) -> Decision:
        """The same decision where the gateway only observes: nothing is done, and all of it is said as in shadow."""
        return replace(
            self,
            treatments=Treatments(),
            trace=tuple(replace(reason, shadow=True) for reason in self.trace),
            depends_on_place=False,
            fingerprint="observed",
        )

    @property
    def policies(self) -> tuple[str, ...]:
        """The policies that did something."""
        return tuple(reason.policy for reason in self.trace if reason.applied and not reason.shadow)

    @property
    def shadow(self) -> tuple[str, ...]:
        """What policies in shadow would have done, as `policy=treatment`."""
        return tuple(f"{reason.policy}={name}" for reason in self.trace if reason.shadow for name in reason.applied)
