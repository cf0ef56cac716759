"""The times between boundaries, within which no policy begins or ceases to act. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from gateway.policy.model import Policy, PolicySet, State, Window
from gateway.policy.readers import boundaries, open_windows

Open = Mapping[str, Sequence[Window]]
"""The windows that are open, by the policies that act."""

_EVER = datetime(2000, 1, 1, tzinfo=UTC)


class Periods:
    """Of one set, from one moment on; None: from before its first boundary."""

    def __init__(self, policies: PolicySet, now: datetime | None) -> None:
        acting = [policy for policy in policies.policies if policy.state is not State.OFF]
        ever = [m for policy in acting for w in policy.effective for m in (w.start, w.end) if m is not None]
        self.now = now or min(ever, default=_EVER) - timedelta(seconds=1)
        self._ahead = {policy.name: sorted(set(boundaries(policy, self.now))) for policy in acting}
        self._at_first = {policy.name: open_windows(policy, self.now) for policy in acting}

    def of(self, policies: Sequence[Policy], *, later: bool) -> Iterator[tuple[datetime, Open]]:
        """Each period's beginning, and what is open in it: the one that runs now, or all that come later.

        What is yielded changes with the next step; whoever keeps it copies it.
        """
        open_now = {policy.name: windows for policy in policies if (windows := self._at_first[policy.name])}
        if not later:
            yield self.now, dict(open_now)
            return
        events: dict[datetime, list[Policy]] = {}
        for policy in policies:
            for moment in self._ahead[policy.name]:
                events.setdefault(moment, []).append(policy)
        for moment in sorted(events):
            for policy in events[moment]:
                open_now[policy.name] = open_windows(policy, moment)
            yield moment, open_now
