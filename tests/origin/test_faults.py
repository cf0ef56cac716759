"""No answer that is cut short, too large or malformed is ever taken for a page."""

from __future__ import annotations

import asyncio
import gzip
import resource
import zlib
from collections.abc import AsyncIterator

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.content.message import Request
from gateway.content.origin import Care, Fault, Origin, OriginError
from gateway.content.origin.coding import decode
from gateway.content.origin.wait import retry_after_of
from gateway.events import NoEvents
from tests.origin.faults import FAULTS, LIMIT, PAGE, ZIPPED, coded
from tests.origin.scripted import CUT, Script, Scripted, head, response, scripted

CARE = Care(first_byte_seconds=0.5, total_seconds=1.0, silence_seconds=0.5, body_bytes=LIMIT, backoff_seconds=0.0)


@pytest.fixture
async def cms() -> AsyncIterator[Scripted]:
    async with scripted() as origin:
        yield origin


@pytest.fixture
async def origin(cms: Scripted) -> AsyncIterator[Origin]:
    asked = Origin(cms.url, NoEvents(), CARE)
    yield asked
    await asked.aclose()


@pytest.mark.parametrize("name", FAULTS)
async def test_a_bad_answer_is_told_from_a_good_one(cms: Scripted, origin: Origin, name: str) -> None:
    cms.answers["/bad"], fault = FAULTS[name]
    cms.answers["/good"] = [response(PAGE)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(OriginError) as caught:
        await origin.fetch(Request("GET", "/bad"))
    assert (caught.value.fault, caught.value.status) == (fault, 504 if "timeout" in fault else 502)
    assert (await origin.fetch(Request("GET", "/good"))).body == PAGE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


GOOD: dict[str, Script] = {
    "length": [response(PAGE)],
    "in many pieces": [response(b"", length=len(PAGE)), *[step for n in range(0, len(PAGE), 100) for step in (PAGE[n : n + 100], 0.001)]],
    "chunks with extensions and trailers": [
        head("200 OK", "Transfer-Encoding: Chunked"), b"%x;a=b\r\n%s\r\n0\r\nX: y\r\n\r\n" % (len(PAGE), PAGE),
    ],
    "gzip": [coded(ZIPPED, "gzip")],
    "gzip in two members": [coded(gzip.compress(PAGE[:99]) + gzip.compress(PAGE[99:]), "x-gzip")],
    "gzip and a line behind it, as PHP leaves it": [coded(ZIPPED + b"\n", "gzip")],
    "deflate": [coded(zlib.compress(PAGE), "deflate")],
    "bare deflate": [coded(zlib.compress(PAGE, wbits=-15), "deflate")],
    "brotli": [coded(brotli.compress(PAGE), "br")],
    "zstandard": [coded(zstandard.compress(PAGE), "zstd")],
    "two codings": [coded(brotli.compress(ZIPPED), "gzip, identity, BR")],
    "nothing": [response()],
    "gzip of nothing, said of an empty body": [coded(b"", "gzip")],
    "a coding that nobody knows": [coded(b"\x01\x02", "compress")],
    "part of a coded body": [response(ZIPPED[9:20], "206 Partial Content", "Content-Encoding: gzip")],
    "status 999": [response(PAGE, "999 Odd")],
    "no reason": [b"HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nx"],
    "line feeds alone": [b"HTTP/1.1 200 OK\nContent-Length: 1\n\nx"],
    "HTTP/1.0": [b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", CUT],
    "204": [head("204 No Content")],
    "304": [head("304 Not Modified", 'ETag: "a"')],
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
async def test_a_good_answer_is_taken(cms: Scripted, origin: Origin, name: str) -> None:
    cms.answers["/"] = GOOD[name]
    async with origin.exchange(Request("GET", "/")) as got:
        assert got.framed
        await got.whole(LIMIT)
    assert not set(origin.counts) - {"requests"}


async def test_a_field_in_two_lines_becomes_one(cms: Scripted, origin: Origin) -> None:
    cms.answers["/"] = [response(b"", "200 OK", "X: a\r\n\t b", "Y: c")]
    assert (await origin.fetch(Request("GET", "/"))).fields[:2] == (("X", "a\t b"), ("Y", "c"))


async def test_a_body_that_ends_with_the_connection_says_so(cms: Scripted, origin: Origin) -> None:
    cms.answers["/"] = [head(), PAGE, CUT]
    async with origin.exchange(Request("GET", "/")) as got:
        assert not got.framed
        assert (await got.whole(LIMIT)).body == PAGE


async def test_what_announces_too_much_can_still_be_passed_through(cms: Scripted, origin: Origin) -> None:
    cms.answers["/film"] = [response(b"x" * (LIMIT + 1))]
    async with origin.exchange(Request("GET", "/film")) as got:
        with pytest.raises(OriginError):
            await got.whole(LIMIT)
        assert sum([len(piece) async for piece in got.chunks()]) == LIMIT + 1
    assert origin.counts["too-large"] == 0


async def test_a_body_that_is_passed_through_may_take_long_but_not_fall_silent(cms: Scripted, origin: Origin) -> None:
    cms.answers["/long"] = [response(b"", length=8), *[b"x", 0.2] * 8]
    async with origin.exchange(Request("GET", "/long")) as got:
        assert [piece async for piece in got.chunks()] == [b"x"] * 8
    cms.answers["/silent"] = [response(b"x", length=8), 5.0]
    async with origin.exchange(Request("GET", "/silent")) as got:
        with pytest.raises(OriginError, match="timeout"):
            [piece async for piece in got.chunks()]


async def test_a_reader_who_leaves_costs_one_connection_and_blames_nobody(cms: Scripted, origin: Origin) -> None:
    cms.answers["/"] = [response(b"x", length=10), 5.0]
    for _ in range(10):
        task = asyncio.create_task(origin.fetch(Request("GET", "/")))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait({task})
    assert origin.up
    assert not set(origin.counts) - {"requests"}


@settings(deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br", "deflate, zstd"]),
    st.integers(1, 100),
)
def test_what_was_coded_decodes_and_no_part_of_it_does(body: bytes, codings: str, cut: int) -> None:
    coders = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.compress}
    whole = body
    for name in codings.split(", "):
        whole = coders[name](whole)
    assert decode(whole, codings, 1000) == body
    if len(whole) > cut:
        with pytest.raises(OriginError) as caught:
            decode(whole[:-cut], codings, 1000)
        assert caught.value.fault in {Fault.TRUNCATED, Fault.UNDECODABLE}


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, deflate"]))
def test_whatever_comes_is_decoded_or_refused(body: bytes, codings: str) -> None:
    try:
        assert len(decode(body, codings, 5000)) <= 5000
    except OriginError as error:
        assert error.fault in {Fault.TRUNCATED, Fault.UNDECODABLE, Fault.TOO_LARGE}  # noqa: PT017


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_a_retry_after_is_seconds_or_nothing(value: str, date: str) -> None:
    wait = retry_after_of(value, date)
    assert wait is None or wait >= 0


def test_a_retry_after_may_be_a_moment() -> None:
    date = "Sun, 06 Nov 1994 08:49:37 GMT"
    assert retry_after_of("120", None) == 120
    assert retry_after_of("Sun, 06 Nov 1994 08:50:37 GMT", date) == 60
    assert retry_after_of("Sun, 06 Nov 1994 08:48:37 GMT", date) == 0
    assert retry_after_of("-1", date) is None
    assert retry_after_of("9" * 400, date) == 999_999
