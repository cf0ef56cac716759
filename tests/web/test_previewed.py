"""A preview says that it is one, and its links stay in it; no page for readers ever carries any of that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.admin import preview_link
from gateway.render.guard import missing
from gateway.render.previewed import Shown, banner, marked
from tests.origin.newsroom import Newsroom, newsroom
from tests.origin.scripted import response
from tests.running import Answer, Running, gateway

FERRY = "/articles/the-ferry-that-still-runs"
BANNER = '<aside class="preview" role="note"'
SHOWN = Shown("RU", datetime(2026, 11, 1, 12, tzinfo=UTC), "abc123", datetime(2026, 11, 1, 13, tzinfo=UTC))
LINE = banner(SHOWN, "en", styled=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with gateway(tmp_path_factory.mktemp("previewed")) as running:
        yield running


def link(running: Running, article: str, target: str) -> str:
    key = (running.state / "signing-key").read_text().strip().encode()
    return preview_link("", article, target, key, timedelta(minutes=5))


def previewed(running: Running, target: str, article: str = FERRY.rpartition("/")[2]) -> Answer:
    return running.get(link(running, article, target), {"Accept": "text/html"}, reader="8.8.8.8")


@pytest.mark.parametrize(
    ("target", "place"),
    [("RU", "RU"), ("", "unknown"), ("russia-controlled-ukraine", "Russia-controlled parts of Ukraine")],
)
def test_a_preview_says_at_its_top_that_it_is_one_and_of_what(site: Running, target: str, place: str) -> None:
    text = previewed(site, target).text
    (line,) = re.findall(r"<body[^>]*><aside class=\"preview\"[^>]*>(.*?)</aside>", text)
    revision = site.wait_for("gateway_started")[0]["gateway.policy.revision"]
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert line.startswith(f"Preview, not the public page. Place: {place}")
    assert f"Time: {today}" in line
    assert f"Policies: {revision}." in line
    assert missing(text.encode(), "text/html", ["undesirable-organization"]) == set(), "the notice stands as before"


def test_no_page_for_readers_carries_the_line_and_none_is_sent_with_other_security_headers(site: Running) -> None:
    made = previewed(site, "RU")
    for _ in range(3):  # rendered, from memory, by the express lane
        plain = site.get(FERRY, reader="8.8.8.8")
        assert BANNER not in plain.text
        assert "preview=" not in plain.text
        for name in ("content-security-policy", "x-frame-options", "referrer-policy"):
            assert made.headers[name] == plain.headers[name]
    assert made.headers["cache-control"] == "private, no-store"


def test_links_to_articles_show_them_in_the_same_place_and_others_are_untouched(site: Running) -> None:
    made, plain = previewed(site, "NG").text, site.get(FERRY, reader="102.88.20.34").text
    addresses, as_published = (re.findall(r'<a\s[^>]*?href="([^"]*)"', text) for text in (made, plain))
    assert len(addresses) == len(as_published)
    followed = 0
    for there, here in zip(addresses, as_published, strict=True):
        if here.startswith("/articles/"):
            followed += 1
            answer = site.get(there, {"Accept": "text/html"}, reader="91.241.128.34")
            assert answer.status == 200
            assert BANNER in answer.text
            assert 'class="notice"' not in answer.text, "asked from Simferopol, read as in Lagos"
        else:
            assert there == here
    assert followed
    assert re.findall(r"<link[^>]*>", made) == re.findall(r"<link[^>]*>", plain), "what programs read says the truth"


def test_json_is_json(site: Running) -> None:
    answer = site.get(link(site, FERRY.rpartition("/")[2], "RU"), {"Accept": "application/json"}, reader="8.8.8.8")
    assert "preview" not in answer.json()


@given(st.binary(max_size=200), st.sampled_from([b"", b"<head></head><body>", b"<BODY class='x'>", b"</head>"]))
def test_nothing_of_a_page_is_lost_whatever_it_holds(rest: bytes, start: bytes) -> None:
    made = marked(start + rest, LINE, lambda _: "")
    at = made.index(LINE.encode("ascii", "xmlcharrefreplace"))
    assert made[:at] + made[at + len(LINE.encode("ascii", "xmlcharrefreplace")) :] == start + rest


def test_a_line_in_any_script_fits_a_page_in_any_charset() -> None:
    page = "<html><body><p>Привет</p></body></html>".encode("koi8-r")
    made = marked(page, banner(SHOWN, "ar", styled=True), lambda _: "").decode("koi8-r")
    assert "<p>Привет</p>" in made
    assert "&#1605;" in made


@pytest.fixture(scope="module")
def cms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("cms")) as running:
        yield running


def test_a_page_of_a_cms_is_marked_too_and_its_links_stay_in_the_preview(cms: Newsroom) -> None:
    html = (
        "<!doctype html><html lang=en><head><title>One</title>"
        '<meta property="og:type" content="article"></head><body class="x"><article><h1>One</h1><p>A story.</p>'
        '<a href="two?a=1&amp;b=2#end">Two</a><a href="https://elsewhere.example/story/two">Away</a>'
        "<a href=\"#top\">Up</a><a class=y href='/story/three'>Three</a></article></body></html>"
    )
    fields = ("Content-Type: text/html; charset=utf-8", "Cache-Control: max-age=60", 'ETag: "v1"')
    for path in ("/story/one", "/story/two?a=1&b=2", "/story/three", "/plain"):
        cms.cms.answers[path] = [response(html.encode(), "200 OK", *fields)]
    for article, target in (("/story/one", "RU"), ("/plain", "NG")):
        made = cms.running.get(link(cms.running, article, target), {"Accept-Encoding": "gzip"}, reader="8.8.8.8")
        assert made.status == 200
        assert f'<body class="x">{BANNER}' in made.text
        assert "etag" not in made.headers
        assert int(made.headers["content-length"]) == len(made.body)
        found = [text.replace("&amp;", "&") for text in re.findall(r"href=[\"']([^\"']*)[\"']", made.text)]
        two, away, up, three = (address for address in found if "/-/" not in address)
        assert (away, up) == ("https://elsewhere.example/story/two", "#top")
        assert two.startswith("/story/two?a=1&b=2&preview=") if article.startswith("/story") else True
        assert two.endswith("#end")
        assert three.startswith("/story/three?preview=")
        for address in (two, three) if article == "/story/one" else (three,):
            follow = cms.running.get(urljoin(article, address).partition("#")[0], reader="102.88.20.34")
            assert follow.status == 200
            assert ('data-notice="warned"' in follow.text) == (target == "RU")
        assert BANNER not in cms.get(article).text
        assert "preview=" not in cms.get(article).text
