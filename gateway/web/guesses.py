"""Who guesses at a secret may try ten different ones a minute. Pure: time is told.

The same wrong one, however often, is no guess: a scraper that still has yesterday's token locks out nobody.
"""

from __future__ import annotations

LIMIT = 10
WINDOW_SECONDS = 60.0
PEERS_KEPT = 1024


class Guesses:
    """What each peer has tried in a window that begins with its first wrong one."""

    def __init__(self) -> None:
        self._tried: dict[str, tuple[float, set[int]]] = {}

    def barred(self, peer: str, now: float) -> float:
        """For how many seconds nothing that this peer says is listened to, not even the right word; 0: it is."""
        began, tried = self._tried.get(peer, (now, ()))
        left = began + WINDOW_SECONDS - now
        if left <= 0:
            del self._tried[peer]
            return 0.0
        return left if len(tried) >= LIMIT else 0.0

    def wrong(self, peer: str, given: bytes, now: float) -> None:
        """This was not it."""
        if peer not in self._tried and len(self._tried) >= PEERS_KEPT:
            del self._tried[next(iter(self._tried))]
        self._tried.setdefault(peer, (now, set()))[1].add(hash(given))
