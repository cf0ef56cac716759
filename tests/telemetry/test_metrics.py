"""Numbers that Prometheus reads without a complaint, added up over workers."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import orjson
from prometheus_client.parser import text_string_to_metric_families

from gateway.geo.location import Location
from gateway.geo.region import Standing
from gateway.policy.decision import Decision, Reason, Treatments
from gateway.telemetry.metrics import COUNTERS, DURATION, DURATION_LABELS, GAUGES, SERIES_LIMIT, Metrics, merge, render

INTERFACE = """
http_server_request_duration_seconds{method,status,door} gateway_decisions_total{policy,treatment,standing}
gateway_unknown_readers_total gateway_cache_requests_total{level,status} gateway_cache_variant_refused_total
gateway_cache_memory_bytes gateway_stale_served_total gateway_geo_lookups_total{source,result} gateway_geo_shadow_total{result}
gateway_geo_build_timestamp_seconds{source} gateway_policy_reloads_total{result}
gateway_policy_last_success_timestamp_seconds gateway_policy_next_boundary_timestamp_seconds
gateway_notice_guard_failures_total gateway_client_address_source_total{source} gateway_redis_up
gateway_breaker_state{part} gateway_log_dropped_total gateway_event_loop_lag_seconds
gateway_workers_replaced_total{reason} gateway_past_the_front_total{reason} gateway_worker_memory_bytes
gateway_cache_fills_total{result} gateway_cache_recoded_total{result} gateway_policy_failures_total{policy} gateway_origin_events_total{event} gateway_locating_own_proxy{reason} gateway_address_header_seen{header}
"""


def values(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def filled() -> Metrics:
    metrics = Metrics()
    metrics.request("GET", 200, "html", 0.0007)
    metrics.request("GET", 200, "html", 0.3)
    metrics.request("BREW", 405, "own", 99.0)
    metrics.add("gateway_cache_requests_total", ("memory", "hit"), 3)
    metrics.gauge("gateway_redis_up", lambda: 1)
    metrics.gauge("gateway_cache_memory_bytes", lambda: 1000)
    metrics.gauge("gateway_geo_build_timestamp_seconds", lambda: 1.7e9, ("dbip",))
    return metrics


def test_the_names_and_labels_are_those_of_the_interface() -> None:
    named = {}
    for found in re.finditer(r"(\w+)(?:\{([\w,]+)\})?", INTERFACE):
        named[found[1]] = tuple(found[2].split(",")) if found[2] else ()
    own = {name: labels for name, (labels, _) in COUNTERS.items()} | {name: row[0] for name, row in GAUGES.items()}
    assert named.pop(DURATION) == DURATION_LABELS
    assert own == named


def test_what_is_told_apart_further_than_the_interface_says_is_summed() -> None:
    metrics = Metrics()
    metrics.set_total("gateway_cache_variant_refused_total", ("signature",), 3)
    metrics.set_total("gateway_cache_variant_refused_total", ("key",), 4)
    assert values(metrics.render())["gateway_cache_variant_refused_total", ()] == 7


def test_prometheus_reads_it_and_every_name_keeps_its_rules() -> None:
    families = list(text_string_to_metric_families(filled().render()))
    assert len(families) == len(COUNTERS) + len(GAUGES) + 1
    for family in families:
        assert family.documentation
        assert family.documentation.endswith(".")
        assert (family.type == "counter") == any(name.removesuffix("_total") == family.name for name in COUNTERS)
        assert not family.name.endswith(("_info", "_count", "_sum", "_bucket"))


def test_the_histogram_adds_up() -> None:
    read = values(filled().render())
    html = (("door", "html"), ("method", "GET"), ("status", "200"))
    assert read[f"{DURATION}_count", html] == 2
    assert abs(read[f"{DURATION}_sum", html] - 0.3007) < 1e-9
    buckets = [
        (float(dict(labels)["le"]), value)
        for (name, labels), value in read.items()
        if name == f"{DURATION}_bucket" and ("door", "html") in labels
    ]
    assert [value for _, value in sorted(buckets)] == sorted(value for _, value in buckets)
    assert dict(buckets)[0.0005] == 0
    assert dict(buckets)[0.001] == 1
    assert dict(buckets)[0.5] == 2
    assert dict(buckets)[float("inf")] == 2
    other = (("door", "own"), ("method", "_OTHER"), ("status", "405"))
    assert read[f"{DURATION}_count", other] == 1


def test_any_label_value_survives() -> None:
    metrics = Metrics()
    for odd in ('a"b', "a\\b", "a\nb", "ü—я", "\ud800"):
        metrics.add("gateway_policy_reloads_total", (odd,))
    read = values(metrics.render())
    assert read["gateway_policy_reloads_total", (("result", 'a"b'),)] == 1
    assert read["gateway_policy_reloads_total", (("result", "a\nb"),)] == 1
    assert read["gateway_policy_reloads_total", (("result", "ü—я"),)] == 1


def test_several_workers_are_one_in_the_exposition() -> None:
    one, two = filled(), filled()
    two.gauge("gateway_redis_up", lambda: 0)
    two.gauge("gateway_event_loop_lag_seconds", lambda: 0.25)
    sent = [orjson.loads(orjson.dumps(metrics.snapshot())) for metrics in (one, two)]
    read = values(render(sent))
    assert read["gateway_cache_requests_total", (("level", "memory"), ("status", "hit"))] == 6
    assert read["gateway_cache_memory_bytes", ()] == 2000
    assert read["gateway_redis_up", ()] == 0
    assert read["gateway_event_loop_lag_seconds", ()] == 0.25
    assert read[f"{DURATION}_count", (("door", "html"), ("method", "GET"), ("status", "200"))] == 4
    assert values(render([merge(sent)])) == read


def test_a_gauge_that_cannot_be_read_costs_only_itself() -> None:
    metrics = filled()
    metrics.gauge("gateway_event_loop_lag_seconds", lambda: 1 / 0)
    metrics.gauge("gateway_policy_next_boundary_timestamp_seconds", lambda: None)
    read = values(metrics.render())
    assert ("gateway_event_loop_lag_seconds", ()) not in read
    assert ("gateway_policy_next_boundary_timestamp_seconds", ()) not in read
    assert read["gateway_redis_up", ()] == 1


def test_labels_that_never_end_fill_no_memory() -> None:
    metrics = Metrics()
    for n in range(SERIES_LIMIT + 100):
        metrics.add("gateway_geo_lookups_total", (f"s{n}", "found"))
    assert len(metrics._counts["gateway_geo_lookups_total"]) == SERIES_LIMIT


def test_counts_kept_elsewhere_are_taken_over_at_scrape() -> None:
    metrics = Metrics()
    metrics.before_scrape(lambda: metrics.set_total("gateway_log_dropped_total", (), 7))
    assert values(metrics.render())["gateway_log_dropped_total", ()] == 7


def test_a_decision_counts_each_treatment_by_the_readers_standing() -> None:
    trace = (
        Reason("warn", True, Standing.POSSIBLE, "…", ("notice:w", "protect:sharing")),
        Reason("all", True, None, "…", ("notice:x",)),
        Reason("later", True, Standing.INSIDE, "…", ("block:b",), shadow=True),
        Reason("other", False, Standing.OUTSIDE, "…"),
    )
    metrics = Metrics()
    decision = Decision(Treatments(), trace, True, datetime(2027, 1, 1, tzinfo=UTC), "f")
    metrics.decision(decision, Location(unknown="no-record"))
    read = values(metrics.render())
    assert (
        read[
            "gateway_decisions_total", (("policy", "warn"), ("standing", "possible"), ("treatment", "protect:sharing"))
        ]
        == 1
    )
    assert read["gateway_decisions_total", (("policy", "all"), ("standing", "anyone"), ("treatment", "notice:x"))] == 1
    assert len([key for key in read if key[0] == "gateway_decisions_total"]) == 3
    assert read["gateway_unknown_readers_total", ()] == 1


def test_counting_is_quick() -> None:
    metrics = Metrics()
    began = time.perf_counter()
    for _ in range(20_000):
        metrics.request("GET", 200, "html", 0.002)
    assert (time.perf_counter() - began) / 20_000 < 50e-6
