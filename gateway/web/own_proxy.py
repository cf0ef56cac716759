"""Are we locating our own proxy? The commonest fault of all: everybody reads from one place, and it is ours.

Counts alone are kept: how many readings, how many of them from nowhere, and a bounded number of counters for networks
under names that mean something only inside this process. No address is kept, and none leaves.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from ipaddress import IPv4Address

from gateway.events import Events
from gateway.geo.client_address import CLAIMING, ClientAddress
from gateway.geo.locate import NOT_GLOBAL
from gateway.telemetry.metrics import Metrics

WINDOW_READINGS = 200
"""Fewer say nothing: a newsroom that looks at its own site makes some dozens."""
WINDOW_SECONDS = 20.0
"""And a burst says nothing either: it is one crawler, or one test of load."""
QUIET_WINDOWS = 3
"""An alarm ends when it has been quiet this often, or a state at the threshold would fill the log."""
COUNTERS = 8
"""Enough to find any network with more than a ninth of the readings (Misra and Gries, 1982)."""

HOSTING = "hosting"
_HIDDEN = frozenset({HOSTING, "anonymizer", "relay", "satellite"})
_NOBODY = 0


@dataclass(frozen=True, slots=True)
class Threshold:
    """Shares of the readings, 0 to 1: an alarm begins at `begins`, and ends below `ends`."""

    begins: float
    ends: float


THRESHOLDS = {
    # The largest carriers put a few percent of a country's readers behind one /24; half of a site's never are.
    "one-network": Threshold(0.5, 0.25),
    # Nobody on the Internet has a private address; some readings are the newsroom's own and its monitoring's.
    "private": Threshold(0.3, 0.1),
    # Readers under censorship do come through hosting networks, many of them; all of them do not.
    HOSTING: Threshold(0.9, 0.7),
    # A front that names nobody, or in a header that is not the one read; databases themselves miss few addresses.
    "unknown": Threshold(0.5, 0.25),
}


class Crowd:
    """Where readings come from, in counts. `look` is to be called about once a second."""

    def __init__(self, events: Events, now: float) -> None:
        self._events = events
        self._secret = secrets.token_bytes(16)
        self._began = now
        self._readings = 0
        self._networks: dict[int, int] = {}
        self._from: Counter[str] = Counter()
        self._quiet: dict[str, int] = {}
        self._headers: set[str] = set()

    def alarms(self, reason: str) -> bool:
        """Whether the alarm for this reason is on."""
        return reason in self._quiet

    def heard(self, names: Iterable[str]) -> None:
        """Header names (in lower case) of a request: those that claim an address are remembered, without values."""
        self._headers.update(CLAIMING.intersection(names))

    def publish(self, metrics: Metrics, names_met: Callable[[], Iterable[str]]) -> None:
        """Let a scrape read alarms and header names; `names_met` tells those that only the express lane has seen."""
        for reason in THRESHOLDS:
            metrics.gauge("gateway_locating_own_proxy", partial(self.alarms, reason), (reason,))

        def take_over() -> None:
            self.heard(names_met())
            for name in self._headers:
                metrics.gauge("gateway_address_header_seen", lambda: 1, (name,))

        metrics.before_scrape(take_over)

    def network_of(self, client: ClientAddress) -> int:
        """A name for the reader's /24 or /48 that means nothing outside this process; 0 for nobody."""
        address = client.address
        if address is None:
            return _NOBODY
        packed = address.packed[: 3 if isinstance(address, IPv4Address) else 6]
        return int.from_bytes(blake2b(packed, digest_size=8, key=self._secret).digest(), "big") or 1

    def saw(self, network: int, unknown: str, count: int = 1) -> None:
        """So many readings from one network; `unknown`: why the place is unknown ("" where it is known)."""
        self._readings += count
        if network != _NOBODY:
            self._count_network(network, count)
        if unknown == NOT_GLOBAL:
            self._from["private"] += count
        elif unknown == HOSTING:
            self._from[HOSTING] += count
        elif unknown and unknown not in _HIDDEN:
            self._from["unknown"] += count

    def look(self, now: float) -> None:
        """Judge the window if it is full (`now` in seconds, monotonic), say what begins or ends, and open the next."""
        if self._readings < WINDOW_READINGS or now - self._began < WINDOW_SECONDS:
            return
        most = max(self._networks.values(), default=0)
        for reason, threshold in THRESHOLDS.items():
            count = most if reason == "one-network" else self._from[reason]
            self._judge(reason, threshold, count / self._readings)
        self._began, self._readings = now, 0
        self._networks.clear()
        self._from.clear()

    def _judge(self, reason: str, threshold: Threshold, share: float) -> None:
        if reason not in self._quiet:
            if share >= threshold.begins:
                self._quiet[reason] = 0
                self._events.emit(
                    "locating_own_proxy", level="warning", state="begin", reason=reason, share=round(share, 2)
                )
        elif share >= threshold.ends:
            self._quiet[reason] = 0
        else:
            self._quiet[reason] += 1
            if self._quiet[reason] >= QUIET_WINDOWS:
                del self._quiet[reason]
                self._events.emit("locating_own_proxy", state="end", reason=reason, share=round(share, 2))

    def _count_network(self, network: int, count: int) -> None:
        networks = self._networks
        if network in networks:
            networks[network] += count
        elif len(networks) < COUNTERS:
            networks[network] = count
        else:
            least = min(count, *networks.values())
            for name, counted in list(networks.items()):
                if counted == least:
                    del networks[name]
                else:
                    networks[name] = counted - least
            if count > least:
                networks[network] = count - least
