"""Whatever the public port says, it says with the fields that keep a reader safe and a cache honest."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tests.running import Running
from tests.web.desync_table import MALFORMED
from tests.web.wire import SITE, Response, Wire, get
from tests.web.world import ARTICLES, READERS

SAFE = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
CSP = ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'", "style-src 'self'")
NOT_IN_CSP = ("unsafe-inline", "unsafe-eval", "*", "data:", "http:", "https:", "script-src")
NEVER = ("set-cookie", "access-control-allow-origin", "x-powered-by", "via", "age", "alt-svc", "transfer-encoding")


def by(region: str) -> str:
    return f"X-Forwarded-For: {READERS[region]}"


@dataclass(frozen=True)
class Kind:
    """A kind of answer: how it is asked for, and its status."""

    status: int
    sent: bytes
    method: str = "GET"


KINDS = {
    "an article": Kind(200, get("/articles/market-day")),
    "an article with a notice": Kind(200, get("/articles/ferry", by("RU"))),
    "an article with a part withheld": Kind(200, get("/articles/harbour-opens", by("AT"))),
    "an article, compressed": Kind(200, get("/articles/ferry", "Accept-Encoding: br")),
    "an article in JSON": Kind(200, get("/articles/ferry.json", by("RU"))),
    "an article's head": Kind(200, get("/articles/ferry", method="HEAD"), "HEAD"),
    "a refusal": Kind(451, get("/articles/court", by("DE"))),
    "a refusal in JSON": Kind(451, get("/articles/court.json", by("DE"))),
    "a redirect": Kind(302, get("/articles/moved", by("DE"))),
    "the front page": Kind(200, get("/")),
    "a section": Kind(200, get("/sections/world")),
    "a feed": Kind(200, get("/feed.xml", by("RU"))),
    "a sitemap": Kind(200, get("/sitemap.xml")),
    "robots": Kind(200, get("/robots.txt")),
    "a picture": Kind(200, get("/media/pixel.png")),
    "a picture's head": Kind(200, get("/media/pixel.png", method="HEAD"), "HEAD"),
    "a notice": Kind(200, get("/-/notices/warned", by("RU"))),
    "transparency": Kind(200, get("/-/transparency")),
    "not found": Kind(404, get("/nothing", by("RU"))),
    "a forged preview": Kind(403, get("/articles/ferry?preview=x.y")),
    "options": Kind(204, get("*", method="OPTIONS")),
    "another method": Kind(405, get("/articles/ferry", method="POST")),
    "a body": Kind(413, get("/articles/ferry", "Content-Length: 1") + b"x"),
    "another path": Kind(400, get("/articles/../ferry")),
    "a target too long": Kind(400, get("/" + "a" * 4000)),
    "another host": Kind(421, b"GET / HTTP/1.1\r\nHost: evil\r\n\r\n"),
    "another version": Kind(505, get("/", version="HTTP/2.0")),
    "a malformed head": Kind(400, MALFORMED["no colon"]),
    "a head without end": Kind(431, get("/", *["X: " + "y" * 1000] * 40)[:-2]),
}


def ask(running: Running, kind: Kind) -> Response:
    with Wire(running.port) as wire:
        return wire.send(kind.sent).response(kind.method)


def assert_safe(answer: Response) -> None:
    names = [name for name, _ in answer.fields]
    assert len(names) == len(set(names))
    assert {name: answer[name] for name in SAFE} == SAFE
    policy = answer["content-security-policy"]
    assert all(rule in policy for rule in CSP)
    assert not any(hole in policy for hole in NOT_IN_CSP)
    assert "geolocation=()" in answer["permissions-policy"]
    assert answer["server"] == "gateway"
    assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", answer["date"])
    assert not set(names) & set(NEVER)
    assert not re.search(rb"(?i)aiohttp|python|uvloop|redis|valkey", answer.raw)


@pytest.mark.parametrize("lane", ["site", "natural"])
@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_answer_is_safe_and_says_who_may_keep_it(
    name: str, lane: str, request: pytest.FixtureRequest
) -> None:
    running, kind = request.getfixturevalue(lane), KINDS[name]
    for answer in (ask(running, kind), ask(running, kind)):
        assert answer.status == kind.status
        assert_safe(answer)
        control = answer["cache-control"]
        if control.startswith("public"):
            assert re.search(r"max-age=\d+", control)
            assert kind.status == 200
        else:
            assert re.fullmatch(r"private, no-(cache|store)(, no-store)?", control)
        if kind.status >= 400 and kind.status not in (403, 404, 451):
            assert "no-store" in control
        if kind.status not in (204, 304) and kind.method == "GET":
            assert answer["content-length"] == str(len(answer.body))


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.status == 200 and kind.method == "GET"])
def test_a_304_says_what_the_200_says_but_for_what_describes_the_body(site: Running, name: str) -> None:
    kind = KINDS[name]
    full = ask(site, kind)
    if "etag" not in full:
        pytest.skip("no entity tag")
    same = ask(site, Kind(304, kind.sent[:-2] + f"If-None-Match: {full['etag']}\r\n\r\n".encode()))
    assert (same.status, same.body) == (304, b"")
    assert_safe(same)
    describing = ("content-type", "content-language", "content-encoding", "content-length", "date", "cache-status")
    assert [field for field in same.fields if field[0] not in describing] == [
        field for field in full.fields if field[0] not in describing
    ]


def test_whatever_can_differ_by_place_is_public_for_nobody(site: Running) -> None:
    """A translation refused somewhere is not linked there: then the other languages' pages differ by place, too."""
    with Wire(site.port) as wire:
        for slug in ARTICLES:
            for suffix in ("", ".json"):
                answers = [wire.ask(f"/articles/{slug}{suffix}", by(region)) for region in READERS]
                controls = {answer["cache-control"].partition(",")[0] for answer in answers}
                assert len(controls) == 1
                assert (controls == {"private"}) == (slug != "market-day")
        for target in ("/", "/feed.xml", "/sections/world"):
            assert {wire.ask(target, by(region))["cache-control"][:7] for region in READERS} == {"private"}


def test_a_refusal_names_who_refuses_and_a_redirect_goes_where_the_policy_says(site: Running) -> None:
    assert ask(site, KINDS["a refusal"])["link"] == f'<http://{SITE}/>; rel="blocked-by"'
    assert ask(site, KINDS["a redirect"])["location"] == "https://elsewhere.example/moved"


def test_an_asset_may_be_kept_for_good(site: Running) -> None:
    with Wire(site.port) as wire:
        name = re.search(rb'"(/-/assets/[^"]+)"', wire.ask("/").body)
        assert name
        asset = wire.ask(name[1].decode())
    assert_safe(asset)
    assert asset["cache-control"] == "public, max-age=31536000, immutable"


def test_the_admin_port_names_no_versions_and_is_kept_by_nobody(site: Running) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/nothing", "/purge"):
        answer = site.admin(path)
        assert answer.headers["server"] == "gateway"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Basic x", b"Bearer \xff\xfe", "Bearer " + "x" * 5000])
def test_a_wrong_token_opens_nothing(site: Running, token: str | bytes) -> None:
    line = b"Authorization: " + (token if isinstance(token, bytes) else token.encode())
    with Wire(site.admin_port) as wire:
        assert wire.ask("/metrics", line).status == 401


def test_the_public_port_knows_nothing_of_the_admin_port(site: Running) -> None:
    with Wire(site.port) as wire:
        for path in ("/healthz", "/readyz", "/metrics", "/metrics.json"):
            assert wire.ask(path, f"Authorization: Bearer {site.token}").status == 404
