"""What is told of an answered request: log line, counters, hourly decision facts. Both lanes tell it here."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from gateway.delivery import Told
from gateway.geo.location import Location
from gateway.snapshot import Snapshot
from gateway.telemetry.decision_facts import DecisionFacts
from gateway.telemetry.logs import LogEvents
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_event import PreparedLine, line, prepare
from gateway.web.context import Context
from gateway.web.exchange import Outgoing, Reader
from gateway.web.own_proxy import Crowd


class Record:
    """Telling never fails a request and never says where a reader is more closely than the log may."""

    def __init__(self, events: LogEvents, metrics: Metrics, clock: Callable[[], datetime], crowd: Crowd) -> None:
        self._events = events
        self.log = events.request
        self._metrics = metrics
        self._crowd = crowd
        self._clock = clock
        self._facts = DecisionFacts()
        self._faults: set[tuple[str, str]] = set()

    def prepared(self, context: Context, outgoing: Outgoing) -> PreparedLine:
        """The part of the line that holds for every request like this one."""
        if context.snapshot.faults:
            self._tell_faults(context.snapshot)
        delivered, reader = outgoing.delivered, outgoing.reader or context.reader
        return prepare(
            context.path or "?",
            location=reader.location,
            decision=delivered.decision if delivered else None,
            facts=delivered.facts if delivered else None,
            regions=context.snapshot.regions,
            revision=context.snapshot.policies.revision,
            door=str(outgoing.door or "own"),
            preview=reader.preview is not None,
        )

    def request(self, context: Context, outgoing: Outgoing, *, lane: str, duration_ns: int, trace_id: str = "") -> None:
        """A request of the natural lane."""
        delivered, method = outgoing.delivered, context.incoming.method
        reader = outgoing.reader or context.reader
        self._events.request(
            line(
                self.prepared(context, outgoing),
                timestamp=time.time(),
                duration_ns=duration_ns,
                method=method,
                status=outgoing.status,
                body_bytes=0 if method == "HEAD" else outgoing.size,
                cache_status=delivered.status if delivered else "none",
                cache_level=delivered.level if delivered else "none",
                lane=lane,
                trace_id=trace_id,
            )
        )
        if reader.preview:
            return
        door = str(outgoing.door or "own")
        self.seen(context.reader, 1)
        self._crowd.heard(name for name, _ in context.incoming.headers)
        self._metrics.request(method, outgoing.status, door, duration_ns / 1e9)
        if delivered is not None:
            self.delivered(delivered, reader, door)
        else:
            self._metrics.add("gateway_client_address_source_total", (reader.address_source,))

    def _tell_faults(self, snapshot: Snapshot) -> None:
        """Once a policy and revision: a policy that cannot be decided is somebody's to mend, not a line a reader."""
        revision = snapshot.policies.revision
        for policy, reason in snapshot.faults.items():
            if (policy, revision) not in self._faults:
                self._faults.add((policy, revision))
                self._metrics.add("gateway_policy_failures_total", (policy,))
                kind = reason.partition(":")[0]  # what the exception says may hold a value
                self._events.emit("policy_failed", level="error", policy=policy, revision=revision, message=f"{kind})")

    def seen(self, reader: Reader, count: int) -> None:
        """So many readings by one reader: whether all of them come from one place is judged once a second."""
        self._crowd.saw(reader.network, reader.location.unknown, count)

    def malformed(self, status: int, body_bytes: int) -> None:
        """What could not even be parsed."""
        self._metrics.request("_OTHER", status, "own", 0)
        self._events.request(
            line(
                prepare("?"),
                timestamp=time.time(),
                duration_ns=0,
                method="_OTHER",
                status=status,
                body_bytes=body_bytes,
            )
        )

    def failed(self, error: BaseException) -> None:
        """A fault of ours: its kind and where it was raised, no values."""
        self._events.emit("request_failed", level="error", error=error)

    def answered(self, method: str, status: int, door: str, duration_ns: int, count: int) -> None:
        """So many requests of the express lane, which took so long together; what their answers share with others is
        counted by `delivered`, and their lines are logged one by one.
        """
        self._metrics.request(method, status, door, duration_ns / 1e9 / count, count)

    def delivered(self, delivered: Told, reader: Reader, door: str, count: int = 1) -> None:
        """So many readings of one page, by readers of one location."""
        self.read(delivered, reader.location, count)
        self.read_at(delivered, reader, door, count)

    def read(self, delivered: Told, location: Location, count: int) -> None:
        """So many readings of one page, by readers about whom the same is decided, wherever they are."""
        level = "hit" if delivered.level == "memory" else "miss"
        self._metrics.add("gateway_cache_requests_total", ("memory", level), count)
        if delivered.decision is not None:
            self._metrics.decision(delivered.decision, location, count)

    def read_at(self, delivered: Told, reader: Reader, door: str, count: int) -> None:
        """So many of them by readers of one location."""
        self._metrics.add("gateway_client_address_source_total", (reader.address_source,), count)
        if delivered.facts is not None and delivered.decision is not None:
            self._facts.record(reader.location, delivered.decision, delivered.facts, door, self._clock(), count)

    @property
    def telling(self) -> bool:
        """Whether there is more to log of an hour that has ended."""
        return self._facts.telling

    def flush_facts(self, *, closing: bool = False, steps: int | None = None) -> None:
        """Log the hours that have ended, by so many steps."""
        for fields in self._facts.flush(self._clock(), closing=closing, steps=steps):
            self._events.emit("decision_facts", hour=fields["hour"], cells=fields["cells"])
