"""The one log line of a request. Pure: the fields that hold for a decision and a place are encoded once, the rest
of a request is spliced in.

Where `protect` applies the line must not single a reader out: time cut to the minute, no bytes, no inherited trace
id, nothing below country.
"""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import orjson

from gateway import __version__
from gateway.content.article import Facts
from gateway.geo.location import Location
from gateway.geo.region import Region
from gateway.policy.decision import Decision
from gateway.telemetry.catalogue import ECS_VERSION
from gateway.telemetry.scrub import text

PATH_LIMIT = 512
METHODS = {name: name.encode() for name in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE")}
_random = random.Random(os.urandom(32))  # noqa: S311  (a trace id is a name, no secret)
_WORD = re.compile(r"[a-z0-9-]{1,32}")
_TRACE = re.compile(r"[0-9a-f]{32}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")


@dataclass(frozen=True, slots=True)
class PreparedLine:
    """All of a line that is the same for every request with this decision, place and path."""

    tail: bytes
    protected: bool


def prepare(
    path: str,
    *,
    location: Location | None = None,
    decision: Decision | None = None,
    facts: Facts | None = None,
    regions: Mapping[str, Region] | None = None,
    revision: str = "",
    door: str = "own",
    preview: bool = False,
) -> PreparedLine:
    """The part that may be kept as long as decision, location, facts and policy revision are the same ones.

    `path`: canonical, without query. `regions`: those that standings are known for, to tell which are whole countries.
    """
    protected = decision is not None and bool(decision.treatments.protect)
    fields: dict[str, object] = {"url.path": text(path, PATH_LIMIT), "gateway.door": door}
    if location is not None:
        # Without a decision nothing asked where the reader is more closely, so nothing is told: the request for a style
        # sheet, a moment after the article's, would give away what the article's own line keeps.
        fields |= _place(location, regions or {}, protected or decision is None)
    if facts is not None:
        fields |= {"gateway.article.id": text(facts.slug), "gateway.article.version": facts.version}
    if decision is not None:
        fields |= {
            "gateway.decision.policies": decision.policies,
            "gateway.decision.treatments": decision.treatments.names(),
            "gateway.decision.shadow": decision.shadow,
            "gateway.decision.fingerprint": decision.fingerprint,
        }
    if revision:
        fields["gateway.policy.revision"] = revision
    if preview:
        fields["gateway.preview"] = True
    fields |= {
        "log.level": "info",
        "event.action": "request",
        "service.name": "gateway",
        "service.version": __version__,
        "ecs.version": ECS_VERSION,
    }
    return PreparedLine(b"," + orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)[1:], protected)


def line(
    prepared: PreparedLine,
    *,
    timestamp: float,
    duration_ns: int,
    method: str,
    status: int,
    body_bytes: int,
    cache_status: str = "none",
    cache_level: str = "none",
    lane: str = "natural",
    trace_id: str = "",
) -> bytes:
    """The whole line, newline included. `timestamp`: seconds since the epoch; `trace_id`: inherited, or empty."""
    if prepared.protected:
        moment, sent, trace_id = _minute(timestamp), b"", ""
    else:
        moment, sent = _millisecond(timestamp), b'"http.response.body.bytes":%d,' % body_bytes
    return (
        b'{"@timestamp":"%b","event.duration":%d,"trace.id":"%b","http.request.method":"%b",'
        b'"http.response.status_code":%d,%b"gateway.cache.status":"%b","gateway.cache.level":"%b","gateway.lane":"%b"%b'
        % (
            moment,
            duration_ns,
            trace_id.encode() if trace_id and _TRACE.fullmatch(trace_id) else b"%032x" % _random.getrandbits(128),
            METHODS.get(method, b"_OTHER"),
            status,
            sent,
            _word(cache_status),
            _word(cache_level),
            _word(lane),
            prepared.tail,
        )
    )


def inherited_trace(traceparent: str | None) -> str:
    """The trace id of a W3C `traceparent` field; empty where there is none that can be read."""
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    return match[1] if match and match[1].strip("0") else ""


def _place(location: Location, regions: Mapping[str, Region], country_only: bool) -> dict[str, object]:
    standings = [
        f"{name}:{standing}"
        for name, standing in sorted(location.standings.items())
        if standing and not (country_only and _below_country(name, regions.get(name)))
    ]
    fields: dict[str, object] = {"gateway.standings": standings, "gateway.disputed": location.disputed}
    if location.country:
        fields["client.geo.country_iso_code"] = location.country
    if location.unknown:
        fields["gateway.unknown"] = location.unknown
    return fields


def _below_country(name: str, region: Region | None) -> bool:
    """Whether standing in this region says more than a country would."""
    if region is None:
        return "-" in name
    if region.networks or region.hosts:
        return True
    return any("-" in code for code in region.wholly | region.partly)


@lru_cache(maxsize=64)
def _word(word: str) -> bytes:
    return word.encode() if _WORD.fullmatch(word) else b"other"


_second = (-1, b"")


def _millisecond(timestamp: float) -> bytes:
    global _second  # noqa: PLW0603  (one line in ten thousand formats a date; two threads at worst format it twice)
    whole = int(timestamp)
    known = _second
    if known[0] != whole:
        known = _second = (whole, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)).encode())
    return b"%b.%03dZ" % (known[1], int((timestamp - whole) * 1000))


def _minute(timestamp: float) -> bytes:
    return _millisecond(timestamp)[:17] + b"00Z"
