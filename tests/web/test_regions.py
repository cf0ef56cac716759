"""One region's page is never another's: not by a condition, a range, a HEAD, a coding, or in whatever order they come."""

from __future__ import annotations

from itertools import product

import pytest

from tests.running import Running
from tests.web.wire import Response, Wire
from tests.web.world import ARTICLES, READERS

TARGETS = [
    *(f"/articles/{slug}" for slug in ARTICLES),
    *(f"/articles/{slug}.json" for slug in ARTICLES),
    "/", "/sections/world", "/feed.xml", "/sitemap.xml", "/-/transparency", "/nothing", "/media/pixel.png",
]  # fmt: skip
CODINGS = ["gzip", "br", "identity"]
LANES = ["site", "natural"]


@pytest.fixture(params=LANES)
def running(request: pytest.FixtureRequest) -> Running:
    """Each lane in its turn."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Running)
    return found


def ask(wire: Wire, target: str, region: str, coding: str, *lines: str, method: str = "GET") -> Response:
    return wire.ask(target, f"X-Forwarded-For: {READERS[region]}", f"Accept-Encoding: {coding}", *lines, method=method)


def own_pages(wire: Wire) -> dict[tuple[str, str, str], Response]:
    """Each page as its own reader gets it."""
    return {key: ask(wire, *key) for key in product(TARGETS, READERS, CODINGS)}


def test_the_regions_of_this_site_do_get_different_pages(running: Running) -> None:
    with Wire(running.port) as wire:
        pages = own_pages(wire)
    for target in ("/articles/ferry", "/articles/court", "/articles/moved", "/articles/harbour-opens", "/"):
        assert len({pages[target, region, "identity"].body for region in READERS}) > 1, target


def test_a_condition_that_holds_in_one_region_gives_no_304_in_another_whose_page_differs(running: Running) -> None:
    with Wire(running.port) as wire:
        pages = own_pages(wire)
        crossed = 0
        for target, here, there, coding in product(TARGETS, READERS, READERS, CODINGS):
            mine, theirs = pages[target, here, coding], pages[target, there, coding]
            if "etag" not in theirs:
                continue
            answer = ask(wire, target, here, coding, f"If-None-Match: {theirs['etag']}")
            if answer.status == 304:
                assert (mine.status, mine.content) == (200, theirs.content)
                assert (answer.body, answer["etag"]) == (b"", mine["etag"])
            else:
                assert (answer.status, answer.content) == (mine.status, mine.content)
                assert mine.status != 200 or mine["etag"] != theirs["etag"] or answer["etag"] != mine["etag"]
                crossed += 1
    assert crossed > 100


def test_a_tag_of_one_coding_or_form_is_no_condition_for_another(running: Running) -> None:
    with Wire(running.port) as wire:
        html = {coding: ask(wire, "/articles/ferry", "RU", coding) for coding in CODINGS}
        json = {coding: ask(wire, "/articles/ferry.json", "RU", coding) for coding in CODINGS}
        tags = [answer["etag"] for answer in (*html.values(), *json.values())]
        assert len(set(tags)) == len(tags)
        for coding, tag in product(CODINGS, tags):
            answer = ask(wire, "/articles/ferry", "RU", coding, f"If-None-Match: {tag}")
            assert (answer.status == 304) == (tag == answer["etag"])
            assert answer.status == 200 or tag == html[coding]["etag"]


@pytest.mark.parametrize(
    "lines",
    [
        ["Range: bytes=0-9"],
        ["Range: bytes=-10"],
        ["Range: bytes=0-0,5-9,900000-"],
        ["Range: bytes=999999999-"],
        ["Range: lines=1-2"],
        ["Range: bytes=0-9", "If-Range: {tag}"],
        ["Range: bytes=0-9", "If-Range: Mon, 23 Nov 2026 11:00:00 GMT"],
        ["Range: bytes=0-9", 'If-Match: "x"'],
        ["If-Match: {tag}"],
        ["If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"],
        ["If-Unmodified-Since: Fri, 01 Jan 2100 00:00:00 GMT"],
    ],
)
def test_a_range_or_another_condition_always_gets_the_whole_page_of_its_own_region(
    running: Running, lines: list[str]
) -> None:
    with Wire(running.port) as wire:
        for target, here, there in product(TARGETS, READERS, ("RU", "DE", "AT")):
            mine, theirs = ask(wire, target, here, "gzip"), ask(wire, target, there, "gzip")
            tag = theirs.get("etag", '"x"')
            answer = ask(wire, target, here, "gzip", *(line.format(tag=tag) for line in lines))
            assert (answer.status, answer.content) == (mine.status, mine.content)
            assert "content-range" not in answer


def test_head_has_the_fields_of_get_in_every_region_and_no_body(running: Running) -> None:
    with Wire(running.port) as wire:
        for target, region, coding in product(TARGETS, READERS, CODINGS):
            full = ask(wire, target, region, coding)
            head = ask(wire, target, region, coding, method="HEAD")
            assert (head.status, head.body) == (full.status, b"")
            for fields in (head.fields, full.fields):
                fields[:] = [field for field in fields if field[0] not in ("date", "cache-status")]
            if full.get("etag", "") != head.get("etag", ""):
                continue  # it was coded again between the two
            assert head.fields == [field for field in full.fields if field != ("content-length", "0")]


def test_nobody_is_told_that_somebody_else_was_there(running: Running) -> None:
    """Threat 23: no age, no count, no key; that a page was in memory is all that is said."""
    with Wire(running.port) as wire:
        for target, region in product(TARGETS, READERS):
            answer = ask(wire, target, region, "gzip")
            for name in ("age", "x-cache", "x-cache-hits", "via", "x-served-by"):
                assert name not in answer
            assert "cache-status" not in answer or answer["cache-status"] in {
                "gateway; hit", "gateway; fwd=miss", "gateway; fwd=bypass", "gateway; fwd=stale",
            }  # fmt: skip
