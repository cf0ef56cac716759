"""The express lane says what the natural lane would have said, byte for byte, or says nothing."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.running import Running
from tests.web.wire import HOST, SITE, Wire, get, timeless
from tests.web.world import ARTICLES, PLAIN, READERS

LAST = get("/robots.txt", "Connection: close")
"""Ends the connection: as a request of its own, or as the malformed rest of what was left unfinished."""
STATUS = re.compile(rb"HTTP/1\.[01] [1-5][0-9]{2} ")

TARGETS = [
    *(f"/articles/{slug}" for slug in ARTICLES),
    *(f"/articles/{slug}.json" for slug in ARTICLES),
]
ODD_TARGETS = [
    "/", "/feed.xml", "/robots.txt", "/nothing", "/media/pixel.png", "/-/transparency", "/articles/none", "*", "",
    f"/articles/{PLAIN}?", f"/articles/{PLAIN}?utm_source=x", f"/articles/{PLAIN}/", f"/articles/{PLAIN}.html",
    "/articles/%6darket-day", f"/articles/{PLAIN.upper()}", f"//articles/{PLAIN}", f"/articles/./{PLAIN}",
    f"/articles/{PLAIN}#top", f"/articles/{PLAIN};x", f"http://{SITE}/articles/{PLAIN}", f"http://evil/articles/{PLAIN}",
    f"/articles/{PLAIN}?preview=x", f'/articles/{PLAIN}"', "/articles/ferry%00", "/articles/" + "a" * 3000,
]  # fmt: skip
HOSTS = [
    SITE, SITE.upper(), f"{SITE}:80", f"{SITE}.", f"{SITE}:", "mirror.example", "mirror.example.:8080", "evil.example", "",
    f"user@{SITE}", f"{SITE}:80@evil", f"{SITE}/x", f"evil:{SITE}", "[::1]", f"{SITE},evil", f"{SITE} ", f"{SITE}:123456",
    f"xn--{SITE}", f"{SITE}\xa0", f".{SITE}", f"{SITE}..",
]  # fmt: skip
ACCEPTS = [
    "*/*", "text/html", "application/json", "text/html;q=0.1, application/json;q=0.2", "application/json;q=0",
    "application/json;q=1.0000", "application/json;q=nan", "application/json;q=1_0", "APPLICATION/JSON", "json",
    "application/json\xa0", "application/json;q=\xb9", "application/json ;q=0.9,text/html; q=0.8",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", "", ",", "application/json;q=0.9;x=y",
]  # fmt: skip
CODINGS = [
    "gzip, deflate, br, zstd", "gzip", "br", "identity", "gzip;q=0", "*;q=0", "br;q=0.5, gzip;q=1.0", "x-gzip", "GZIP",
    "", "*", "identity;q=0", "gzip;q=2", "gzip;q=0.5, gzip;q=0", "br\xa0", "gzip\t;q=0.1, br", "zstd", "gzip;q=0.0001",
]  # fmt: skip
ADDRESSES = [*READERS.values(), "6.6.6.6, " + READERS["RU"], READERS["NG"] + ", 127.0.0.1", "nonsense", "", "::1", ",,",
             "::ffff:" + READERS["DE"], READERS["DE"] + ":80", READERS["DE"] + "\xa0", ", ".join(["127.0.0.1"] * 40)]  # fmt: skip
CASES: Sequence[Callable[[str], str]] = (str.lower, str.upper, str.title, str)


def spelt(draw: st.DrawFn, name: str, values: Sequence[str]) -> bytes:
    """A field with its name, spaces and value in one of their spellings."""
    value = draw(st.sampled_from(values))
    before, after = draw(st.sampled_from([("", ""), (" ", ""), ("\t ", " \t"), ("  ", "")]))
    raw = value.encode(draw(st.sampled_from(["utf-8", "latin-1"])))
    return draw(st.sampled_from(CASES))(name).encode() + b":" + before.encode() + raw + after.encode()


@st.composite
def heads(draw: st.DrawFn, tags: Sequence[str], *, plain: bool = False) -> bytes:
    """One request's head: mostly what a browser sends, with whatever a proxy, a cache or an attacker adds."""
    odd = not plain and draw(st.integers(0, 3)) == 0
    method = draw(st.sampled_from(["GET", "GET", "GET", "HEAD"]))
    if odd and draw(st.integers(0, 4)) == 0:
        method = draw(st.sampled_from(["OPTIONS", "POST", "get", "TRACE", "PUT", "CONNECT", "HEAD ", "G", ""]))
    target = draw(st.sampled_from(ODD_TARGETS if odd and draw(st.booleans()) else TARGETS))
    version = draw(st.sampled_from(["HTTP/1.1"] * 8 + ["HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", ""])) if odd else "HTTP/1.1"  # fmt: skip
    lines = [spelt(draw, "Host", HOSTS) if odd and draw(st.booleans()) else HOST[:-2]]
    for name, values in (("Accept", ACCEPTS), ("Accept-Encoding", CODINGS), ("X-Forwarded-For", ADDRESSES)):
        lines += [spelt(draw, name, values) for _ in range(draw(st.sampled_from([0, 1, 1, 1, 1, 2])))]
    if draw(st.integers(0, 3)) == 0:
        lines.append(spelt(draw, "If-None-Match", conditions(tags)))
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        lines.append(draw(st.sampled_from(UNKNOWN)))
    if not plain and draw(st.integers(0, 3)) == 0:
        lines.append(draw(st.sampled_from(HANDED_OVER)))
    if odd and draw(st.integers(0, 4)) == 0:
        lines.append(draw(st.sampled_from(MALFORMED)))
    lines = list(draw(st.permutations(lines)))
    return f"{method} {target} {version}".encode() + b"\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def conditions(tags: Sequence[str]) -> list[str]:
    known = list(tags)
    return [
        *known[:12], "*", '"none"', f"W/{known[0]}", ", ".join(known), f'"none", {known[1]}', f"{known[0]} {known[1]}",
        known[0].strip('"'), f",{known[0]},", '"open', '"a\xff", ' + known[0], f"{known[0]}\xa0", "", f"w/{known[0]}",
    ]  # fmt: skip


