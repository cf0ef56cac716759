"""The gateway's own counters: plain increments on the request's way, Prometheus' text only when somebody asks.

A worker's numbers leave it as a snapshot (plain values); `merge` makes one exposition of several workers' snapshots.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence

from gateway.geo.location import Location
from gateway.geo.region import Standing
from gateway.policy.decision import Decision

Labels = tuple[str, ...]
Snapshot = dict[str, list[tuple[list[str], list[float]]]]

BUCKETS_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
SERIES_LIMIT = 10_000
METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

COUNTERS: Mapping[str, tuple[Labels, str]] = {
    "gateway_decisions_total": (("policy", "treatment", "standing"), "Treatments applied, by policy and standing."),
    "gateway_unknown_readers_total": ((), "Readings whose place is unknown."),
    "gateway_cache_requests_total": (("level", "status"), "Look-ups by cache level: hit or miss."),
    "gateway_cache_variant_refused_total": ((), "Stored pages that failed their check and were not used."),
    "gateway_cache_fills_total": (("result",), "Pages that were missing: made, made after waiting, or made by others."),
    "gateway_cache_recoded_total": (("result",), "Pages in better codings: coded here, taken over, or failed."),
    "gateway_origin_events_total": (("event",), "At the origin: requests, retries, probes, failing statuses, faults."),
    "gateway_stale_served_total": ((), "Pages served stale."),
    "gateway_geo_lookups_total": (("source", "result"), "GeoIP look-ups: found, abstained or failed."),
    "gateway_geo_shadow_total": (("result",), "New locations by which the shadow GeoIP files agree, differ or failed."),
    "gateway_policy_reloads_total": (("result",), "Policy reloads: accepted or rejected."),
    "gateway_policy_failures_total": (("policy",), "Policies that could not be decided, once a revision."),
    "gateway_notice_guard_failures_total": ((), "Pages in which a due notice was missing before the guard mended it."),
    "gateway_client_address_source_total": (("source",), "Where the reader's address was taken from."),
    "gateway_past_the_front_total": (("reason",), "Requests refused since they came past the proxies in front."),
    "gateway_log_dropped_total": ((), "Log lines lost."),
    "gateway_workers_replaced_total": (("reason",), "Workers replaced: they died, or took too much memory."),
}

GAUGES: Mapping[str, tuple[Labels, str, Callable[[Iterable[float]], float]]] = {
    "gateway_cache_memory_bytes": ((), "Bytes of pages in memory.", sum),
    "gateway_geo_build_timestamp_seconds": (("source",), "When each GeoIP database was built.", min),
    "gateway_policy_last_success_timestamp_seconds": ((), "When the policy set in force was activated.", min),
    "gateway_policy_next_boundary_timestamp_seconds": ((), "When some policy next starts or ends.", min),
    "gateway_redis_up": ((), "1 while Redis is being asked.", min),
    "gateway_breaker_state": (("part",), "1 while the breaker of this part is open.", max),
    "gateway_locating_own_proxy": (("reason",), "1 while most readers seem to be where the own proxy is.", max),
    "gateway_address_header_seen": (
        ("header",),
        "1 if a header that claims an address or a place came in.",
        max,
    ),
    "gateway_event_loop_lag_seconds": ((), "How late the event loop is.", max),
    "gateway_worker_memory_bytes": ((), "Memory that the largest worker holds for itself.", max),
}
"""Gauges are read at scrape; the function merges several workers' values."""

DURATION = "http_server_request_duration_seconds"
DURATION_LABELS = ("method", "status", "door")
_HELP_DURATION = "Time from the request's head to the last byte handed over."
_STANDINGS = {standing: str(standing) for standing in Standing}


