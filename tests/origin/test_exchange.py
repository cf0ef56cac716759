"""What goes to an origin and what comes back, octet for octet."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest

from gateway.content.message import Request, Response
from gateway.content.origin import Care, Fault, Origin, OriginError
from gateway.events import NoEvents
from tests.origin.scripted import HANG, Scripted, chunked, head, response, scripted


@pytest.fixture
async def cms() -> AsyncIterator[Scripted]:
    async with scripted() as origin:
        yield origin


@pytest.fixture
async def origin(cms: Scripted) -> AsyncIterator[Origin]:
    asked = Origin(cms.url, NoEvents(), Care(first_byte_seconds=1.0, backoff_seconds=0.0), host="news.example")
    yield asked
    await asked.aclose()


async def pieces(*given: bytes) -> AsyncIterator[bytes]:
    for piece in given:
        yield piece


async def test_a_response_comes_back_as_it_was_sent(cms: Scripted, origin: Origin) -> None:
    fields = ("x-B: 1", "Set-Cookie: a=1", "X-b: \xe9 2", "set-cookie: b=2; Path=/", "Content-Type: text/html")
    cms.answers["/a"] = [response(b"body", "299 Quite \xe9Fine", *fields)]
    got = await origin.fetch(Request("GET", "/a"))
    assert got.fields == (*(tuple(field.split(": ", 1)) for field in fields), ("Content-Length", "4"))
    assert (got.status, got.reason, got.body) == (299, "Quite \xe9Fine", b"body")


async def test_a_request_goes_out_as_it_stands_but_for_host_connection_and_framing(
    cms: Scripted, origin: Origin
) -> None:
    fields = (
        ("hOST", "evil.example"), ("ACCEPT", "a"), ("accept", "b"), ("Connection", "close, X-Secret"), ("X-Secret", "1"),
        ("Keep-Alive", "5"), ("TE", "trailers"), ("Upgrade", "h2c"), ("Expect", "100-continue"), ("X-O", "\xe9"),
    )  # fmt: skip
    await origin.fetch(Request("GET", "//other.example/a/../b?", fields))
    (heard,) = cms.heard
    assert heard.target == "//other.example/a/../b?"
    assert heard.lines == (b"Host: news.example", b"ACCEPT: a", b"accept: b", b"X-O: \xe9")


@pytest.mark.parametrize(
    "target",
    [
        "",
        "a",
        "http://evil/",
        "@evil",
        "\\evil",
        "*",
        "/a b",
        "/a\r\nX: y",
        "/a\nb",
        "/\x00",
        "/\x7f",
        "/a\tb",
        "/\u0100",
    ],
)
async def test_nothing_but_a_path_is_ever_asked_for(cms: Scripted, origin: Origin, target: str) -> None:
    with pytest.raises(OriginError) as caught:
        await origin.fetch(Request("GET", target))
    assert (caught.value.fault, caught.value.status, cms.heard) == (Fault.FORBIDDEN, 503, [])


@pytest.mark.parametrize(
    "request_",
    [
        Request("GE T", "/"), Request("", "/"), Request("CONNECT", "/"), Request("GET\r\n", "/"),
        Request("GET", "/", (("a b", "c"),)), Request("GET", "/", (("a", "c\r\nd: e"),)), Request("GET", "/", (("a", "\x00"),)),
        Request("GET", "/", (("", "c"),)), Request("GET", "/", (("a:", "c"),)), Request("GET", "/", (("a", "\u0416"),)),
    ],
)  # fmt: skip
async def test_no_field_and_no_method_can_add_a_line(cms: Scripted, origin: Origin, request_: Request) -> None:
    with pytest.raises(OriginError) as caught:
        await origin.fetch(request_)
    assert (caught.value.fault, cms.heard) == (Fault.FORBIDDEN, [])


async def test_every_method_goes_through_as_it_is_spelt(cms: Scripted, origin: Origin) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "PATCH", "DELETE", "PURGE", "get", "M-SEARCH"):
        await origin.fetch(Request(method, "/"))
    await origin.fetch(Request("OPTIONS", "*"))
    assert [each.method for each in cms.heard][-2:] == ["M-SEARCH", "OPTIONS"]
    assert "get" in {each.method for each in cms.heard}


async def test_a_body_is_streamed_with_its_length_or_in_chunks(cms: Scripted, origin: Origin) -> None:
    cms.default = lambda heard: [response(b"%d" % len(heard.body))]
    for fields in ((("Content-Length", "200000"),), ()):
        request = Request("POST", "/upload", fields)
        async with origin.exchange(request, pieces(b"x" * 150_000, b"", b"y" * 50_000)) as got:
            assert (await got.whole(100)).body == b"200000"
    assert [each.fields.get("content-length", "chunked") for each in cms.heard] == ["200000", "chunked"]


async def test_an_empty_post_says_so(cms: Scripted, origin: Origin) -> None:
    await origin.fetch(Request("POST", "/", (("Content-Length", "0"),)))
    assert b"Content-Length: 0" in cms.heard[0].lines


@pytest.mark.parametrize("length", [5, 7])
async def test_a_body_that_is_not_as_long_as_was_said_is_not_passed_off_as_whole(
    cms: Scripted, origin: Origin, length: int
) -> None:
    with pytest.raises(OriginError) as caught:
        async with origin.exchange(Request("PUT", "/", (("Content-Length", str(length)),)), pieces(b"abc", b"def")):
            pass
    assert (caught.value.fault, cms.heard) == (Fault.FORBIDDEN, [])


async def test_an_answer_may_come_before_the_body_is_through(cms: Scripted, origin: Origin) -> None:
    class Early(list[bytes]):
        early = True

    cms.answers["/"] = Early([response(b"too much", "413 Content Too Large", "Connection: close")])
    never = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        await never.wait()

    async with origin.exchange(Request("POST", "/"), slow()) as got:
        assert (got.status, (await got.whole(100)).body) == (413, b"too much")


async def test_what_the_reader_of_a_body_raises_is_the_readers(cms: Scripted, origin: Origin) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise ConnectionResetError("the reader went away")

    with pytest.raises(ConnectionResetError, match="went away"):
        async with origin.exchange(Request("POST", "/"), broken()):
            pass
    assert (origin.counts["disconnected"], cms.heard) == (0, [])


async def test_interim_responses_are_told_at_once_and_the_final_one_follows(cms: Scripted, origin: Origin) -> None:
    early = head("103 Early Hints", "Link: </a.css>; rel=preload", "Connection: x")
    cms.answers["/"] = [head("102 Processing"), early, 0.01, response(b"done")]
    told: list[Response] = []
    got = await origin.fetch(Request("GET", "/"), interim=told.append)
    assert [(each.status, each.reason, each.fields) for each in told] == [
        (102, "Processing", ()),
        (103, "Early Hints", (("Link", "</a.css>; rel=preload"),)),
    ]
    assert got.body == b"done"


async def test_interim_responses_without_end_are_ended(cms: Scripted, origin: Origin) -> None:
    cms.answers["/"] = [head("103 Early Hints") * 50, HANG]
    with pytest.raises(OriginError) as caught:
        await origin.fetch(Request("GET", "/"))
    assert caught.value.fault is Fault.MALFORMED


async def test_another_protocol_is_refused(cms: Scripted, origin: Origin) -> None:
    cms.answers["/"] = [head("101 Switching Protocols", "Upgrade: websocket", "Connection: upgrade"), b"\x00\x01"]
    with pytest.raises(OriginError) as caught:
        await origin.fetch(Request("GET", "/"))
    assert caught.value.fault is Fault.MALFORMED


async def test_connections_are_used_again_but_not_after_head(cms: Scripted, origin: Origin) -> None:
    cms.default = lambda heard: [response(b"" if heard.method == "HEAD" else b"x")]
    for method in ("GET", "GET", "HEAD", "GET", "GET"):
        await origin.fetch(Request(method, "/"))
    assert [each.connection for each in cms.heard] == [1, 1, 1, 2, 2]


async def test_a_body_after_head_is_never_anybodys_answer(cms: Scripted, origin: Origin) -> None:
    cms.default = lambda heard: [
        response(b"", length=5), *([0.05, response(b"WRONG")] if heard.method == "HEAD" else [b"right"])
    ]  # fmt: skip
    await origin.fetch(Request("HEAD", "/"))
    assert [(await origin.fetch(Request("GET", "/"))).body for _ in range(2)] == [b"right"] * 2


@pytest.mark.parametrize("delay", [0.0, 0.05])
async def test_bytes_beyond_an_answer_are_never_the_next_one(cms: Scripted, origin: Origin, delay: float) -> None:
    cms.answers["/a"] = [response(b"first"), delay, response(b"WRONG"), 0.05]
    cms.answers["/b"] = [response(b"right")]
    for _ in range(5):
        if delay:
            assert (await origin.fetch(Request("GET", "/a"))).body == b"first"
        else:
            with pytest.raises(OriginError, match="malformed"):
                await origin.fetch(Request("GET", "/a"))
        await asyncio.sleep(0.1)
        assert (await origin.fetch(Request("GET", "/b"))).body == b"right"


async def test_no_redirect_is_followed_and_no_cookie_is_kept(cms: Scripted, origin: Origin) -> None:
    location = "Location: http://169.254.169.254/latest/meta-data/"
    cms.default = [response(b"", "302 Found", location, "Set-Cookie: a=1; Path=/")]
    for _ in range(2):
        assert (await origin.fetch(Request("GET", "/"))).status == 302
    assert [(each.target, "cookie" in each.fields) for each in cms.heard] == [("/", False)] * 2


async def test_nothing_is_decoded_on_the_way(cms: Scripted, origin: Origin) -> None:
    coded = gzip.compress(b"colour" * 100)
    cms.answers["/"] = [
        head("200 OK", "Content-Encoding: gzip", "Transfer-Encoding: chunked"),
        chunked(coded[:9], coded[9:]),
    ]
    got = await origin.fetch(Request("GET", "/"))
    assert (got.body, got.fields) == (coded, (("Content-Encoding", "gzip"),))


async def test_a_large_body_is_passed_through_piece_by_piece(cms: Scripted, origin: Origin) -> None:
    cms.answers["/"] = [
        head("200 OK", "Transfer-Encoding: chunked"),
        *[chunked(b"x" * 50_000, end=b"")] * 400,
        b"0\r\n\r\n",
    ]
    async with origin.exchange(Request("GET", "/")) as got:
        assert sum([len(piece) async for piece in got.chunks()]) == 20_000_000
        assert (got.framed, got.length) == (True, None)
    await origin.fetch(Request("GET", "/b"))
    assert cms.connections == 1
