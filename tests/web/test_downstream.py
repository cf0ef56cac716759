"""A shared cache in front of the gateway never gives one region's page to another, in whatever order they come."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import count, permutations, product
from pathlib import Path

import pytest

from tests.running import Running
from tests.web import downstream
from tests.web.wire import SITE, Response, Wire
from tests.web.world import ARTICLES, READERS

TARGETS = [
    *(f"/articles/{slug}" for slug in ARTICLES),
    *(f"/articles/{slug}.json" for slug in ARTICLES),
    "/", "/sections/world", "/feed.xml", "/sitemap.xml", "/-/transparency", "/-/notices/warned", "/nothing",
    "/media/pixel.png", "/articles/../x",
]  # fmt: skip
"""200, 302, 404, 400, 451 (`court` in DE), pages with and without notices, parts and translations."""
REGIONS = ("RU", "DE", "NG", "AT")
_fresh = count()

CACHES: dict[str, tuple[str | None, Callable[[int, Path], AbstractContextManager[int]]]] = {
    "nginx": (downstream.NGINX, downstream.nginx),
    "varnish": (downstream.VARNISH, downstream.varnish),
}


@pytest.fixture(scope="module", params=CACHES)
def cache(request: pytest.FixtureRequest, site: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a cache in front of the site."""
    binary, started = CACHES[request.param]
    if binary is None:
        pytest.skip(f"apt-get install {request.param}")
    with started(site.port, tmp_path_factory.mktemp(request.param)) as port:
        yield port


@pytest.fixture
def by(cache: int) -> Iterator[http.client.HTTPConnection]:
    """A connection to the cache."""
    connection = http.client.HTTPConnection("127.0.0.1", cache, timeout=10)
    yield connection
    connection.close()


def ask(
    by: http.client.HTTPConnection, target: str, region: str, *lines: tuple[str, str], method: str = "GET"
) -> Response:
    by.request(method, target, headers={"Host": SITE, "X-Reader": READERS[region], **dict(lines)})
    answer = by.getresponse()
    fields = [(name.lower(), value) for name, value in answer.getheaders()]
    return Response(answer.status, fields, answer.read(), b"")


@pytest.fixture(scope="module")
def own(site: Running) -> dict[tuple[str, str], Response]:
    """Each page as the gateway itself gives it to each region."""
    with Wire(site.port) as wire:
        return {
            (target, region): wire.ask(target, f"X-Forwarded-For: {READERS[region]}")
            for target, region in product(TARGETS, REGIONS)
        }


def assert_own(answer: Response, own: Response) -> None:
    assert (answer.status, answer.content) == (own.status, own.content)


def test_the_cache_does_cache_what_is_public(by: http.client.HTTPConnection) -> None:
    """Or the tests below would show nothing."""
    assert [ask(by, "/articles/market-day", "NG")["x-downstream"] for _ in range(3)][2] == "HIT"


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_whoever_came_first_everybody_gets_their_own_page(
    by: http.client.HTTPConnection, own: dict[tuple[str, str], Response], coding: str
) -> None:
    for target, order in product(TARGETS, permutations(REGIONS, 2)):
        fresh = f"{target}?{next(_fresh)}"
        for region in (*order, order[0]):
            assert_own(ask(by, fresh, region, ("Accept-Encoding", coding)), own[target, region])


def test_a_head_first_a_range_first_or_a_condition_first_changes_nothing(
    by: http.client.HTTPConnection, own: dict[tuple[str, str], Response]
) -> None:
    for target, (first, second) in product(TARGETS, permutations(REGIONS, 2)):
        tag = own[target, first].get("etag", '"x"')
        for lines, method in (((), "HEAD"), ((("Range", "bytes=0-99"),), "GET"), ((("If-None-Match", tag),), "GET")):
            fresh = f"{target}?{next(_fresh)}"
            ask(by, fresh, first, *lines, method=method)
            assert_own(ask(by, fresh, second), own[target, second])


def test_no_condition_of_one_region_is_met_by_a_cached_page_of_another(
    by: http.client.HTTPConnection, own: dict[tuple[str, str], Response]
) -> None:
    for target, (first, second) in product(TARGETS, permutations(REGIONS, 2)):
        fresh = f"{target}?{next(_fresh)}"
        ask(by, fresh, first)
        tag = own[target, first].get("etag", '"x"')
        answer = ask(by, fresh, second, ("If-None-Match", tag))
        mine = own[target, second]
        if answer.status == 304:
            assert (mine.status, mine.content) == (200, own[target, first].content)
        else:
            assert_own(answer, mine)


def test_a_part_asked_for_is_a_part_of_the_own_page(
    by: http.client.HTTPConnection, own: dict[tuple[str, str], Response]
) -> None:
    """nginx and Varnish cut ranges out of what they keep."""
    for target, (first, second) in product(TARGETS, permutations(REGIONS, 2)):
        fresh = f"{target}?{next(_fresh)}"
        ask(by, fresh, first)
        answer = ask(by, fresh, second, ("Range", "bytes=10-200"))
        mine = own[target, second]
        if answer.status == 206:
            assert answer.body == mine.content[10:201]
        elif answer.status != 416:
            assert_own(answer, mine)


def test_a_tag_of_one_readers_page_used_as_its_if_range_gives_no_mixture(
    by: http.client.HTTPConnection, own: dict[tuple[str, str], Response]
) -> None:
    for first, second in permutations(REGIONS, 2):
        fresh = f"/articles/ferry?{next(_fresh)}"
        tag = ask(by, fresh, first)["etag"]
        answer = ask(by, fresh, second, ("Range", "bytes=10-200"), ("If-Range", tag))
        mine = own["/articles/ferry", second]
        assert answer.body in (mine.content, mine.content[10:201])
