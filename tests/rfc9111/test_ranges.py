"""RFC 9111, sections 3.3 and 3.4: parts of a response, kept, sent, and put together."""

from __future__ import annotations

import pytest

from gateway.cache.http.profile import RFC9111
from gateway.cache.http.recall import Forward, recall
from gateway.content.message import Response, values
from tests.rfc9111.requirements import keeps
from tests.rfc9111.world import NOON, Cache, UnreachableError, at, first, fresh, get, says

WHOLE = b"0123456789"


def part(first_at: int, last: int, length: int | str = 10, **named: str | list[str]) -> Response:
    told = {"Cache_Control": "max-age=60", "Content_Range": f"bytes {first_at}-{last}/{length}", "ETag": '"1"'} | named
    return says(206, WHOLE[first_at : last + 1], "Partial Content", **told)


@pytest.mark.parametrize(
    ("asked", "content", "described"),
    [
        ("bytes=0-1", b"01", "bytes 0-1/10"),
        ("bytes=1-", b"123456789", "bytes 1-9/10"),
        ("bytes=-1", b"9", "bytes 9-9/10"),
        ("bytes=-99", WHOLE, "bytes 0-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
        ("BYTES=2-3", b"23", "bytes 2-3/10"),
        ("bytes= 0-1 , 2-4", b"01234", "bytes 0-4/10"),
        ("bytes=3-4,0-3,,99-", b"01234", "bytes 0-4/10"),
    ],
)
def test_a_part_is_sent_from_a_whole_response(asked: str, content: bytes, described: str) -> None:
    cache = Cache().origin(fresh(body=WHOLE, X="1", Content_Length="10"))
    cache.ask()
    told = cache.ask(Range=asked)
    assert (told.status, told.body, first(told, "Content-Range")) == (206, content, described)
    assert (values(told.fields, "content-length"), first(told, "X")) == ([str(len(content))], "1")
    assert len(cache.asked) == 1


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-1,5-6",
        "bytes=2-1",
        "bytes=",
        "bytes=x",
        "lines=0-1",
        "0-1",
        "bytes=--1",
        "bytes=1-2-3",
        "bytes=" + "0-0," * 99,
    ],
)
def test_a_range_that_cannot_be_read_or_is_scattered_brings_the_whole(asked: str) -> None:
    cache = Cache().origin(fresh(body=WHOLE))
    cache.ask()
    told = cache.ask(Range=asked)
    assert (told.status, told.body) == (200, WHOLE)


def test_a_range_beyond_the_end_cannot_be_satisfied() -> None:
    cache = Cache().origin(fresh(body=WHOLE))
    cache.ask()
    for asked in ("bytes=10-", "bytes=99-100", "bytes=-0"):
        told = cache.ask(Range=asked)
        assert (told.status, told.body, first(told, "Content-Range")) == (416, b"", "bytes */10")


def test_a_range_applies_to_a_get_of_a_200_only() -> None:
    cache = Cache().origin(fresh(body=WHOLE), says(404, b"nothing", Cache_Control="max-age=60"))
    cache.ask()
    cache.ask(get("/b"))
    assert cache.ask(get(method="HEAD", Range="bytes=0-1")).status == 200
    assert cache.ask(get("/b", Range="bytes=0-1")).body == b"nothing"


@keeps("9111:4.3.2e")
def test_a_part_of_something_else_is_not_sent() -> None:
    cache = Cache().origin(fresh(body=WHOLE, ETag='"1"', Last_Modified=at(NOON - 500), Date=at(NOON)))
    cache.ask()
    for condition, status in (
        ('"1"', 206), ('"2"', 200), ('W/"1"', 200), (at(NOON - 500), 206), (at(NOON - 499), 200), ("x", 200),
    ):  # fmt: skip
        assert cache.ask(Range="bytes=0-1", If_Range=condition).status == status, condition
    cache = Cache().origin(fresh(body=WHOLE, Last_Modified=at(NOON - 5), Date=at(NOON)))
    cache.ask()
    assert cache.ask(Range="bytes=0-1", If_Range=at(NOON - 5)).status == 200, "too near to be sure (RFC 9110, 8.8.2.2)"
    assert cache.ask(If_Range='"9"').status == 200


@keeps("9111:3.3a", "9111:3.3c", "9111:3.3d")
def test_a_stored_part_answers_what_lies_wholly_within_it_as_206() -> None:
    cache = Cache().origin(part(2, 7, Content_Length="6"))
    cache.ask(Range="bytes=2-7")
    assert cache.only().partial == (2, 7, 10)
    for asked, content in (("bytes=3-5", b"345"), ("bytes=2-7", b"234567")):
        told = cache.ask(Range=asked)
        assert (told.status, told.body) == (206, content)
    assert len(cache.asked) == 1
    for request in (
        get(),
        get(Range="bytes=1-3"),
        get(Range="bytes=7-"),
        get(Range="bytes=-1"),
        get(method="HEAD"),
        get(Range="x"),
    ):
        verdict = recall(request, cache.kept(), cache.now, RFC9111)
        assert isinstance(verdict, Forward)
        assert verdict.why == "partial"


