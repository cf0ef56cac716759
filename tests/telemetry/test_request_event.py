"""The request's line: every field as the interface names it, and nothing that singles a reader out."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.content.article import Facts
from gateway.geo.location import Location
from gateway.geo.region import Place, Region, Standing
from gateway.policy.decision import Decision, Reason, Treatments
from gateway.telemetry.catalogue import REQUEST_FIELDS, schema
from gateway.telemetry.request_event import PATH_LIMIT, inherited_trace, line, prepare

FACTS = Facts("ferry", "v1", "en", "world", frozenset(), datetime(2026, 1, 1, tzinfo=UTC))
REGIONS = {
    "RU": Region("RU", wholly=frozenset({"RU"})),
    "UA-43": Region("UA-43", wholly=frozenset({"UA-43"})),
    "held": Region("held", wholly=frozenset({"UA-43"}), partly=frozenset({"UA-09"})),
    "eea": Region("eea", wholly=frozenset({"AT", "BE"})),
    "mirrors": Region("mirrors", hosts=frozenset({"m.example"})),
}
LOCATION = Location(
    evidence=(Place("one", "RU", "UA-43"), Place("two", "UA", "UA-43")),
    standings={
        "RU": Standing.INSIDE,
        "UA-43": Standing.CONFIRMED,
        "held": Standing.CONFIRMED,
        "eea": Standing.OUTSIDE,
        "mirrors": Standing.POSSIBLE,
        "unknown": Standing.OUTSIDE,
    },
)
TRACE = (
    Reason("warn", matched=True, standing=Standing.CONFIRMED, reason="…", applied=("notice:w",)),
    Reason("later", matched=True, standing=Standing.INSIDE, reason="…", applied=("block:b",), shadow=True),
)
PLAIN = Decision(Treatments(), TRACE, depends_on_place=True, valid_until=None, fingerprint="f1")
PROTECTED = replace(PLAIN, treatments=Treatments(protect=frozenset({"sharing", "donating"})))
MOMENT = datetime(2026, 11, 23, 10, 14, 16, 123_456, tzinfo=UTC).timestamp()
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


def logged(decision: Decision = PLAIN, **given: object) -> dict[str, object]:
    prepared = prepare(
        "/articles/ferry",
        location=LOCATION,
        decision=decision,
        facts=FACTS,
        regions=REGIONS,
        revision="r1",
        door="html",
    )
    values: dict[str, object] = {
        "timestamp": MOMENT, "duration_ns": 1234, "method": "GET", "status": 200, "body_bytes": 999,
        "cache_status": "hit", "cache_level": "memory", "lane": "natural", "trace_id": TRACE_ID,
    } | given  # fmt: skip
    raw = line(prepared, **values)  # type: ignore[arg-type]
    assert raw.endswith(b"}\n")
    assert raw.count(b"\n") == 1
    return json.loads(raw)  # type: ignore[no-any-return]


def test_every_field_is_there_under_its_name() -> None:
    assert logged() == {
        "@timestamp": "2026-11-23T10:14:16.123Z",
        "log.level": "info",
        "ecs.version": logged()["ecs.version"],
        "event.action": "request",
        "event.duration": 1234,
        "service.name": "gateway",
        "service.version": logged()["service.version"],
        "trace.id": TRACE_ID,
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.response.body.bytes": 999,
        "url.path": "/articles/ferry",
        "gateway.standings": ["RU:inside", "UA-43:confirmed", "held:confirmed", "mirrors:possible"],
        "gateway.disputed": True,
        "gateway.article.id": "ferry",
        "gateway.article.version": "v1",
        "gateway.decision.policies": ["warn"],
        "gateway.decision.treatments": [],
        "gateway.decision.shadow": ["later=block:b"],
        "gateway.decision.fingerprint": "f1",
        "gateway.policy.revision": "r1",
        "gateway.cache.status": "hit",
        "gateway.cache.level": "memory",
        "gateway.door": "html",
        "gateway.lane": "natural",
    }


def test_the_country_is_the_one_on_which_most_sources_agree() -> None:
    agreed = replace(LOCATION, evidence=(Place("one", "LV"), Place("two", "LV"), Place("three", "EE")))
    assert b'"client.geo.country_iso_code":"LV"' in prepare("/", location=agreed).tail


def test_where_protect_applies_nothing_singles_a_reader_out() -> None:
    told = logged(PROTECTED)
    assert told["@timestamp"] == "2026-11-23T10:14:00Z"
    assert "http.response.body.bytes" not in told
    assert told["trace.id"] != TRACE_ID
    assert re.fullmatch("[0-9a-f]{32}", str(told["trace.id"]))
    assert told["gateway.standings"] == ["RU:inside"]
    assert "UA-43" not in json.dumps(
        {name: value for name, value in told.items() if name != "gateway.decision.treatments"}
    )


def test_a_code_below_country_is_hidden_even_where_its_region_is_not_at_hand() -> None:
    prepared = prepare("/", location=LOCATION, decision=PROTECTED)
    assert b"UA-43" not in prepared.tail


def test_a_request_without_a_decision_tells_nothing_below_country() -> None:
    assert b"UA-43" not in prepare("/-/assets/site.css", location=LOCATION, regions=REGIONS).tail
    assert b'"RU:inside"' in prepare("/-/assets/site.css", location=LOCATION, regions=REGIONS).tail


def test_a_trace_id_is_inherited_only_if_it_is_one() -> None:
    assert inherited_trace(f"00-{TRACE_ID}-b7ad6b7169203331-01") == TRACE_ID
    for wrong in (
        None,
        "",
        "00-0-0-0",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{TRACE_ID.upper()}-b7ad6b7169203331-01",
        TRACE_ID,
    ):
        assert inherited_trace(wrong) == ""
    assert logged(trace_id='"injected')["trace.id"] != '"injected'
    assert logged(trace_id="")["trace.id"] != logged(trace_id="")["trace.id"]


@given(st.text(), st.text(), st.text())
def test_whatever_a_client_sends_the_line_is_one_and_valid(path: str, method: str, word: str) -> None:
    prepared = prepare(path, door="own")
    raw = line(
        prepared,
        timestamp=MOMENT,
        duration_ns=1,
        method=method,
        status=404,
        body_bytes=0,
        cache_status=word,
        lane=word,
        trace_id=word,
    )
    told = json.loads(raw)
    assert len(raw.decode().splitlines()) == 1
    assert len(told["url.path"]) <= PATH_LIMIT + 1
    assert told["http.request.method"] in (
        "GET",
        "HEAD",
        "OPTIONS",
        "POST",
        "PUT",
        "DELETE",
        "PATCH",
        "TRACE",
        "_OTHER",
    )


def test_every_byte_in_a_path_makes_one_valid_line() -> None:
    for number in range(1, 256):
        for form in (chr(number), bytes([number]).decode("utf-8", "surrogateescape")):
            raw = line(
                prepare(f"/a{form}b"), timestamp=MOMENT, duration_ns=1, method=f"G{form}", status=400, body_bytes=0
            )
            assert json.loads(raw)["http.request.method"] == "_OTHER"
            assert len(raw.decode("utf-8").splitlines()) == 1


def test_the_catalogue_and_the_line_name_the_same_fields() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    hidden = replace(LOCATION, evidence=(), unknown="no-record")
    lines = [
        line(
            prepare("/", location=place, decision=PLAIN, facts=FACTS, revision="r", preview=True),
            timestamp=MOMENT,
            duration_ns=1,
            method="GET",
            status=200,
            body_bytes=1,
        )
        for place in (LOCATION, hidden, replace(LOCATION, evidence=(Place("one", "LV"),)))
    ]
    fields = {name for one in lines for name in json.loads(one)}
    assert fields == set(REQUEST_FIELDS)
    for one in lines:
        jsonschema.validate(json.loads(one), schema())


def test_milliseconds_and_seconds_follow_the_clock_backwards_too() -> None:
    stamps = [logged(timestamp=MOMENT + shift)["@timestamp"] for shift in (0, 1, -3600, 0.0004, 59)]
    assert stamps == [
        "2026-11-23T10:14:16.123Z",
        "2026-11-23T10:14:17.123Z",
        "2026-11-23T09:14:16.123Z",
        "2026-11-23T10:14:16.123Z",
        "2026-11-23T10:15:15.123Z",
    ]
