"""RFC 9111, section 4.3: asking whether a stored response is still right, and being asked."""

from __future__ import annotations

import pytest

from gateway.cache.http.profile import NEWSROOM
from gateway.cache.http.recall import Serve, recall
from gateway.content.message import values
from tests.rfc9111.requirements import keeps
from tests.rfc9111.world import NOON, Cache, UnreachableError, at, first, fresh, get, says

CHANGED = at(NOON - 5000)


def not_modified(**named: str | list[str]) -> object:
    return says(304, b"", "Not Modified", **named)


@keeps("9111:4.3.1a", "9111:4.3.1b")
def test_validation_sends_both_validators_as_they_came_in_place_of_the_readers() -> None:
    cache = Cache().origin(fresh(0, ETag='W/"a"', Last_Modified=CHANGED))
    cache.ask()
    cache.ask(
        If_None_Match='"mine"', If_Modified_Since=at(NOON), If_Match="*", If_Range='"x"', Range="bytes=0-1", Foo="1"
    )
    assert dict(cache.asked[-1].fields) == {"Foo": "1", "If-None-Match": 'W/"a"', "If-Modified-Since": CHANGED}


def test_without_a_validator_the_request_is_sent_on_without_a_condition() -> None:
    cache = Cache().origin(fresh(0))
    cache.ask()
    cache.ask()
    assert cache.asked[-1].fields == ()


@keeps("9111:4.3.1c")
def test_validation_sends_the_fields_that_vary_names() -> None:
    cache = Cache().origin(fresh(0, ETag='"1"', Vary="Abc", stale="x"))
    cache.ask(Abc="123")
    cache.ask(Abc="123")
    assert values(cache.asked[-1].fields, "abc") == ["123"]
    assert values(cache.asked[-1].fields, "if-none-match") == ['"1"']


@keeps("9111:4.3.2a", "9111:4.3.2c")
def test_a_readers_condition_is_answered_from_what_is_stored() -> None:
    cache = Cache().origin(fresh(ETag='"abc"', Last_Modified=CHANGED))
    cache.ask()
    for tags in ('"abc"', 'W/"abc"', '"x", "abc"', '"abc", "x"', "*", ' "x" ,"abc" '):
        assert cache.ask(If_None_Match=tags).status == 304, tags
    assert cache.ask(If_None_Match=['"x"', '"abc"']).status == 304
    assert cache.ask(If_None_Match='"abc"', If_Modified_Since=at(NOON - 9000)).status == 304
    assert cache.ask(If_None_Match='"x"', If_Modified_Since=at(NOON)).status == 200
    assert cache.ask(If_None_Match="abc").status == 200
    assert cache.ask(get(method="HEAD", If_None_Match='"abc"')).status == 304
    assert len(cache.asked) == 1


@keeps("9111:4.3.2d")
def test_by_date_of_change_or_by_date_or_by_receipt() -> None:
    for told, boundary in (({"Last_Modified": CHANGED}, NOON - 5000), ({"Date": at(NOON - 20)}, NOON - 20), ({}, NOON)):
        cache = Cache().origin(fresh(600, **told))
        cache.ask()
        assert cache.ask(If_Modified_Since=at(boundary)).status == 304
        assert cache.ask(If_Modified_Since=at(boundary + 9)).status == 304
        assert cache.ask(If_Modified_Since=at(boundary - 1)).status == 200
    assert cache.ask(If_Modified_Since="yesterday").status == 200
    assert cache.ask(If_Modified_Since=[at(NOON), at(NOON)]).status == 200, "two are none (RFC 9110, section 13.1.3)"
    assert cache.ask(If_Modified_Since="Tuesday, 14-Nov-23 22:13:20 GMT").status == 304


def test_a_304_says_what_a_reader_needs_to_update_and_nothing_of_the_body() -> None:
    cache = Cache().origin(
        fresh(
            ETag='"1"', Last_Modified=CHANGED, Content_Type="text/html", Content_Length="11", Content_Encoding="x",
            Content_Language="uk", Content_Location="/a.uk", Expires=at(NOON + 9), Vary="Foo", X="y", Date=at(NOON),
        )
    )  # fmt: skip
    cache.ask()
    told = cache.ask(If_None_Match='"1"')
    assert {name for name, _ in told.fields} == {
        "Cache-Control", "ETag", "Content-Location", "Expires", "Vary", "X", "Date", "Age",
    }  # fmt: skip
    assert told.body == b""