UNKNOWN = [
    b"User-Agent: canary/1", b"CF-Ray: 1", b"X-Forwarded-Host: evil", b"X-Original-URL: /x", b"Cookie: a=b", b"DNT: 1",
    b"Sec-Fetch-Mode: navigate", b"Accept-Language: de", b"Accept-Language: ar,en;q=0.1", b"X-Empty:", b"X-Bytes: \xff\xfe",
    b"Referer: http://evil/", b"Cache-Control: no-cache", b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    b"traceparent: nonsense", b"X-Forwarded-Proto: https", b"X-Accept: application/json", b"X-Real-IP: 6.6.6.6",
    b"Connection: keep-alive", b"Connection: Keep-Alive", b"Upgrade-Insecure-Requests: 1", b"Pragma: no-cache",
]  # fmt: skip
HANDED_OVER = [
    b"Connection: close", b"Connection: x-forwarded-for", b"Connection: keep-alive, close", b"Range: bytes=0-10",
    b'If-Range: "x"', b"If-Match: *", b"If-Modified-Since: Mon, 23 Nov 2026 11:00:00 GMT", b"Upgrade: h2c",
    b"If-Unmodified-Since: Mon, 23 Nov 2020 11:00:00 GMT", b"Expect: 100-continue", b"Content-Length: 0", b"TE: trailers",
    b"Content-Length: 5", b"Authorization: Bearer x", b"Keep-Alive: 5",
    b"Connection: upgrade\r\nUpgrade: websocket", b"Trailer: x", b"Proxy-Connection: close", b"Connection:",
]  # fmt: skip
MALFORMED = [
    b"No-Colon", b"Space : x", b" Folded: x", b"X: a\rb", b"X: a\x00b", b": empty", b"H\xc3\xa9: x", b"X: a\nY: b",
    b"Host: twice", b"X: a\x7fb", b"X: a\x0bb", b"X" * 9000 + b": a", b"X(: a", b"Content-Length: +1",
    b"Content-Length: 1, 2", b"Transfer-Encoding: chunked, identity",
]  # fmt: skip


@st.composite
def conversations(draw: st.DrawFn, tags: Sequence[str]) -> list[bytes]:
    """What one connection sends, cut into segments: whole heads, several in one, halves, or cut anywhere."""
    sent = [draw(heads(tags, plain=draw(st.booleans()))) for _ in range(draw(st.integers(1, 4)))]
    how = draw(st.sampled_from(["whole", "whole", "whole", "joined", "cut", "half"]))
    if how == "joined":
        return [b"".join(sent)]
    if how == "half":
        sent[-1] = sent[-1][: draw(st.integers(1, len(sent[-1]) - 1))]
    if how == "cut":
        together = b"".join(sent)
        places = sorted(draw(st.sets(st.integers(1, len(together) - 1), min_size=1, max_size=4)))
        return [together[a:b] for a, b in zip([0, *places], [*places, len(together)], strict=True)]
    return sent


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
    for event in running.events("request"):
        for varies in ("@timestamp", "event.duration", "trace.id", "gateway.cache.status", "gateway.cache.level"):
            del event[varies]
        yield event


def lines_after(running: Running, count: int) -> list[dict[str, object]]:
    """What was logged since; the log is written within a second."""
    time.sleep(1.2)
    return list(lines_of(running))[count:]


def test_every_conversation_goes_alike_in_both_lanes_and_leaves_the_same_log(
    site: Running, natural: Running, tags: list[str]
) -> None:
    @settings(max_examples=1500, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(conversations(tags))
    def converse(segments: list[bytes]) -> None:
        first, second = say(site, segments), say(natural, segments)
        if first != second:
            time.sleep(1.5)  # a page that was asked for often is coded again, by each gateway in its own time
            first, second = say(site, segments), say(natural, segments)
        assert first == second, f"{segments}\n\n{first!r}\n\n{second!r}"

    logged = [len(lines_after(running, 0)) for running in (site, natural)]
    converse()
    express, other = (lines_after(running, count) for running, count in zip((site, natural), logged, strict=True))
    lanes = [line.pop("gateway.lane") for line in express]
    assert {line.pop("gateway.lane") for line in other} == {"natural"}
    for line in (*express, *other):
        line.pop("http.response.body.bytes", None)  # for the same reason
    assert [json.dumps(line) for line in express] == [json.dumps(line) for line in other]
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
        time.sleep(1.2)
        varies = ("@timestamp", "event.duration", "gateway.lane", "gateway.cache.status", "gateway.cache.level")
        lines = [{key: value for key, value in line.items() if key not in varies} for line in running.events("request")]
        inherited = [line.pop("trace.id") == trace for line in lines[count:]]
        said.append((lines[count:], inherited))
    assert said[0] == said[1]
    assert any(said[0][1])
