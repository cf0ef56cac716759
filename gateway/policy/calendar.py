"""What is coming: starts, ends and reviews, in the order of time. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time

from gateway.policy.model import Policy, PolicySet, State


@dataclass(frozen=True, slots=True)
class Entry:
    """One moment. `event`: "begins", "ends", "review" or "correction ends"; `within`: the regions of that window."""

    at: datetime
    policy: str
    event: str
    owner: str = ""
    within: tuple[str, ...] = ()
    overdue: bool = False

    @property
    def utc(self) -> datetime:
        """The moment in UTC, so that entries of several zones can stand in one column."""
        return self.at.astimezone(UTC)


def calendar(policies: PolicySet, now: datetime) -> list[Entry]:
    """Everything ahead, and the reviews that should have been; policies that are off have no future."""
    found = [entry for policy in policies.policies if policy.state is not State.OFF for entry in _of(policy, now)]
    found += [
        Entry(correction.until, str(correction.network), "correction ends")
        for correction in policies.corrections
        if correction.until > now
    ]
    return sorted(found, key=lambda entry: (entry.at, entry.policy, entry.event))


def _of(policy: Policy, now: datetime) -> Iterator[Entry]:
    for window in policy.effective:
        for moment, event in ((window.start, "begins"), (window.end, "ends")):
            if moment is not None and moment > now:
                yield Entry(moment, policy.name, event, policy.owner, window.within)
    if policy.review_by is not None:
        # a review is due on a day, wherever its owner is; by then it is overdue everywhere
        due = datetime.combine(policy.review_by, time.max, UTC)
        yield Entry(due, policy.name, "review", policy.owner, overdue=due < now)