@keeps("9111:4.3.2b")
def test_conditions_that_are_an_origins_are_not_evaluated_here() -> None:
    cache = Cache().origin(fresh(ETag='"abc"', Last_Modified=CHANGED))
    cache.ask()
    assert cache.ask(If_Match='"other"').status == 200
    assert cache.ask(If_Unmodified_Since=at(NOON - 99999)).status == 200
    elsewhere = get("/b", If_None_Match='"abc"')
    cache.ask(elsewhere)
    assert cache.asked[-1].fields == elsewhere.fields, "nothing is stored for it: the origin's to say"
    cache.origin(says(404, Cache_Control="max-age=9", ETag='"e"'))
    cache.ask(get("/c"))
    assert cache.ask(get("/c", If_None_Match='"e"')).status == 404, "only a 200 or 206 can be unmodified"


@keeps("9111:4.3.2f")
def test_validation_names_the_chosen_response_only() -> None:
    cache = Cache().origin(fresh(0, ETag='"1"', Vary="Foo"), fresh(0, ETag='"2"', Vary="Foo"))
    cache.ask(Foo="1")
    cache.ask(Foo="2")
    cache.ask(Foo="1", If_None_Match='"9"')
    assert values(cache.asked[-1].fields, "if-none-match") == ['"1"']


@keeps("9111:4.3.2g")
def test_what_the_origin_confirms_is_sent_whole_to_a_reader_who_has_something_else() -> None:
    cache = Cache().origin(fresh(0, ETag='"1"'), not_modified(ETag='"1"'))
    cache.ask()
    assert cache.ask(If_None_Match='"old"').body == b"hello world"
    assert cache.ask(If_None_Match='"1"').status == 304


@keeps("9111:4.3.3a")
def test_a_full_response_to_a_validation_is_what_the_reader_gets_and_takes_the_place_of_the_old() -> None:
    cache = Cache().origin(fresh(1, ETag='"1"'), fresh(9, body=b"new", ETag='"2"'))
    cache.ask()
    assert cache.later(2).ask().body == b"new"
    assert cache.ask().body == b"new"
    assert len(cache.asked) == 2
    for told in (
        says(200, b"mine", Cache_Control="no-store"),
        says(302, b"", Location="/b"),
        says(404, b"gone", Cache_Control="no-store"),
    ):
        cache = Cache().origin(fresh(1, ETag='"1"'), told)
        cache.ask()
        assert cache.later(2).ask().status == told.status
        assert cache.kept() == (), "the old one is not the answer any more"
        cache.origin(UnreachableError)
        assert cache.ask().status == 504


@keeps("9111:4.3.3b")
@pytest.mark.parametrize("status", [500, 503, 599])
def test_a_failure_at_validation_is_passed_on_and_takes_nothing_away(status: int) -> None:
    cache = Cache().origin(fresh(1, ETag='"1"'), says(status, b"oops"), not_modified(ETag='"1"'))
    cache.ask()
    assert cache.later(2).ask().status == status
    assert cache.ask().body == b"hello world"


@keeps("9111:3.2a", "9111:4.3.4c")
def test_a_304_brings_fields_and_freshness_up_to_date() -> None:
    cache = Cache().origin(
        fresh(2, ETag='"1"', A="old", B="kept", Age="1", X=["1", "2"]),
        not_modified(ETag='"1"', Cache_Control="max-age=60", A="new", C="more", X="3", Content_Type="text/plain"),
    )
    cache.ask()
    told = cache.later(3).ask()
    for name, value in (("A", "new"), ("B", "kept"), ("C", "more"), ("X", "3"), ("Content-Type", "text/plain")):
        assert values(told.fields, name) == [value]
        assert values(cache.only().fields, name) == [value]
    assert cache.later(59).hits()
    assert not cache.later(2).hits()


