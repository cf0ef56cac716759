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
from collections.abc import Iterator, Mapping
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
    """All of a line that is the same for every request with this decision and path (`shared`), and for every reader at
    this place (`place`, with the line's end). `protected`: nothing may single a reader out; `country_only`: nothing
    below country may be told of the place.
    """

    shared: bytes
    place: bytes
    protected: bool
    country_only: bool

    @property
    def tail(self) -> bytes:
        """Both, as the line ends."""
        return self.shared + self.place


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
    # Without a decision nothing asked where the reader is more closely, so nothing is told: the request for a style
    # sheet, a moment after the article's, would give away what the article's own line keeps.
    country_only = protected or decision is None
    fields: dict[str, object] = {"url.path": text(path, PATH_LIMIT), "gateway.door": door}
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
    there = b"}\n" if location is None else place(location, regions or {}, country_only=country_only)
    return PreparedLine(b"," + orjson.dumps(fields)[1:-1], there, protected, country_only)


def place(location: Location, regions: Mapping[str, Region], *, country_only: bool) -> bytes:
    """What is told of where a reader is, and the line's end."""
    fields = _place(location, regions, country_only)
    return b"," + orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)[1:]


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
    moment = millisecond(int(timestamp * 1000))
    said = rest(
        prepared,
        method=method,
        status=status,
        body_bytes=body_bytes,
        cache_status=cache_status,
        cache_level=cache_level,
        lane=lane,
    )
    at = to_minute(moment) if prepared.protected else moment
    return LINE % (at, duration_ns, trace(prepared, trace_id), said, prepared.place)


LINE = b'{"@timestamp":"%b","event.duration":%d,"trace.id":"%b","http.request.method":"%b%b'
"""Moment, duration in ns, trace id, the `rest`, and the `place`: what of a line is other for each request."""


def rest(
    prepared: PreparedLine,
    *,
    method: str,
    status: int,
    body_bytes: int,
    cache_status: str,
    cache_level: str,
    lane: str,
) -> bytes:
    """All of a line, but for the place, that may be kept as long as the same bytes are sent."""
    sent = b"" if prepared.protected else b'"http.response.body.bytes":%d,' % body_bytes
    return (
        b'%b","http.response.status_code":%d,%b"gateway.cache.status":"%b","gateway.cache.level":"%b",'
        b'"gateway.lane":"%b"%b'
        % (
            METHODS.get(method, b"_OTHER"),
            status,
            sent,
            _word(cache_status),
            _word(cache_level),
            _word(lane),
            prepared.shared,
        )
    )


def trace(prepared: PreparedLine, inherited: str) -> bytes:
    """The trace id to tell: the one inherited, where there is one and nothing forbids it; else a new one."""
    return (
        inherited.encode() if inherited and not prepared.protected and _TRACE.fullmatch(inherited) else next(new_traces)
    )


def _new_traces() -> Iterator[bytes]:
    while True:
        block = _random.randbytes(16 * 512).hex().encode()
        for at in range(0, len(block), 32):
            yield block[at : at + 32]


new_traces = _new_traces()
"""Random trace ids, made by the block since that takes a third of the time."""


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


def millisecond(milliseconds: int) -> bytes:
    """This moment since the epoch as the log writes it."""
    global _second  # noqa: PLW0603  (one line in ten thousand formats a date; two threads at worst format it twice)
    whole = milliseconds // 1000
    known = _second
    if known[0] != whole:
        known = _second = (whole, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)).encode())
    return b"%b.%03dZ" % (known[1], milliseconds % 1000)


def to_minute(moment: bytes) -> bytes:
    """A moment cut to its minute."""
    return moment[:17] + b"00Z"
