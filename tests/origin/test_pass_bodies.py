"""Bodies in both directions, parts of them, and what comes before an answer or instead of one, at the public socket."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from tests.origin.newsroom import Newsroom, newsroom, page
from tests.origin.octets import ask, last, raw
from tests.origin.scripted import CUT, Heard, Script, chunked, head, response

COOKIE, AGENT = "session=a-cookie-of-somebody", "Somebody's browser/1.0"


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("pass")) as running:
        yield running


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with newsroom(tmp_path_factory.mktemp("exact"), origin_profile="rfc9111") as running:
        yield running


@pytest.mark.parametrize("size", [0, 1, 65_536, 3_000_000])
@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_body_goes_to_the_cms_and_another_comes_back(news: Newsroom, size: int, in_chunks: bool) -> None:
    def echo(heard: Heard) -> Script:
        body = heard.body[::-1]
        if in_chunks:
            return [
                head("200 OK", "Content-Type: text/x-any", "Transfer-Encoding: chunked"),
                chunked(*([body] if body else [])),
            ]
        return [response(body, "200 OK", "Content-Type: text/x-any")]

    news.cms.answers["/echo"] = echo
    sent = bytes(n % 251 for n in range(size))
    request = (
        ask("POST", "/echo", "Transfer-Encoding: chunked", body=chunked(sent) if size else b"0\r\n\r\n")
        if in_chunks
        else ask("POST", "/echo", f"Content-Length: {size}", body=sent)
    )
    got = raw(news, request)
    start, _, body = got.partition(b"\r\n\r\n")
    if b"chunked" in start:
        body = (
            b"".join(re.findall(rb"(?s)[0-9a-f]+\r\n(.*)\r\n0\r\n\r\n$", body)) if size < 60_000 else _dechunked(body)
        )
    assert last(news).body == sent
    assert body == sent[::-1]


def _dechunked(data: bytes) -> bytes:
    whole = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        length = int(size, 16)
        whole, data = whole + data[:length], data[length + 2 :]
        if not length:
            break
    return whole


@pytest.mark.parametrize("framing", ["Content-Length: 20", "Transfer-Encoding: chunked"])
def test_a_long_body_is_passed_on_while_it_comes(news: Newsroom, framing: str) -> None:
    pieces = [b"x" * 10, b"y" * 10]
    if "chunked" in framing:
        pieces = [chunked(pieces[0], end=b""), chunked(pieces[1])]
    begins = head("200 OK", "Content-Type: video/mp4", "Cache-Control: no-store", framing)
    news.cms.answers["/film"] = [begins, pieces[0], 0.7, pieces[1]]
    with socket.create_connection(("127.0.0.1", news.running.port), 10) as connection:
        connection.sendall(ask("GET", "/film"))
        got = b""
        while b"x" * 10 not in got:
            data = connection.recv(65536)
            assert data
            got += data
        assert b"y" not in got.partition(b"\r\n\r\n")[2]
        while data := connection.recv(65536):
            got += data
    assert got.partition(b"\r\n\r\n")[2].count(b"y") == 10


def test_a_body_that_breaks_off_on_the_way_breaks_off_for_the_reader(news: Newsroom) -> None:
    for start, rest in (
        (head("200 OK", "Content-Type: video/mp4", "Content-Length: 200000"), b"x" * 100_000),
        (head("200 OK", "Content-Type: video/mp4", "Transfer-Encoding: chunked"), chunked(b"x" * 100_000, end=b"")),
    ):
        news.cms.answers["/film"] = [start, rest, 0.1, CUT]
        try:
            got = raw(news, ask("GET", "/film"))
        except ConnectionResetError:
            continue
        assert not got.endswith(b"0\r\n\r\n")
        assert got.partition(b"\r\n\r\n")[2].count(b"x") <= 100_000


def test_a_part_is_a_part(news: Newsroom) -> None:
    def film(heard: Heard) -> Script:
        if heard.fields.get("range") == "bytes=2-4":
            return [
                response(
                    b"234", "206 Partial Content", "Content-Range: bytes 2-4/10", "Content-Type: video/mp4", 'ETag: "f"'
                )
            ]
        return [response(b"0123456789", "200 OK", "Accept-Ranges: bytes", "Content-Type: video/mp4", 'ETag: "f"')]

    news.cms.answers["/part"] = film
    for target in ("/part", "/part"):
        got = raw(news, ask("GET", target, "Range: bytes=2-4"))
        assert got.startswith(b"HTTP/1.1 206 ")
        assert got.endswith(b"\r\n\r\n234")
        assert b"Content-Range: bytes 2-4/10" in got


def test_a_websocket_is_refused_in_so_many_words(news: Newsroom) -> None:
    heard = len(news.cms.heard)
    got = raw(
        news,
        ask(
            "GET",
            "/chat",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ).replace(b"Connection: close", b"Connection: Upgrade"),
    )
    assert got.startswith(b"HTTP/1.1 501 ")
    assert b"\r\nConnection: close\r\n" in got
    assert len(news.cms.heard) == heard


def test_early_hints_go_on_to_the_reader_where_the_rfc_is_the_profile(exact: Newsroom) -> None:
    exact.cms.answers["/hints"] = [head("103 Early Hints", "Link: </a.css>; rel=preload"), 0.05, page("hinted")]
    got = raw(exact, ask("GET", "/hints"))
    first, _, rest = got.partition(b"\r\n\r\n")
    assert first == b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload"
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")