def test_age_and_date_are_those_of_the_304() -> None:
    cache = Cache().origin(fresh(100, ETag='"1"', Age="90", Date=at(NOON - 90)), not_modified(ETag='"1"'))
    cache.ask()
    cache.later(10).ask()
    assert cache.only().age(cache.now) == 0
    assert values(cache.only().fields, "date") == [at(NOON + 10)]
    assert values(cache.only().fields, "age") == []
    assert cache.later(99).hits()


@keeps("9111:3.2b", "9111:3.2c")
def test_a_304_says_nothing_of_the_bytes_that_are_stored_nor_of_its_connection() -> None:
    cache = Cache().origin(
        fresh(0, ETag='"1"', Content_Length="11", Content_Encoding="gzip"),
        not_modified(
            ETag='"1"', Content_Length="10", Content_Encoding="br", Content_Range="bytes 0-1/9", Connection="x",
            X="1", Keep_Alive="5", Proxy_Authenticate="Basic", Transfer_Encoding="chunked", Content_Foo="kept",
        ),
    )  # fmt: skip
    cache.ask()
    cache.ask()
    assert {name for name, _ in cache.only().fields} == {
        "Cache-Control", "ETag", "Content-Length", "Content-Encoding", "Date", "Content-Foo",
    }  # fmt: skip
    assert first(cache.ask(), "Content-Length") == "11"
    assert first(cache.ask(), "Content-Encoding") == "gzip"


@keeps("9111:4.3.4a")
@pytest.mark.parametrize(
    "told", [{"ETag": '"2"'}, {"ETag": '"2"', "Last_Modified": CHANGED}, {"Last_Modified": at(NOON - 4000)}]
)
def test_a_304_that_means_another_response_updates_nothing_and_the_origin_is_asked_again(told: dict[str, str]) -> None:
    cache = Cache().origin(
        fresh(0, ETag='"1"', Last_Modified=CHANGED, Date=at(NOON)),
        not_modified(Date=at(NOON), A="new", **told),
        fresh(9, body=b"whole"),
    )
    cache.ask()
    assert cache.ask().body == b"whole"
    assert values(cache.asked[-1].fields, "if-none-match") == []
    assert first(cache.ask(), "A") is None


@keeps("9111:4.3.4b")
def test_weak_validators_and_none_confirm_what_has_the_same() -> None:
    for stored, told, right in (
        ({"ETag": 'W/"1"'}, {"ETag": 'W/"1"'}, True),
        ({"ETag": 'W/"1"'}, {"ETag": 'W/"2"'}, False),
        ({"Last_Modified": at(NOON - 5)}, {"Last_Modified": at(NOON - 5), "Date": at(NOON)}, True),
        ({"Last_Modified": CHANGED}, {"Last_Modified": CHANGED, "Date": at(NOON)}, True),
        ({"ETag": '"1"'}, {}, True),
    ):
        cache = Cache().origin(fresh(0, **stored), not_modified(**told), fresh(9, body=b"whole"))
        cache.ask()
        assert (cache.ask().body == b"hello world") is right, (stored, told)


def test_a_304_that_says_no_store_late_is_heeded() -> None:
    cache = Cache().origin(fresh(0, ETag='"1"'), not_modified(ETag='"1"', Cache_Control="no-store"))
    cache.ask()
    assert cache.ask().body == b"hello world"
    assert cache.kept() == ()


def test_a_304_may_change_what_the_response_varies_by() -> None:
    cache = Cache().origin(fresh(0, ETag='"1"'), not_modified(ETag='"1"', Vary="Foo", Cache_Control="max-age=60"))
    cache.ask(Foo="1")
    cache.ask(Foo="1")
    assert len(cache.kept()) == 1
    assert cache.hits(Foo="1")
    assert not cache.hits(Foo="2")


def test_who_asks_conditionally_where_nothing_is_stored_still_fills_a_newsrooms_cache() -> None:
    cache = Cache(NEWSROOM).origin(fresh(ETag='"1"'))
    assert cache.ask(If_None_Match='"1"', Foo="x").status == 304
    assert dict(cache.asked[-1].fields) == {"Foo": "x"}
    assert isinstance(recall(get(), cache.kept(), cache.now, NEWSROOM), Serve)
