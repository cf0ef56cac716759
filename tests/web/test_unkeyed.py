"""What is no part of a page's key changes nothing in it: no header that a client sends is found in anybody's answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Running
from tests.servers import Server, valkey
from tests.web.wire import Wire, timeless
from tests.web.world import READERS, serve

CANARY = "c4n4ry.example"
HEADERS = [
    "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Scheme", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server",
    "X-Forwarded-Path", "X-Forwarded-SSL", "X-Forwarded", "X-Host", "X-Original-Host", "X-Original-URL", "X-Original-URI",
    "X-Rewrite-URL", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-HTTP-Host-Override", "Forwarded", "Origin",
    "Referer", "User-Agent", "Cookie", "Authorization", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "CF-IPCountry",
    "Fastly-Client-IP", "X-Client-IP", "X-Cluster-Client-IP", "X_Forwarded_For", "X-Original-Forwarded-For", "CloudFront-Viewer-Country",
    "X-AppEngine-Country", "X-Geo-Country", "X-Country-Code", "X-Wap-Profile", "X-Timer", "Via", "Front-End-Https", "Base-Url",
    "Proxy-Host", "Destination", "Transfer-Encoding-Hint", "Accept-Charset", "Accept-Datetime", "Pragma", "Cache-Control", "Surrogate-Capability",
    "Purpose", "Sec-Purpose", "Save-Data", "Sec-CH-UA", "Sec-GPC", "DNT", "X-Requested-With", "Content-Type", "From", "Max-Forwards",
    "X-Preview", "X-Country", "X-Region", "Service-Worker", "traceparent", "baggage", "X-Request-ID", "X-Correlation-ID",
]  # fmt: skip
PAGES = [
    "/articles/ferry",
    "/articles/market-day",
    "/articles/harbour-opens.json",
    "/",
    "/feed.xml",
    "/nothing",
    "/sitemap.xml",
]


@pytest.mark.parametrize("target", PAGES)
def test_sixty_headers_leave_no_trace_in_any_page(site: Running, natural: Running, target: str) -> None:
    for running in (site, natural):
        with Wire(running.port) as wire:
            clean = timeless(wire.ask(target, f"X-Forwarded-For: {READERS['NG']}").raw)
            for name in HEADERS:
                for value in (CANARY, f"https://{CANARY}/x", "RU"):
                    poisoned = wire.ask(target, f"X-Forwarded-For: {READERS['NG']}", f"{name}: {value}")
                    if "connection" in poisoned:
                        wire = Wire(running.port)  # noqa: PLW2901
                    assert timeless(poisoned.raw) == clean, name
            assert timeless(wire.ask(target, f"X-Forwarded-For: {READERS['NG']}").raw) == clean


def test_queries_cookies_and_bodies_neither_change_a_page_nor_make_another_key(site: Running) -> None:
    for target in ("/articles/ferry", "/", "/feed.xml"):
        with Wire(site.port) as wire:
            clean = timeless(wire.ask(target).raw)
            for query in (
                "?utm_source=c4n4ry",
                "?b=2&a=1",
                "?a=1&b=2",
                "?callback=c4n4ry",
                "?_method=DELETE",
                "?<c4n4ry>",
                "?",
            ):
                assert timeless(wire.ask(target + query).raw) == clean
        with Wire(site.port) as wire:
            fat = wire.send(
                f"GET {target} HTTP/1.1\r\nHost: news.example\r\nContent-Length: 6\r\n\r\nc4n4ry".encode()
            ).response()
        assert fat.status == 413
        with Wire(site.port) as wire:
            assert timeless(wire.ask(target).raw) == clean


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Server]:
    with valkey(tmp_path / "valkey") as server:
        yield server


def test_a_header_of_one_reader_is_found_in_no_key_and_no_value_of_redis(
    store: Server, world: tuple[Path, Path], tmp_path: Path
) -> None:
    with serve(tmp_path, world, redis_url=store.url) as running, Wire(running.port) as wire:
        lines = [f"{name}: {CANARY}" for name in HEADERS if name != "Authorization"]
        for target in PAGES:
            assert CANARY.encode() not in wire.ask(target, *lines, f"X-Forwarded-For: {READERS['RU']}").raw
    keys = store.command("KEYS", "*")
    assert isinstance(keys, list)
    pages = [key for key in keys if b"gw1:" in key]
    assert len(pages) >= len(PAGES) - 2
    for key in keys:
        kept = key + (store.command("DUMP", key) or b"")
        for trace in (CANARY.encode(), b"c4n4ry", READERS["RU"].encode()):
            assert trace not in kept


def test_the_clean_answer_is_that_of_a_gateway_that_was_never_poisoned(
    site: Running, world: tuple[Path, Path], tmp_path: Path
) -> None:
    with serve(tmp_path, world) as fresh, Wire(fresh.port) as clean, Wire(site.port) as used:
        for target in PAGES:
            for address in READERS.values():
                line = f"X-Forwarded-For: {address}"
                assert timeless(clean.ask(target, line).raw) == timeless(used.ask(target, line).raw)
