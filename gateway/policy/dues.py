"""For which readers an action applies: the judgement of `decide.py`, for all readers at once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.geo.region import Standing
from gateway.policy.model import Certainty, Policy, Window
from gateway.policy.standpoints import Standpoints


@dataclass(slots=True)
class Dues:
    """For which readers an action applies, remembered by its policy, the windows that are open, and the certainty."""

    points: Standpoints
    known: dict[tuple[int, tuple[int, ...], Certainty], int] = field(default_factory=dict)

    def of(self, policy: Policy, certainty: Certainty, windows: Sequence[Window]) -> int:
        """The readers sure enough while these windows are open; `open_windows` says which are."""
        key = (id(policy), tuple(map(id, windows)) if policy.effective else (), certainty)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self._of(policy, certainty, windows) if windows else 0
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
