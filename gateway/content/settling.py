"""Leave a file that is being written to its writer: what is new about it counts once it has been so for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from gateway.content.kept import Entry

SETTLED_SECONDS = 0.2
"""Nobody who saves a file pauses for longer than this in the middle of it, or between removing it and putting another
in its place.
"""
PATIENCE_SECONDS = 2.0
"""The same for a file that could be read before and now cannot: it is more likely to be half there than to be wrong."""

State = TypeVar("State")


class Settling:
    """What was found to be new, and since when. One look at a time; `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[str, tuple[object, float]] = {}

    @property
    def waiting(self) -> frozenset[str]:
        """The paths at which to look again soon."""
        return frozenset(self._since)

    def hold(self, before: Mapping[str, Entry], entries: dict[str, Entry]) -> None:
        """In these new entries, put back what was before wherever the new has not stood for long enough. They must
        tell of every path that is waiting; of `site.yaml`, which is no entry, `settled` alone tells.
        """
        for path in self._differing(before, entries):
            old, new = before.get(path), entries.get(path)
            spoilt = _usable(old) and new is not None and not _usable(new)
            if self.settled(path, _state(old), _state(new), PATIENCE_SECONDS if spoilt else SETTLED_SECONDS):
                continue
            if old is None:
                del entries[path]
            else:
                entries[path] = old

    def settled(self, path: str, old: State, new: State, seconds: float = SETTLED_SECONDS) -> bool:
        """Whether `new` is the same as `old`, or has been found at each look for so long."""
        if new == old:
            self._since.pop(path, None)
            return True
        state, since = self._since.get(path, (old, 0.0))
        if state != new:
            self._since[path] = new, self._clock()
            return False
        if self._clock() - since < seconds:
            return False
        del self._since[path]
        return True

    def _differing(self, before: Mapping[str, Entry], entries: Mapping[str, Entry]) -> Iterable[str]:
        changed = {path for path, entry in entries.items() if before.get(path) is not entry}
        return changed | (before.keys() - entries.keys()) | {path for path in self._since if "/" in path}


def _usable(entry: Entry | None) -> bool:
    return entry is not None and (entry.facts is not None or entry.media is not None or entry.rights is not None)


def _state(entry: Entry | None) -> tuple[object, ...] | None:
    """All that a file says by itself; what others say of it may change without it."""
    if entry is None:
        return None
    facts, media = entry.facts, entry.media
    return entry.stamp, facts and facts.version, media and media.digest, entry.rights, entry.problems
