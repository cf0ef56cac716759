"""Which action adds what for whom: the merging of `merge.py`, for all readers of one class of articles at once. Pure.

Actions are taken in the order of precedence. What an earlier one has done already, a later one does not add: an action
that never adds anything is shadowed. Sets of readers are bits, as in `standpoints.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.content.article import Facts
from gateway.geo.region import Standing
from gateway.policy.merge import Due
from gateway.policy.model import (
    Action,
    Block,
    Certainty,
    Headers,
    Notice,
    Policy,
    Protect,
    Redirect,
    State,
    Substitute,
    Window,
    Withhold,
)
from gateway.policy.readers import open_windows
from gateway.policy.standpoints import Standpoints

Key = tuple[str, ...]
"""What at most one action does to a page: `("notice", ID, "article")`, `("withhold", PART)`, `("block",)`, …"""


@dataclass(frozen=True, slots=True)
class Share:
    """One action's part in the outcome. `due`: readers for whom it applies; `adds`: for whom it changes something.

    `first`: the policy that had done it before, where that is so for all of `due`.
    """

    policy: Policy
    number: int
    due: int
    adds: int
    first: str = ""


@dataclass(frozen=True, slots=True)
class Clash:
    """Two actions of equal priority that want different things of one page; the name that sorts first speaks."""

    kind: str
    first: Policy
    second: Policy
    number: int
    readers: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """All readers of a class at one moment. `treated`: for every treatment, whom it reaches."""

    shares: tuple[Share, ...]
    clashes: tuple[Clash, ...]
    treated: dict[Key, int]
    uninformed: int

    @property
    def masks(self) -> frozenset[int]:
        """The sets of readers that see different pages."""
        return frozenset(self.treated.values())


@dataclass(slots=True)
class Dues:
    """For which readers an action applies, remembered by its policy, the windows that are open, and the certainty."""

    points: Standpoints
    known: dict[tuple[int, tuple[int, ...], Certainty], int] = field(default_factory=dict)

    def of(self, policy: Policy, certainty: Certainty, now: datetime) -> int:
        """The readers sure enough at this moment; none where no window is open."""
        windows = open_windows(policy, now)
        if not windows:
            return 0
        key = (id(policy), tuple(map(id, windows)) if policy.effective else (), certainty)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self._of(policy, certainty, windows)
        return found

    def _of(self, policy: Policy, certainty: Certainty, windows: Sequence[Window]) -> int:
        points, readers = self.points, policy.readers
        if certainty is Certainty.ANYONE:
            return points.everyone
        level = Standing(int(certainty))
        found = points.everyone
        if readers.within:
            found &= points.in_any(readers.within, readers.realms, level)
        if readers.not_in:
            found &= points.in_none(readers.not_in, readers.not_in_realms, level)
        if all(window.within for window in windows):
            now_within = 0
            for window in windows:
                now_within |= points.in_any(window.within, window.realms, level)
            found &= now_within
        return found


def attribute(policies: Sequence[Policy], facts: Facts, dues: Dues, now: datetime) -> Outcome:
    """What each action of the policies that mean an article adds. `policies`: in the order of precedence."""
    due = [
        (policy, number, action, readers)
        for policy in policies
        for number, action in enumerate(policy.actions)
        if (readers := dues.of(policy, action.certainty, now)) and Due(policy, action).scope(facts)
    ]
    active = [item for item in due if item[0].state is State.ACTIVE]
    blocked = _union(readers for _, _, action, readers in active if isinstance(action, Block))
    sent = _union(readers for _, _, action, readers in active if isinstance(action, Redirect)) & ~blocked
    merged = _Merged(facts, blocked, sent, active)
    shares = tuple(merged.take(*item) for item in due)
    protected = merged.of("protect") & ~sent
    told = merged.of("notice", "article") | blocked
    return Outcome(shares, tuple(merged.clashes), merged.treated, protected & ~told)


class _Merged:
    """What has been done so far, and by whom first."""

    def __init__(
        self, facts: Facts, blocked: int, sent: int, active: Sequence[tuple[Policy, int, Action, int]]
    ) -> None:
        self._facts = facts
        self._blocked = blocked
        self._sent = sent
        self._withheld: dict[str, int] = {}
        for policy, _, action, readers in active:
            if isinstance(action, Withhold):
                for what in Due(policy, action).scope(facts):
                    self._withheld[what] = self._withheld.get(what, 0) | readers
        stronger = (Block, Redirect, Withhold)
        self._strong = [(policy, readers) for policy, _, action, readers in active if isinstance(action, stronger)]
        self._did: dict[Key, list[tuple[Policy, Action, int]]] = {}
        self.treated: dict[Key, int] = {}
        self.clashes: list[Clash] = []

    def take(self, policy: Policy, number: int, action: Action, due: int) -> Share:
        """Let an action do its part; one in shadow does nothing, but what it would add is known."""
        adds = 0
        before = ""
        for key in self._keys(policy, action):
            able = due & self._able(action, key)
            new = able & ~self.treated.get(key, 0)
            if able & ~new and not before:
                before = self._earlier(policy, number, action, key, able & ~new)
            adds |= new
            if policy.state is State.ACTIVE and able:
                self.treated[key] = self.treated.get(key, 0) | able
                self._did.setdefault(key, []).append((policy, action, able))
        if not adds and not before:
            before = self._stronger(due)
        return Share(policy, number, due, adds, before)

    def of(self, *wanted: str) -> int:
        """Whom treatments reach whose keys hold all these words."""
        return _union(readers for key, readers in self.treated.items() if set(wanted) <= set(key))

    def _keys(self, policy: Policy, action: Action) -> Iterator[Key]:
        if isinstance(action, Notice):
            yield from (("notice", action.id, show) for show in action.show)
        elif isinstance(action, Headers):
            yield from (("header", name.lower()) for name, _ in action.values)
        elif isinstance(action, (Block, Redirect)):
            yield (type(action).__name__.lower(),)
        else:
            kind = type(action).__name__.lower()
            yield from ((kind, what) for what in Due(policy, action).scope(self._facts))

    def _able(self, action: Action, key: Key) -> int:
        """For whom this kind of treatment still means anything beside a block or a redirect."""
        if isinstance(action, (Block, Protect)):
            return -1
        if isinstance(action, Redirect):
            return ~self._blocked
        if isinstance(action, Notice):
            return ~self._sent
        withheld = 0
        if isinstance(action, Substitute):
            withheld = self._withheld.get(key[1].removeprefix("part:"), 0)
        return ~(self._blocked | self._sent | withheld)

    def _earlier(self, policy: Policy, number: int, action: Action, key: Key, readers: int) -> str:
        """Who did it first; where it was something else, that is a clash."""
        one = readers & -readers
        first, did, _ = next(item for item in self._did[key] if item[2] & one)
        settled = first is policy or policy.state is not State.ACTIVE or first.priority != policy.priority
        if not settled and _content(first, did, key) != _content(policy, action, key):
            self.clashes.append(Clash(key[0], first, policy, number, readers))
        return first.name

    def _stronger(self, due: int) -> str:
        """Whose block, redirect or withholding leaves nothing to do."""
        return next((policy.name for policy, readers in self._strong if readers & due), "")


def _content(policy: Policy, action: Action, key: Key) -> object:
    """What an action does, where two may differ."""
    if isinstance(action, Block):
        return action.notice, action.listing, policy.basis
    if isinstance(action, Redirect):
        return action.to, action.status
    if isinstance(action, Substitute):
        return action.text
    if isinstance(action, Headers):
        return next(value for name, value in action.values if name.lower() == key[1])
    return None


def _union(sets: Iterator[int]) -> int:
    found = 0
    for one in sets:
        found |= one
    return found
