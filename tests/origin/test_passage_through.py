"""What no policy touches passes octet for octet, both ways; who asks stays with the gateway."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest

from tests.origin.newsroom import MOSCOW, Newsroom, newsroom
from tests.origin.scripted import Heard, Script, response
from tests.web.wire import SITE, Wire, get

PICTURE = bytes(range(256)) * 40
SECRETS = (
    f"X-Forwarded-For: {MOSCOW}",
    f"X-Real-IP: {MOSCOW}",
    "CF-Connecting-IP: 37.144.12.34",
    "CF-IPCountry: RU",
    "Forwarded: for=37.144.12.34",
    "X-Forwarded-Host: evil.example",
    "X-Original-URL: /admin",
    "X-HTTP-Method-Override: DELETE",
    f"X_Forwarded_For: {MOSCOW}",
    "X_Forwarded-Host: evil.example",
    "X-Forwarded-Uri: /evil",
    "X-Original_Host: evil.example",
    "CF_IPCountry: RU",
    "X-HTTP-Host-Override: evil.example",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("through"), base_url=f"http://{SITE}") as running:
        yield running


def whole(site: Newsroom, request: bytes) -> tuple[bytes, bytes]:
    """Head and body of all that comes back on a connection that is closed afterwards."""
    with Wire(site.running.port) as wire:
        answered, _, body = wire.send(request).everything().partition(b"\r\n\r\n")
    return answered, body


def test_an_answer_that_no_policy_touches_passes_octet_for_octet(site: Newsroom) -> None:
    said = [
        b"content-TYPE: image/png",
        b"X-One: 1",
        b"x-ONE: caf\xe9",
        b"Server: cms/1",
        b'ETag: W/"x"',
        b"Vary: Accept",
    ]
    said += [
        b"Date: Sun, 22 Nov 2026 10:00:00 GMT",
        b"Cache-Control: no-store",
        b"Link: </a>; rel=x",
        b"Content-Length: 10240",
    ]
    site.cms.answers["/logo.png"] = [b"\r\n".join([b"HTTP/1.1 200 Fine, Thanks", *said, b"", PICTURE])]
    answered, body = whole(site, get("/logo.png", "Connection: close"))
    lines = answered.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 200 Fine, Thanks"
    assert lines[1 : 1 + len(said)] == said
    assert lines[1 + len(said) :] == [b"Cache-Status: gateway; fwd=uri-miss", b"Via: 1.1 gateway", b"Connection: close"]
    assert body == PICTURE


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_asks_stays_here(site: Newsroom, method: str) -> None:
    site.cms.answers["/who"] = [response(b"x", "200 OK", "Content-Type: image/png", "Cache-Control: no-store")]
    before = len(site.cms.heard)
    whole(site, get("/who", *SECRETS, "Connection: close", method=method))
    heard = [one for one in site.cms.heard[before:] if one.target == "/who"]
    assert heard
    for one in heard:
        said = b"\n".join(one.lines)
        assert MOSCOW.encode() not in said
        assert b"evil" not in said
        assert b"RU" not in said
        assert one.fields["forwarded"] == f"for=_hidden;host={SITE};proto=http"
        assert one.fields["x-forwarded-host"] == SITE
        assert "x-original-url" not in one.fields
        assert "x-http-method-override" not in one.fields


def test_whoever_is_logged_in_passes_by_the_cache(site: Newsroom) -> None:
    site.cms.answers["/wp"] = lambda heard: [
        response(
            heard.fields.get("cookie", "nobody").encode(),
            "200 OK",
            "Content-Type: image/x",
            "Cache-Control: max-age=60",
        )
    ]
    known = {"Cookie": "a=b; wordpress_logged_in_77=ed%7C1", "Host": SITE}
    assert site.running.get("/wp", {"Host": SITE}).text == "nobody"
    assert site.running.get("/wp", known).text == known["Cookie"]
    assert site.running.get("/wp", {"Host": SITE}).text == "nobody"


def test_an_answer_that_sets_a_cookie_is_for_one_reader(site: Newsroom) -> None:
    count = iter(range(100))
    site.cms.answers["/hello"] = lambda _heard: [
        response(b"x", "200 OK", "Content-Type: image/x", f"Set-Cookie: n={next(count)}", "Cache-Control: max-age=60")
    ]
    seen = {site.running.get("/hello", {"Host": SITE}).headers["set-cookie"] for _ in range(3)}
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("line", "host", "status"),
    [
        ("GET http://evil.example/x HTTP/1.1", SITE, 421),
        ("GET http://news.example/logo.png HTTP/1.1", SITE, 200),
        ("GET //evil.example/x HTTP/1.1", SITE, 404),
        ("GET /x HTTP/1.1", "evil.example", 421),
        ("GET /@evil.example/x HTTP/1.1", SITE, 404),
        ("GET /../etc HTTP/1.1", SITE, 400),
        ("GET /a%2e%2e/%2e%2E/b HTTP/1.1", SITE, 400),
        ("GET /a%5cb HTTP/1.1", SITE, 400),
        ("GET /a%2fb HTTP/1.1", SITE, 400),
        ("GET /a%2541 HTTP/1.1", SITE, 400),
        ("CONNECT evil.example:443 HTTP/1.1", SITE, 405),
        ("TRACE /x HTTP/1.1", SITE, 405),
    ],
)
def test_a_request_can_choose_no_other_host_and_no_path_with_two_readings(
    site: Newsroom, line: str, host: str, status: int
) -> None:
    answered, _ = whole(site, f"{line}\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert int(answered.split(b" ")[1]) == status, answered
    assert {one.fields["host"] for one in site.cms.heard} == {f"127.0.0.1:{site.cms.port}"}


def test_a_part_of_a_film_is_asked_for_as_a_part_and_of_a_kept_picture_cut_from_it(site: Newsroom) -> None:
    def film(heard: Heard) -> Script:
        assert heard.fields["range"] == "bytes=100-199"
        return [
            response(
                PICTURE[100:200], "206 Partial Content", "Content-Type: video/mp4", "Content-Range: bytes 100-199/10240"
            )
        ]

    site.cms.answers["/part"] = film
    answer = site.running.get("/part", {"Host": SITE, "Range": "bytes=100-199"})
    assert (answer.status, answer.body) == (206, PICTURE[100:200])
    site.cms.answers["/kept.png"] = [
        response(PICTURE, "200 OK", "Content-Type: image/png", "Cache-Control: max-age=60", 'ETag: "p"')
    ]
    assert site.running.get("/kept.png", {"Host": SITE}).body == PICTURE
    part = site.running.get("/kept.png", {"Host": SITE, "Range": "bytes=100-199"})
    assert (part.status, part.body, part.headers["content-range"]) == (206, PICTURE[100:200], "bytes 100-199/10240")
    assert site.running.get("/kept.png", {"Host": SITE, "If-None-Match": '"p"'}).status == 304
    head_only = site.running.get("/kept.png", {"Host": SITE}, method="HEAD")
    assert (head_only.status, head_only.headers["content-length"], head_only.body) == (200, "10240", b"")
    assert site.cms.asked["/kept.png"] == 1


def test_a_coded_page_passes_in_the_coding_in_which_it_came(site: Newsroom) -> None:
    text = b"<p>" + b"words " * 500
    coded = gzip.compress(text)
    site.cms.answers["/plain-page"] = [
        response(
            coded,
            "200 OK",
            "Content-Type: text/html",
            "Content-Encoding: gzip",
            "Vary: Accept-Encoding",
            "Cache-Control: max-age=60",
        )
    ]
    answer = site.running.get("/plain-page", {"Host": SITE, "Accept-Encoding": "gzip, br, zstd"})
    assert answer.body == coded
    heard = next(one for one in site.cms.heard if one.target == "/plain-page")
    assert heard.fields["accept-encoding"] == "gzip"


def test_a_sender_who_leaves_in_the_middle_of_a_body_is_no_fault_of_ours(site: Newsroom) -> None:
    failed = len(site.running.events("request_failed"))
    with Wire(site.running.port) as wire:
        wire.send(get("/upload", "Content-Length: 100000", method="POST") + b"a few")
    assert site.running.get("/logo.png", {"Host": SITE}).status == 200
    site.until(lambda: any(one["http.response.status_code"] == 408 for one in site.running.events("request")))
    assert len(site.running.events("request_failed")) == failed


def test_a_request_goes_as_far_as_it_may(site: Newsroom) -> None:
    site.cms.answers["/far"] = lambda heard: [
        response(heard.fields["max-forwards"].encode(), "200 OK", "Content-Type: a/b")
    ]
    assert site.running.get("/far", {"Host": SITE, "Max-Forwards": "7"}, method="OPTIONS").body == b"6"
    assert site.running.get("/far", {"Host": SITE, "Max-Forwards": "0"}, method="OPTIONS").status == 204
    assert site.cms.asked["/far"] == 1
