"""Which action adds what for whom: the merging of `merge.py`, for all readers of one class of articles at once. Pure.

Actions are taken in the order of precedence. What an earlier one has done already, a later one does not add: an action
that never adds anything is shadowed. Sets of readers are bits, as in `standpoints.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.content.article import Facts
from gateway.policy.dues import Dues
from gateway.policy.merge import Due
from gateway.policy.model import (
    Action,
    Block,
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


@dataclass(frozen=True, slots=True)
class Item:
    """An action that touches something of an article: whose, the how many-th, and what it touches."""

    policy: Policy
    number: int
    action: Action
    keys: tuple[Key, ...]


@dataclass(slots=True)
class Items:
    """What policies can do to articles. What a policy touches is the same wherever parts and media are the same."""

    known: dict[tuple[object, ...], tuple[Item, ...]] = field(default_factory=dict)

    def of(self, policies: Sequence[Policy], facts: Facts) -> list[Item]:
        """Of those that mean an article, which `policies` are, in the order of precedence."""
        found: list[Item] = []
        for policy in policies:
            key = (id(policy), facts.parts, facts.media, facts.media_rights)
            items = self.known.get(key)
            if items is None:
                items = self.known[key] = tuple(
                    Item(policy, number, action, keys)
                    for number, action in enumerate(policy.actions)
                    if (keys := tuple(_keys(policy, action, facts)))
                )
            found += items
        return found


def attribute(items: Sequence[Item], open_now: Mapping[str, Sequence[Window]], dues: Dues) -> Outcome:
    """What each action adds. `open_now`: the windows that are open, by policy; of the others nothing is due."""
    due = [
        (item, readers)
        for item in items
        if (windows := open_now.get(item.policy.name))
        and (readers := dues.of(item.policy, item.action.certainty, windows))
    ]
    merged = _Merged(due)
    shares = tuple(merged.take(item, readers) for item, readers in due)
    protected = merged.of("protect") & ~merged.sent
    told = merged.of("notice", "article") | merged.blocked
    return Outcome(shares, tuple(merged.clashes), merged.treated, protected & ~told)


class _Merged:
    """What has been done so far, and by whom first."""

    def __init__(self, due: Sequence[tuple[Item, int]]) -> None:
        active = [(item, readers) for item, readers in due if item.policy.state is State.ACTIVE]
        self.blocked = _union(readers for item, readers in active if isinstance(item.action, Block))
        self.sent = _union(readers for item, readers in active if isinstance(item.action, Redirect)) & ~self.blocked
        self._withheld: dict[str, int] = {}
        for item, readers in active:
            if isinstance(item.action, Withhold):
                for _, what in item.keys:
                    self._withheld[what] = self._withheld.get(what, 0) | readers
        stronger = (Block, Redirect, Withhold)
        self._strong = [(item.policy, readers) for item, readers in active if isinstance(item.action, stronger)]
        self._did: dict[Key, list[tuple[Item, int]]] = {}
        self.treated: dict[Key, int] = {}
        self.clashes: list[Clash] = []

    def take(self, item: Item, due: int) -> Share:
        """Let an action do its part; one in shadow does nothing, but what it would add is known."""
        adds = 0
        before = ""
        for key in item.keys:
            able = due & self._able(item.action, key)
            done = self.treated.get(key, 0)
            adds |= able & ~done
            if able & done and not before:
                before = self._earlier(item, key, able & done)
            if able and item.policy.state is State.ACTIVE:
                self.treated[key] = done | able
                self._did.setdefault(key, []).append((item, able))
        if not adds and not before:
            before = self._stronger(due)
        return Share(item.policy, item.number, due, adds, before)

    def of(self, *wanted: str) -> int:
        """Whom treatments reach whose keys hold all these words."""
        return _union(readers for key, readers in self.treated.items() if set(wanted) <= set(key))

    def _able(self, action: Action, key: Key) -> int:
        """For whom this kind of treatment still means anything beside a block or a redirect."""
        if isinstance(action, (Block, Protect)):
            return -1
        if isinstance(action, Redirect):
            return ~self.blocked
        if isinstance(action, Notice):
            return ~self.sent
        withheld = 0
        if isinstance(action, Substitute):
            withheld = self._withheld.get(key[1].removeprefix("part:"), 0)
        return ~(self.blocked | self.sent | withheld)

    def _earlier(self, item: Item, key: Key, readers: int) -> str:
        """Who did it first; where it was something else, that is a clash."""
        one = readers & -readers
        first = next(did for did, reached in self._did[key] if reached & one)
        policy, other = item.policy, first.policy
        settled = other is policy or policy.state is not State.ACTIVE or other.priority != policy.priority
        if not settled and _content(first, key) != _content(item, key):
            self.clashes.append(Clash(key[0], other, policy, item.number, readers))
        return other.name

    def _stronger(self, due: int) -> str:
        """Whose block, redirect or withholding leaves nothing to do."""
        return next((policy.name for policy, readers in self._strong if readers & due), "")


def _keys(policy: Policy, action: Action, facts: Facts) -> Iterator[Key]:
    if isinstance(action, Notice):
        yield from (("notice", action.id, show) for show in action.show)
    elif isinstance(action, Headers):
        yield from (("header", name.lower()) for name, _ in action.values)
    elif isinstance(action, (Block, Redirect)):
        yield (type(action).__name__.lower(),)
    else:
        kind = type(action).__name__.lower()
        yield from ((kind, what) for what in Due(policy, action).scope(facts))


def _content(item: Item, key: Key) -> object:
    """What an action does, where two may differ."""
    action = item.action
    if isinstance(action, Block):
        return action.notice, action.listing, item.policy.basis
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