class Metrics:
    """All numbers of one process. Not locked: one thread counts, and a scrape reads what is there."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[Labels, float]] = {name: {} for name in COUNTERS}
        self._histogram: dict[Labels, list[float]] = {}
        self._gauges: dict[str, dict[Labels, Callable[[], float | None]]] = {name: {} for name in GAUGES}
        for name, (labels, _) in COUNTERS.items():
            if not labels:
                self._counts[name][()] = 0  # a series that exists from the start can be alarmed on
        self._before_scrape: list[Callable[[], None]] = []

    def add(self, name: str, labels: Labels = (), amount: float = 1) -> None:
        """Count. `labels` are values in the order of COUNTERS[name]; what is told apart further is summed at scrape."""
        series = self._counts[name]
        known = series.get(labels)
        if known is not None:
            series[labels] = known + amount
        elif len(series) < SERIES_LIMIT:
            series[labels] = amount

    def set_total(self, name: str, labels: Labels, total: float) -> None:
        """Take over a count that is kept elsewhere; for `before_scrape`."""
        self._counts[name][labels] = total

    def gauge(self, name: str, read: Callable[[], float | None], labels: Labels = ()) -> None:
        """Read this at scrape. None, or an exception, leaves the series out."""
        self._gauges[name][labels] = read

    def forget_gauges(self, name: str) -> None:
        """Drop all series of a gauge: their sources were replaced."""
        self._gauges[name].clear()

    def before_scrape(self, update: Callable[[], None]) -> None:
        """Call this at each scrape, to take over what is counted elsewhere."""
        self._before_scrape.append(update)

    def request(self, method: str, status: int, door: str, seconds: float, count: int = 1) -> None:
        """A request was answered; or so many, each in `seconds`, as far as the buckets tell times apart."""
        labels = (method if method in METHODS else "_OTHER", str(status), door)
        cells = self._histogram.get(labels)
        if cells is None:
            cells = self._histogram[labels] = [0.0] * (len(BUCKETS_SECONDS) + 2)
        cells[bisect_left(BUCKETS_SECONDS, seconds)] += count
        cells[-1] += seconds * count

    def decision(self, decision: Decision, location: Location, times: int = 1) -> None:
        """What a decision did, so many times: each policy's treatments, by the reader's standing."""
        if location.unknown:
            self.add("gateway_unknown_readers_total", amount=times)
        for labels in decision_labels(decision):
            self.add("gateway_decisions_total", labels, times)

    def snapshot(self) -> Snapshot:
        """All numbers as plain values, fit for JSON."""
        for update in self._before_scrape:
            update()
        taken: Snapshot = {
            name: [(list(labels), [value]) for labels, value in _summed(series, len(COUNTERS[name][0])).items()]
            for name, series in self._counts.items()
        }
        taken[DURATION] = [(list(labels), list(cells)) for labels, cells in list(self._histogram.items())]
        for name, readers in self._gauges.items():
            taken[name] = []
            for labels, read in list(readers.items()):
                try:
                    value = read()
                except Exception:  # noqa: BLE001, S112  (a gauge that cannot be read must not cost the others)
                    continue
                if value is not None:
                    taken[name].append((list(labels), [float(value)]))
        return taken

    def render(self) -> str:
        """Prometheus' text format of this process alone."""
        return render([self.snapshot()])


def decision_labels(decision: Decision) -> tuple[Labels, ...]:
    """The series of `gateway_decisions_total` that a decision counts in: computed once for a decision that is kept."""
    return tuple(
        (reason.policy, treatment, _STANDINGS[reason.standing] if reason.standing is not None else "anyone")
        for reason in decision.trace
        if not reason.shadow
        for treatment in reason.applied
    )


def _summed(series: Mapping[Labels, float], width: int) -> dict[Labels, float]:
    summed: dict[Labels, float] = {}
    for labels, value in list(series.items()):
        summed[labels[:width]] = summed.get(labels[:width], 0) + value
    return summed


def merge(snapshots: Sequence[Snapshot]) -> Snapshot:
    """One snapshot of several workers': counts and histograms added, gauges as GAUGES says."""
    merged: Snapshot = {}
    for name in (*COUNTERS, *GAUGES, DURATION):
        series: dict[Labels, list[list[float]]] = {}
        for taken in snapshots:
            for labels, values in taken.get(name, ()):
                series.setdefault(tuple(labels), []).append(values)
        combine = GAUGES[name][2] if name in GAUGES else sum
        merged[name] = [
            (list(labels), [float(combine(column)) for column in zip(*rows, strict=True)])
            for labels, rows in sorted(series.items())
        ]
    return merged


def render(snapshots: Sequence[Snapshot]) -> str:
    """Prometheus' text format (version 0.0.4) of all workers together."""
    merged = merge(snapshots)
    lines: list[str] = []
    for name, (names, about) in COUNTERS.items():
        lines += [f"# HELP {name} {about}", f"# TYPE {name} counter"]
        lines += [f"{name}{_labels(names, labels)} {_number(value)}" for labels, (value,) in merged[name]]
    for name, (names, about, _) in GAUGES.items():
        lines += [f"# HELP {name} {about}", f"# TYPE {name} gauge"]
        lines += [f"{name}{_labels(names, labels)} {_number(value)}" for labels, (value,) in merged[name]]
    lines += [f"# HELP {DURATION} {_HELP_DURATION}", f"# TYPE {DURATION} histogram"]
    for labels, cells in merged[DURATION]:
        lines += _histogram_lines(labels, cells)
    return "\n".join(lines) + "\n"


def _histogram_lines(labels: Sequence[str], cells: Sequence[float]) -> Iterable[str]:
    total = 0.0
    for bound, count in zip((*map(_number, BUCKETS_SECONDS), "+Inf"), cells[:-1], strict=True):
        total += count
        yield f"{DURATION}_bucket{_labels((*DURATION_LABELS, 'le'), (*labels, bound))} {_number(total)}"
    yield f"{DURATION}_sum{_labels(DURATION_LABELS, labels)} {_number(cells[-1])}"
    yield f"{DURATION}_count{_labels(DURATION_LABELS, labels)} {_number(total)}"


def _labels(names: Sequence[str], values: Sequence[str]) -> str:
    if not names:
        return ""
    pairs = zip(names, values, strict=True)
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs) + "}"


def _escaped(value: str) -> str:
    said = value.encode("utf-8", "backslashreplace").decode()
    return said.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
