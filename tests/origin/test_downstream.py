"""A shared cache between readers and the gateway gives nobody another region's page, whatever the CMS says to caches."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from tests.origin.newsroom import LAGOS, MOSCOW, Newsroom, newsroom, story
from tests.origin.scripted import Heard, Script, response
from tests.web.test_downstream import CACHES
from tests.web.wire import SITE

LIFETIMES = {
    "nothing": (),
    "max-age": ("Cache-Control: public, max-age=3600",),
    "s-maxage": ("Cache-Control: s-maxage=3600, stale-while-revalidate=60, immutable",),
    "Expires": ("Expires: Fri, 01 Jan 2100 00:00:00 GMT", "Last-Modified: Mon, 01 Jun 2026 00:00:00 GMT"),
    "Pragma": ("Pragma: public", "Expires: Fri, 01 Jan 2100 00:00:00 GMT"),
    "nginx": ("X-Accel-Expires: 3600", "Cache-Control: max-age=60"),
    "nginx alone": ("x-accel-expires: @4102444800",),
    "surrogates": ('Surrogate-Control: max-age=3600, content="ESI/1.0"', "Cache-Control: max-age=60"),
    "CDNs": ("CDN-Cache-Control: max-age=3600", "Cloudflare-CDN-Cache-Control: max-age=3600"),
    "Akamai": ("Edge-Control: !no-store, max-age=1d, bypass-cache", "Cache-Control: max-age=60"),
}  # fmt: skip
READERS = {"warned": MOSCOW, "": LAGOS}
NOT_TOLD = ("x-accel-expires", "edge-control", "surrogate-control", "expires", "cdn-cache-control")


def cms(heard: Heard) -> Script:
    _, _, name, _ = heard.target.split("/")
    fields = LIFETIMES[name.replace("%20", " ")]
    return [response(story("told"), "200 OK", "Content-Type: text/html", 'ETag: "one"', *fields)]


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("behind"), base_url=f"http://{SITE}") as running:
        running.cms.default = cms
        yield running


@pytest.fixture(scope="module", params=CACHES)
def cache(request: pytest.FixtureRequest, news: Newsroom, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a cache in front of the gateway."""
    binary, started = CACHES[request.param]
    if binary is None:
        pytest.skip(f"apt-get install {request.param}")
    with started(news.running.port, Path(tmp_path_factory.mktemp(request.param))) as port:
        yield port


def test_no_order_to_send_other_bytes_goes_with_a_treated_page(news: Newsroom) -> None:
    orders = ("X-Accel-Redirect: /files/a.html", "X-Sendfile: /srv/a.html", "X-Reproxy-URL: http://10.0.0.1/a.html")
    for path in ("/story/orders", "/other/orders"):
        news.cms.answers[path] = [response(story("told"), "200 OK", "Content-Type: text/html", *orders)]
    names = {order.partition(":")[0].lower() for order in orders}
    assert names <= news.get("/other/orders", MOSCOW, Host=SITE).headers.keys()
    answer = news.get("/story/orders", MOSCOW, Host=SITE)
    assert 'data-notice="warned"' in answer.text
    assert not names & answer.headers.keys()


def ask(port: int, target: str, reader: str, method: str = "GET", **fields: str) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, target, headers={"Host": SITE, "X-Reader": reader, **fields})
        answer = connection.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


@pytest.mark.parametrize("lifetime", LIFETIMES)
def test_whoever_came_first_everybody_gets_their_own_page_of_a_cms(cache: int, lifetime: str) -> None:
    firsts: list[tuple[str, dict[str, str]]] = [
        ("GET", {}), ("HEAD", {}), ("GET", {"Range": "bytes=0-99"}), ("GET", {"If-None-Match": '"one"'}),
    ]  # fmt: skip
    for number, (method, fields) in enumerate(firsts):
        for order in permutations(READERS):
            target = f"/story/{lifetime}/{cache}-{number}{order[0]}".replace(" ", "%20")
            ask(cache, target, READERS[order[0]], method, **fields)
            for notice in (*order, *order):
                status, body, told = ask(cache, target, READERS[notice])
                assert (status, b"told" in body) == (200, True)
                assert (b'data-notice="warned"' in body) == bool(notice), (method, fields, order)
                assert not told.keys() & set(NOT_TOLD)
