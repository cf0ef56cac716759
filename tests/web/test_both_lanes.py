"""The express lane says what the natural lane would have said, byte for byte, or says nothing."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings

from tests.running import Running
from tests.web.conversations import HANDED_OVER, TARGETS, conversations
from tests.web.wire import SITE, Wire, get, timeless
from tests.web.world import PLAIN, READERS

LAST = get("/robots.txt", "Connection: close")
"""Ends the connection: as a request of its own, or as the malformed rest of what was left unfinished."""
STATUS = re.compile(rb"HTTP/1\.[01] [1-5][0-9]{2} ")


def say(running: Running, segments: Sequence[bytes]) -> bytes:
    """The whole answer. Who waits for what was asked is not at the mercy of how TCP joins segments: with a good and a
    bad request in one segment aiohttp answers the bad one only.
    """
    sent = b""
    with Wire(running.port) as wire:
        for segment in (*segments, LAST):
            sent += segment
            wire.send(segment)
            while len(STATUS.findall(wire.left)) < sent.count(b"\r\n\r\n") and wire.more_within(0.1):
                pass
        return timeless(wire.everything())


@pytest.fixture(scope="module")
def tags(site: Running, natural: Running) -> list[str]:
    """Entity tags of pages, all of which both gateways then have in memory."""
    found = set()
    for running in (site, natural):
        with Wire(running.port) as wire:
            for target in [*TARGETS, "/", "/feed.xml", "/-/transparency", "/articles/none"]:
                for address in READERS.values():
                    for accept in ("text/html", "application/json"):
                        for coding in ("gzip", "br", ""):
                            lines = [f"X-Forwarded-For: {address}", f"Accept: {accept}", f"Accept-Encoding: {coding}"]
                            response = wire.ask(target, *lines)
                            found.add(response["etag"])
    return sorted(found)


def lines_of(running: Running) -> Iterator[dict[str, object]]:
    for event in running.logged():
        for varies in ("@timestamp", "event.duration", "trace.id", "gateway.cache.status", "gateway.cache.level"):
            del event[varies]
        yield event


def lines_after(running: Running, count: int) -> list[dict[str, object]]:
    """What was logged since."""
    return list(lines_of(running))[count:]


def test_every_conversation_goes_alike_in_both_lanes_and_leaves_the_same_log(
    site: Running, natural: Running, tags: list[str]
) -> None:
    converse_alike(site, natural, tags, count=1000)


@pytest.mark.acceptance
@pytest.mark.timeout(900)
def test_ten_thousand_conversations_more(site: Running, natural: Running, tags: list[str]) -> None:
    converse_alike(site, natural, tags, count=10_000)


def converse_alike(site: Running, natural: Running, tags: list[str], *, count: int) -> None:
    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(conversations(tags))
    def converse(segments: list[bytes]) -> None:
        first, second = say(site, segments), say(natural, segments)
        deadline = time.monotonic() + 20
        while first != second and time.monotonic() < deadline:
            time.sleep(0.05)  # a page that was asked for often is coded again, by each gateway in its own time
            first, second = say(site, segments), say(natural, segments)
        assert first == second, f"{segments}\n\n{first!r}\n\n{second!r}"

    logged = [len(lines_after(running, 0)) for running in (site, natural)]
    converse()
    express, other = (lines_after(running, count) for running, count in zip((site, natural), logged, strict=True))
    lanes = [line.pop("gateway.lane") for line in express]
    assert {line.pop("gateway.lane") for line in other} == {"natural"}
    for line in (*express, *other):  # a page that was coded again has another tag, and other bytes
        line.pop("http.response.body.bytes", None)
        if line["http.response.status_code"] == 304:
            line["http.response.status_code"] = 200
    # As many of each, in whatever order: two connections of one conversation may be answered in either.
    assert Counter(map(json.dumps, express)) == Counter(map(json.dumps, other))
    assert lanes.count("express") > len(lanes) // 6


PLAIN_REQUESTS = [
    get(f"/articles/{PLAIN}"),
    get(f"/articles/{PLAIN}", method="HEAD"),
    get(f"/articles/{PLAIN}.json", "Accept-Encoding: br"),
    get("/articles/ferry", f"X-Forwarded-For: {READERS['RU']}", "Accept-Encoding: gzip, deflate, br, zstd"),
    get("/articles/ferry", f"x-forwarded-for: 6.6.6.6,{READERS['RU']}", "Accept: application/json"),
    get("/articles/ferry", "If-None-Match: *"),
    get(
        f"/articles/{PLAIN}",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Language: de,en-US;q=0.7,en;q=0.3",
        "Accept-Encoding: gzip, deflate, br, zstd",
        f"Referer: http://{SITE}/",
        "Connection: keep-alive",
        "Cookie: a=b; c=d",
        "Upgrade-Insecure-Requests: 1",
        "Sec-Fetch-Dest: document",
        "Priority: u=0, i",
        "CF-Ray: 8f0000000000-VIE",
        "CDN-Loop: cloudflare",
        "X-Forwarded-Proto: https",
        f"X-Forwarded-For: {READERS['AT']}",
    ),
]
LEFT_TO_AIOHTTP = [
    *(get(f"/articles/{PLAIN}", line) for line in HANDED_OVER if line != b"Content-Length: 5"),
    *(get(f"/articles/{PLAIN}", line, line) for line in (b"User-Agent: x", b"Accept: */*", b"If-None-Match: *")),
    get("/articles/court", f"X-Forwarded-For: {READERS['DE']}"),
    get("/articles/moved", f"X-Forwarded-For: {READERS['DE']}"),
    get(f"/articles/{PLAIN}?utm_source=x"),
    get(f"/articles/{PLAIN}", method="OPTIONS"),
    get(f"http://{SITE}/articles/{PLAIN}"),
    get(f"/articles/{PLAIN}", version="HTTP/1.0"),
    get(f"/articles/{PLAIN}") * 2,
    get("/"),
]


def lanes_of(running: Running, requests: Sequence[bytes]) -> list[object]:
    """The lanes that answered, each request on a connection of its own."""
    count = len(lines_after(running, 0))
    for request in requests:
        with Wire(running.port) as wire:
            wire.send(request).response(request.partition(b" ")[0].decode())
    return [line["gateway.lane"] for line in lines_after(running, count)]


def test_a_plain_request_takes_the_express_lane_even_as_the_first_of_its_connection(
    site: Running, tags: list[str]
) -> None:
    assert tags
    assert lanes_of(site, PLAIN_REQUESTS) == ["express"] * len(PLAIN_REQUESTS)


def test_what_is_not_plain_is_left_to_aiohttp(site: Running, tags: list[str]) -> None:
    assert tags
    assert set(lanes_of(site, LEFT_TO_AIOHTTP)) == {"natural"}


def test_a_head_cut_at_any_byte_is_answered_like_a_whole_one(site: Running, natural: Running, tags: list[str]) -> None:
    request = get("/articles/ferry", f"X-Forwarded-For: {READERS['RU']}", f"If-None-Match: {tags[0]}")
    whole = say(natural, [request])
    for place in range(1, len(request)):
        assert say(site, [request[:place], request[place:]]) == whole, place


def test_a_client_that_goes_away_in_the_middle_leaves_nothing_behind(site: Running) -> None:
    request = get("/articles/ferry")
    for place in range(0, len(request), 5):
        with Wire(site.port) as wire:
            wire.send(request[:place])
    with Wire(site.port) as wire:
        assert wire.ask("/articles/ferry").status == 200


def test_the_next_request_is_answered_right_after_one_that_was_left_to_aiohttp(site: Running, tags: list[str]) -> None:
    plain, odd = get(f"/articles/{PLAIN}"), get(f"/articles/{PLAIN}", "Range: bytes=0-1")
    assert tags
    with Wire(site.port) as wire:
        answers = {timeless(wire.send(request).response().raw) for request in (plain, odd, odd, plain, odd, plain)}
    assert len(answers) == 1


def test_both_lanes_count_the_same_bytes_and_inherit_the_same_trace(
    site: Running, natural: Running, tags: list[str]
) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    said = []
    for running in (site, natural):
        count = len(lines_after(running, 0))
        with Wire(running.port) as wire:
            for target in TARGETS:
                wire.ask(target, "Accept-Encoding: identity", f"traceparent: 00-{trace}-b7ad6b7169203331-01")
                wire.ask(target, f"If-None-Match: {tags[0]}", "Accept-Encoding: identity")
        varies = ("@timestamp", "event.duration", "gateway.lane", "gateway.cache.status", "gateway.cache.level")
        lines = [{key: value for key, value in line.items() if key not in varies} for line in running.logged()]
        inherited = [line.pop("trace.id") == trace for line in lines[count:]]
        said.append((lines[count:], inherited))
    assert said[0] == said[1]
    assert any(said[0][1])