def test_an_origin_that_sends_other_positions_than_were_asked_for_is_taken_at_its_word() -> None:
    for asked in ("bytes=-5", "bytes=3-9", "bytes=99-"):
        cache = Cache().origin(part(0, 4))
        told = cache.ask(Range=asked)
        assert (told.status, told.body, first(told, "Content-Range")) == (206, b"01234", "bytes 0-4/10")
        assert cache.only().partial == (0, 4, 10)


def test_a_stale_part_stands_in_for_nothing_but_itself() -> None:
    cache = Cache().origin(part(2, 7), UnreachableError)
    cache.ask(Range="bytes=2-7")
    cache.later(99)
    assert cache.ask(Range="bytes=3-4").status == 206
    assert cache.ask().status == 504


@keeps("9111:3.3b")
@pytest.mark.parametrize(
    "told",
    [
        "lines 0-1/10",
        "bytes 0-1/*",
        "bytes 5-4/10",
        "bytes 0-10/10",
        "bytes */10",
        "",
        "bytes 0-2/10",
        ["bytes 0-1/10", "bytes 0-1/10"],
    ],
)
def test_a_part_that_does_not_say_what_it_is_is_not_stored(told: str | list[str]) -> None:
    cache = Cache().origin(says(206, b"01", Cache_Control="max-age=60", Content_Range=told))
    cache.ask(Range="bytes=0-1")
    assert cache.kept() == ()


@keeps("9111:3.4a", "9111:3.4b")
def test_what_is_missing_is_asked_for_and_the_parts_become_one() -> None:
    cache = Cache().origin(part(0, 4, A="1", B="2"), part(5, 9, A="3", Date=at(NOON)))
    cache.ask(Range="bytes=0-4")
    told = cache.ask(Foo="x", If_None_Match='"9"')
    assert dict(cache.asked[-1].fields) == {"Foo": "x", "Range": "bytes=5-", "If-Range": '"1"'}
    assert (told.status, told.reason, told.body) == (200, "OK", WHOLE)
    assert (first(told, "A"), first(told, "B"), first(told, "Content-Range")) == ("3", "2", None)
    assert values(told.fields, "content-length") == ["10"]
    assert cache.only().partial is None
    assert cache.hits()


def test_the_beginning_is_asked_for_where_the_end_is_there_and_parts_may_grow() -> None:
    cache = Cache().origin(part(6, 9), part(0, 5))
    cache.ask(Range="bytes=6-9")
    assert cache.ask().body == WHOLE
    assert dict(cache.asked[-1].fields)["Range"] == "bytes=0-5"
    cache = Cache().origin(part(4, 6), part(5, 8))
    cache.ask(Range="bytes=4-6")
    cache.ask(Range="bytes=5-8")
    assert (cache.only().partial, cache.only().response.body) == ((4, 8, 10), b"45678")
    assert first(cache.ask(Range="bytes=4-8"), "Content-Range") == "bytes 4-8/10"


@pytest.mark.parametrize(
    "second",
    [
        part(5, 9, ETag='"2"'),
        part(5, 9, ETag='W/"1"'),
        part(5, 9, ETag=[]),
        part(6, 9),
        part(5, 9, 11),
        part(5, 9, Content_Range="bytes 5-9/11"),
    ],
    ids=["another tag", "a weak tag", "no tag", "a gap", "another length", "says another length"],
)
def test_parts_of_different_things_never_become_one(second: Response) -> None:
    cache = Cache().origin(part(0, 4), second)
    cache.ask(Range="bytes=0-4")
    assert cache.ask(Range="bytes=5-9").status == 206
    assert cache.only().partial != (0, 9, 10)
    assert cache.only().response.body == second.body


def test_what_came_whole_after_all_takes_the_parts_place() -> None:
    cache = Cache().origin(part(0, 4), fresh(body=b"new", ETag='"2"'))
    cache.ask(Range="bytes=0-4")
    assert cache.ask().body == b"new"
    assert cache.only().response.status == 200


def test_without_a_strong_validator_nothing_is_asked_for_in_parts() -> None:
    for told in ({"ETag": 'W/"1"'}, {"ETag": []}):
        cache = Cache().origin(part(0, 4, **told), fresh(body=b"new"))
        cache.ask(Range="bytes=0-4")
        cache.ask()
        assert cache.asked[-1].fields == ()
