"""What no policy touches passes octet for octet, both ways; who asks stays with the gateway."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest

from tests.origin.newsroom import MOSCOW, Newsroom, newsroom
from tests.origin.scripted import CUT, Heard, Script, chunked, head, response
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


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "OPTIONS"])
def test_every_method_reaches_the_cms_with_target_fields_and_body_as_they_came(site: Newsroom, method: str) -> None:
    target = f"/api/{method}/%7Euser/;v=1?a=%2F&&b=%zz+1"
    site.cms.answers[target] = [response(b"done", "201 Made It", "Content-Type: text/plain", "LOCATION: /x")]
    with Wire(site.running.port) as wire:
        body = b"a=1&\x00\xff"
        lines = ["X-CuStOm: one", "x-custom: two", b"X-Octets: caf\xe9", "Cookie: id=7", f"Content-Length: {len(body)}"]
        answer = wire.send(get(target, *lines, method=method) + body).response()
    assert (answer.status, answer.body) == (201, b"done")
    assert answer.raw.startswith(b"HTTP/1.1 201 Made It\r\nContent-Type: text/plain\r\nLOCATION: /x\r\n")
    heard = next(one for one in site.cms.heard if one.target == target)
    assert (heard.method, heard.body) == (method, body)
    custom = [line for line in heard.lines if line.lower().startswith((b"x-custom", b"x-octets", b"cookie"))]
    assert custom == [b"X-CuStOm: one", b"x-custom: two", b"X-Octets: caf\xe9", b"Cookie: id=7"]


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


def test_fields_of_the_connection_stay_on_it(site: Newsroom) -> None:
    site.cms.answers["/hop"] = [response(b"x", "200 OK", "Content-Type: image/png", "Keep-Alive: timeout=9",
                                         "Connection: X-Hop, keep-alive", "X-Hop: 1", "Proxy-Authenticate: Basic")]  # fmt: skip
    answered, _ = whole(
        site, get("/hop", "Connection: close, X-Mine", "X-Mine: 1", "TE: trailers", "Authorization: Basic YQ==")
    )
    assert not {b"x-hop", b"keep-alive", b"proxy-authenticate"} & {
        line.partition(b":")[0].lower() for line in answered.split(b"\r\n")
    }
    heard = next(one for one in site.cms.heard if one.target == "/hop")
    assert not {"x-mine", "te", "connection"} & {*heard.fields} - {"connection"}
    assert heard.fields["authorization"] == "Basic YQ=="
    assert heard.fields["via"] == "1.1 gateway"


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


def test_cookies_and_agent_go_on_only_where_the_answer_is_for_one_reader(site: Newsroom) -> None:
    def for_whom(heard: Heard) -> Script:
        cookie = heard.fields.get("cookie", "nobody")
        control = "private" if heard.target == "/account" else "max-age=60"
        return [
            response(f"<p>for {cookie}".encode(), "200 OK", "Content-Type: image/svg+xml", f"Cache-Control: {control}")
        ]

    site.cms.answers |= {"/account": for_whom, "/common": for_whom}
    mine = {"Cookie": "id=1", "User-Agent": "Reader/1", "Host": SITE}
    assert site.running.get("/account", mine).text == "<p>for id=1"
    assert site.running.get("/account", {**mine, "Cookie": "id=2"}).text == "<p>for id=2"
    assert site.running.get("/common", mine).text == "<p>for nobody"
    heard = [one for one in site.cms.heard if one.target == "/common"]
    assert len(heard) == 1
    assert "user-agent" not in heard[0].fields
    again = [one.fields.get("cookie") for one in site.cms.heard if one.target == "/account"]
    assert again == [None, "id=1", "id=2"]


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


def test_a_redirection_is_passed_on_and_not_followed(site: Newsroom) -> None:
    site.cms.answers["/old"] = [response(b"", "301 Moved", "Location: http://169.254.169.254/latest")]
    answer = site.running.get("/old", {"Host": SITE})
    assert (answer.status, answer.headers["location"]) == (301, "http://169.254.169.254/latest")


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


def test_a_websocket_is_refused_and_the_connection_closed(site: Newsroom) -> None:
    lines = [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    ]
    answered, _ = whole(site, get("/chat", *lines))
    assert answered.startswith(b"HTTP/1.1 501 ")
    assert "/chat" not in site.cms.asked


def test_what_is_larger_than_any_cache_streams_in_both_directions(site: Newsroom) -> None:
    size = 24 * 2**20
    piece = bytes(range(256)) * 256
    site.cms.answers["/film"] = [
        head("200 OK", "Content-Type: video/mp4", f"Content-Length: {size}"),
        *[piece] * (size // len(piece)),
    ]
    site.cms.answers["/upload"] = lambda heard: [
        response(str(len(heard.body)).encode(), "200 OK", "Content-Type: image/x")
    ]
    answer = site.running.get("/film", {"Host": SITE})
    assert (answer.status, len(answer.body)) == (200, size)
    assert answer.body[: len(piece)] == piece
    with Wire(site.running.port, seconds=30) as wire:
        wire.send(get("/upload", f"Content-Length: {size}", "Expect: 100-continue", method="POST"))
        wire.more_within(5)
        assert wire.left.startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        wire.left = b""
        assert wire.send(*[piece] * (size // len(piece))).response().body == str(size).encode()


def test_a_body_of_unknown_length_arrives_whole_or_visibly_broken(site: Newsroom) -> None:
    fields = ("Content-Type: audio/x", "Transfer-Encoding: chunked", "Cache-Control: no-store")
    site.cms.answers["/live"] = [head("200 OK", *fields), chunked(b"one", b"two", end=b""), 0.2, chunked(b"three")]
    site.cms.answers["/cut"] = [head("200 OK", *fields), chunked(b"one", end=b""), 0.2]
    answered, body = whole(site, get("/live", "Connection: close"))
    assert b"transfer-encoding: chunked" in answered.lower()
    assert b"".join(body.split(b"\r\n")[1::2]) == b"onetwothree"
    assert body.endswith(b"0\r\n\r\n")
    old, rest = whole(site, get("/live", version="HTTP/1.0"))
    assert (b"chunked" in old, rest) == (False, b"onetwothree")
    site.cms.answers["/cut"][-1] = CUT
    _, cut = whole(site, get("/cut", "Connection: close"))
    assert cut == b"3\r\none\r\n"


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
