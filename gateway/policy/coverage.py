"""What no case reaches: policies, actions, windows, regions, and the two sides of each certainty. Pure.

A case proves something of a policy only where its article is meant by it; what no reader could ever reach is not asked
for. Cases that fail reach too: what they reach is then known to be wrong, which is more than nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.content.source import Index
from gateway.geo.evidence import Witnesses
from gateway.geo.location import Location
from gateway.geo.region import Standing
from gateway.policy.cases import Outcome, locate_case, original_of
from gateway.policy.decide import NOTICES_AT
from gateway.policy.dues import Dues
from gateway.policy.match import candidates
from gateway.policy.merge import Due
from gateway.policy.model import Action, Certainty, Notice, Policy, PolicySet, Protect, State
from gateway.policy.readers import open_windows, standing_in, standing_in_any, standing_now
from gateway.policy.standpoints import standpoints

KINDS = ("policy", "action", "window", "region", "certainty")


@dataclass(frozen=True, slots=True)
class Branch:
    """One thing that a case can reach. `what`: in a sentence after "no case reaches"."""

    kind: str
    policy: str
    what: str
    path: str
    line: int
    column: int
    reached: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every branch. Shares are of 0 to 1; of nothing everything is reached."""

    branches: tuple[Branch, ...]

    def counts(self, kind: str = "") -> tuple[int, int]:
        """How many branches of a kind (or of all) are reached, and how many there are."""
        mine = [branch for branch in self.branches if kind in ("", branch.kind)]
        return sum(branch.reached for branch in mine), len(mine)

    def share(self, kind: str = "") -> float:
        """Which share is reached."""
        reached, count = self.counts(kind)
        return reached / count if count else 1.0

    @property
    def missed(self) -> tuple[Branch, ...]:
        """What no case reaches."""
        return tuple(branch for branch in self.branches if not branch.reached)


@dataclass(frozen=True, slots=True)
class _Try:
    """One case as the policies met it."""

    facts: Facts
    location: Location
    door: Door
    at: datetime


def coverage(
    policies: PolicySet, outcomes: Sequence[Outcome], index: Index, witnesses: Witnesses | None, now: datetime
) -> Coverage:
    """What the cases that could be tried reach of every policy that is not off. `now`: as for `run_case`."""
    tries: dict[str, list[_Try]] = {}
    for outcome in outcomes:
        case = outcome.case
        facts = index.facts.get(case.article)
        if outcome.skipped or facts is None:
            continue
        at = case.at or now
        one = _Try(facts, locate_case(case, policies, witnesses, at), case.door, at)
        for policy in candidates(policies, facts, original_of(facts, index)):
            tries.setdefault(policy.name, []).append(one)
    dues = Dues(standpoints(policies))
    return Coverage(
        tuple(
            branch
            for policy in policies.policies
            if policy.state is not State.OFF
            for branch in _of(policy, tries.get(policy.name, []), dues)
        )
    )


def _of(policy: Policy, tries: Sequence[_Try], dues: Dues) -> Iterator[Branch]:
    acted = [{number for number, action in enumerate(policy.actions) if _due(policy, action, one)} for one in tries]

    def branch(kind: str, mark: str, what: str, reached: Iterable[object]) -> Branch:
        line, column = policy.marks.get(mark, (policy.line, 1))
        return Branch(kind, policy.name, what, policy.path, line, column, any(reached))

    yield branch("policy", "", f"policy '{policy.name}'", acted)
    for number, action in enumerate(policy.actions):
        what = f"the {_word(action)} of policy '{policy.name}'"
        yield branch("action", f"do.{number}", what, (number in each for each in acted))
    for number, window in enumerate(policy.effective):
        inside = (
            window.is_open(one.at)
            and (not window.within or standing_in_any(one.location, window.within, window.realms) > Standing.OUTSIDE)
            for one in tries
        )
        yield branch("window", f"effective.{number}", f"window {number + 1} of policy '{policy.name}'", inside)
    for name, mark in _regions(policy):
        what = f"a reader who may be in '{name}' for policy '{policy.name}'"
        yield branch("region", mark, what, (standing_in(one.location, name) > Standing.OUTSIDE for one in tries))
    for certainty, number in _certainties(policy).items():
        met, can = _sides(policy, certainty, tries, dues)
        for side, word in ((True, "a reader sure enough"), (False, "a reader not sure enough")):
            if can[side]:
                what = f"{word} for {certainty} in policy '{policy.name}'"
                yield branch("certainty", f"do.{number}", what, (each is side for each in met))


def _due(policy: Policy, action: Action, one: _Try) -> bool:
    """Whether the action applies to a case: as `decide` has it."""
    if isinstance(action, Notice):
        concerns = bool(NOTICES_AT.get(one.door, set()).intersection(action.show))
    else:
        concerns = bool(Due(policy, action).scope(one.facts))
    windows = open_windows(policy, one.at)
    if not concerns or not windows:
        return False
    if action.certainty is Certainty.ANYONE or (isinstance(action, (Notice, Protect)) and not one.door.reader_is_there):
        return True
    return standing_now(policy, one.location, windows) >= action.certainty


def _sides(
    policy: Policy, certainty: Certainty, tries: Sequence[_Try], dues: Dues
) -> tuple[list[bool], Mapping[bool, bool]]:
    """For each case while the policy acts, whether its reader is sure enough; and whether any can be, or not be."""
    met = [
        standing_now(policy, one.location, windows) >= certainty
        for one in tries
        if (windows := open_windows(policy, one.at))
    ]
    sure = dues.of(policy, certainty, policy.effective or open_windows(policy, _ANY_TIME))
    return met, {True: bool(sure), False: sure != dues.points.everyone}


def _certainties(policy: Policy) -> dict[Certainty, int]:
    """Each certainty that asks where readers are, by the first action that needs it."""
    found: dict[Certainty, int] = {}
    if not policy.everyone:
        for number, action in enumerate(policy.actions):
            if action.certainty is not Certainty.ANYONE:
                found.setdefault(action.certainty, number)
    return found


def _regions(policy: Policy) -> Iterator[tuple[str, str]]:
    yield from ((name, f"readers.in.{name}") for name in policy.readers.within)
    yield from ((name, f"readers.not_in.{name}") for name in policy.readers.not_in)
    for number, window in enumerate(policy.effective):
        yield from ((name, f"effective.{number}.in.{name}") for name in window.within)


def _word(action: Action) -> str:
    return f"notice '{action.id}'" if isinstance(action, Notice) else type(action).__name__.lower()


_ANY_TIME = datetime.fromisoformat("2000-01-01T00:00:00Z")
