"""What a CMS hears of a request and what a reader gets of its answer, octet for octet, at the public socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.origin.newsroom import LAGOS, MOSCOW, Newsroom, newsroom, page
from tests.origin.octets import ask, last, raw, without_ours
from tests.origin.scripted import response

COOKIE, AGENT = "session=a-cookie-of-somebody", "Somebody's browser/1.0"


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("pass")) as running:
        yield running


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("exact"), origin_profile="rfc9111") as running:
        yield running


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PROPFIND", "PURGE"])
@pytest.mark.parametrize(
    "target", ["/any?a=1&a=2&b", "/%7Etilde/%C3%A9/x;y=1", "/empty?", "/q?x=%00&y=/../", "/a,b:c@d!$'()*+"]
)
def test_every_method_path_and_query_arrives_as_it_was_sent(news: Newsroom, method: str, target: str) -> None:
    news.cms.default = lambda heard: [
        response(
            b"" if heard.method == "HEAD" else b"ok",
            "200 OK",
            "Cache-Control: no-store",
            "Content-Type: text/x-any",
            length=2,
        )
    ]
    got = raw(news, ask(method, target))
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    # Of what a policy may treat, HEAD needs to know the whole page.
    assert (last(news).method, last(news).target) in {(method, target), (method.replace("HEAD", "GET"), target)}


def test_the_fields_of_an_answer_keep_their_case_order_and_octets(news: Newsroom) -> None:
    fields = [
        "x-lower: 1", "X-UPPER: 2", "Set-Cookie: a=1; Path=/", "X-Odd: caf\xe9 \xff", "set-cookie: b=2", "Server: CMS/9",
        "Content-Type: image/png", "X-Empty:", "Cache-Control: no-store",
    ]  # fmt: skip
    news.cms.answers["/odd"] = [response(b"\x89PNG", "299 Odd but f\xefne", *fields)]
    got = raw(news, ask("GET", "/odd"))
    lines = [line.rstrip() for line in without_ours(got)]
    assert lines == [
        b"HTTP/1.1 299 Odd but f\xefne",
        *(field.encode("latin-1") for field in fields),
        b"Content-Length: 4",
    ]
    assert got.endswith(b"\r\n\r\n\x89PNG")
    assert b"\r\nVia: 1.1 gateway\r\n" in got


@pytest.mark.parametrize(
    "status",
    [
        "203 Maybe",
        "299 Odd",
        "307 Go",
        "402 Pay",
        "418 Teapot",
        "499 Own",
        "501 No",
        "599 Own",
        "777 Lucky",
        "999 Last",
    ],
)
def test_a_status_and_its_reason_pass(news: Newsroom, exact: Newsroom, status: str) -> None:
    for each in (news, exact):
        each.cms.answers["/status"] = [response(b"x", status, "Content-Type: text/x-any", "Location: /b")]
        assert raw(each, ask("GET", "/status")).startswith(f"HTTP/1.1 {status}\r\n".encode())


def test_what_is_for_one_connection_goes_no_further(news: Newsroom) -> None:
    news.cms.answers["/hop"] = [response(b"x", "200 OK", "Connection: keep-alive, X-Hop", "Keep-Alive: timeout=5", "X-Hop: 1",
                                         "Proxy-Connection: keep-alive", "X-End: 1", "Content-Type: text/x-any", "Upgrade: h2c")]  # fmt: skip
    got = raw(news, ask("GET", "/hop", "Connection: X-Mine", "X-Mine: 1", "TE: trailers", "Keep-Alive: 5", "X-End: 1"))
    for name in (b"keep-alive", b"x-hop", b"proxy-connection", b"upgrade"):
        assert b"\r\n" + name not in got.lower()
    assert b"\r\nX-End: 1\r\n" in got
    assert not {"x-mine", "te", "keep-alive", "connection"} & last(news).fields.keys()
    assert last(news).fields["x-end"] == "1" if "x-end" in last(news).fields else True


def test_the_cms_learns_neither_who_asks_nor_under_which_host(news: Newsroom) -> None:
    news.cms.answers["/who"] = [response(b"x", "200 OK", "Content-Type: text/x-any", "Cache-Control: no-store")]
    spoofed = (
        "Forwarded: for=6.6.6.6",
        "X-Real-IP: 6.6.6.6",
        "CF-Connecting-IP: 6.6.6.6",
        "True-Client-IP: 6.6.6.6",
        "X-Forwarded-Host: evil.example",
    )
    for method in ("GET", "POST"):
        raw(news, ask(method, "/who", *spoofed))
        told = b"\n".join(last(news).lines)
        assert b"6.6.6.6" not in told
        assert LAGOS.encode() not in told
        assert b"evil" not in told
        assert "for=_hidden" in last(news).fields["forwarded"]
        assert last(news).fields["via"] == "1.1 gateway"
        assert last(news).fields["host"] == news.cms.url.removeprefix("http://")


def test_what_may_be_told_to_others_is_asked_for_without_cookie_and_agent(news: Newsroom) -> None:
    news.cms.answers["/shared"] = [page("shared")]
    raw(news, ask("GET", "/shared", f"Cookie: {COOKIE}", f"User-Agent: {AGENT}", "Referer: https://somewhere.example/"))
    assert not {"cookie", "user-agent", "referer"} & last(news).fields.keys()
    raw(news, ask("POST", "/form", f"Cookie: {COOKIE}", f"User-Agent: {AGENT}", "Content-Length: 0"))
    assert (last(news).fields["cookie"], last(news).fields["user-agent"]) == (COOKIE, AGENT)


def test_what_one_reader_was_given_is_never_given_to_another(news: Newsroom) -> None:
    turn = iter(range(100))
    news.cms.answers["/basket"] = lambda heard: [
        response(
            b"for %d" % next(turn),
            "200 OK",
            "Set-Cookie: id=1",
            "Cache-Control: max-age=100",
            "Content-Type: text/plain",
        )
    ]
    bodies = [raw(news, ask("GET", "/basket")).rpartition(b"\r\n\r\n")[2] for _ in range(4)]
    assert len(set(bodies)) == 4
    news.cms.answers["/mine"] = lambda heard: [
        response(b"for %d" % next(turn), "200 OK", "Cache-Control: max-age=100", "Content-Type: text/plain")
    ]
    bodies = [raw(news, ask("GET", "/mine", "Authorization: Basic eDp5")).rpartition(b"\r\n\r\n")[2] for _ in range(4)]
    assert len(set(bodies)) == 4
    assert last(news).fields["authorization"] == "Basic eDp5"


def test_no_redirect_is_followed_and_it_leads_where_the_cms_said(news: Newsroom) -> None:
    news.cms.answers["/moved"] = [
        response(b"", "301 Moved", "Location: http://169.254.169.254/latest?x=1", "Content-Type: text/x-any")
    ]
    heard = len(news.cms.heard)
    assert b"\r\nLocation: http://169.254.169.254/latest?x=1\r\n" in raw(news, ask("GET", "/moved"))
    assert len(news.cms.heard) == heard + 1


def test_a_request_cannot_choose_another_host(news: Newsroom) -> None:
    for request in (
        ask("GET", "http://evil.example/x"), ask("GET", "/x").replace(b"Host: 127.0.0.1", b"Host: evil.example"),
    ):  # fmt: skip
        heard = len(news.cms.heard)
        assert raw(news, request).startswith((b"HTTP/1.1 421 ", b"HTTP/1.1 400 "))
        assert len(news.cms.heard) == heard
    news.cms.default = [response(b"x", "200 OK", "Content-Type: text/x-any", "Cache-Control: no-store")]
    for target in ("//evil.example/x", "/@evil.example", "/x:80/", "/%0d%0aHost:%20evil", "/..%2f..%2fx"):
        raw(news, ask("GET", target))
        assert last(news).fields["host"] == news.cms.url.removeprefix("http://")


_TOKEN = st.text("abcdefgXYZ-_~.!", min_size=1, max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text("abcdefXYZ-", min_size=1, max_size=10).map(lambda name: "X-" + name),
    value=st.text([chr(n) for n in (*range(0x20, 0x7F), *range(0xA0, 0x100))], max_size=30).map(str.strip),
    segments=st.lists(_TOKEN, min_size=1, max_size=3),
    body=st.binary(max_size=50),
)
def test_whatever_field_path_and_body_there_are_they_pass_both_ways(
    news: Newsroom, name: str, value: str, segments: list[str], body: bytes
) -> None:
    target = "/p/" + "/".join(segments)
    if any(segment in (".", "..") for segment in segments):
        return
    news.cms.default = lambda heard: [
        response(heard.body, "200 OK", f"{name}: {value}", "Content-Type: text/x-any", "Cache-Control: no-store")
    ]
    got = raw(news, ask("POST", target, f"{name}: {value}", f"Content-Length: {len(body)}", body=body))
    assert (last(news).target, last(news).body) == (target, body)
    line = f"{name}: {value}".encode("latin-1").rstrip()
    assert line in [each.rstrip() for each in last(news).lines]
    assert line in [each.rstrip() for each in got.partition(b"\r\n\r\n")[0].split(b"\r\n")]
    assert got.endswith(b"\r\n\r\n" + body)


def test_a_story_that_no_policy_touches_passes_byte_for_byte(news: Newsroom) -> None:
    news.cms.answers["/other/1"] = [
        page("other", "X-Mine: 1", 'ETag: "cms"', "Last-Modified: Fri, 01 May 2026 08:00:00 GMT")
    ]
    for reader in (LAGOS, MOSCOW):
        answer = news.get("/other/1", reader)
        assert answer.body == page("other").partition(b"\r\n\r\n")[2]
        assert (answer.headers["etag"], answer.headers["x-mine"]) == ('"cms"', "1")
