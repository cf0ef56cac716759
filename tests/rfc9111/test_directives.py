"""RFC 9111, section 5: what readers may ask for, what is passed on, and what we write ourselves."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.cache.freshness import cache_control
from gateway.cache.http.directives import directives
from gateway.content.message import values
from tests.rfc9111.requirements import keeps
from tests.rfc9111.world import Cache, UnreachableError, first, fresh, get, says


@keeps("9111:5.2.1.1")
def test_a_reader_may_ask_for_a_younger_answer() -> None:
    cache = Cache().origin(fresh(600, Age="100"))
    cache.ask()
    assert cache.hits(Cache_Control="max-age=100")
    assert not cache.hits(Cache_Control="max-age=99")
    assert not cache.hits(Cache_Control="max-age=0")
    assert cache.hits(Cache_Control="max-age=x"), "what cannot be read asks for nothing"


@keeps("9111:5.2.1.2")
def test_a_reader_may_take_a_stale_answer() -> None:
    cache = Cache().origin(fresh(10))
    cache.ask()
    cache.later(30)
    assert cache.hits(Cache_Control="max-stale")
    assert cache.hits(Cache_Control="max-stale=20")
    assert cache.hits(Cache_Control="max-stale=20, max-age=30")
    assert not cache.hits(Cache_Control="max-stale=20, max-age=29")
    assert not cache.later(40).hits(Cache_Control="max-stale=20")
    cache.later(40)
    assert not cache.hits(Cache_Control="max-stale=x")


@keeps("9111:5.2.1.3")
def test_a_reader_may_ask_for_an_answer_that_stays_fresh() -> None:
    cache = Cache().origin(fresh(1500, Age="1000"))
    cache.ask()
    assert cache.hits(Cache_Control="min-fresh=500")
    assert not cache.hits(Cache_Control="min-fresh=501")


@keeps("9111:5.2.1.4")
def test_a_reader_may_ask_for_validation() -> None:
    cache = Cache().origin(fresh(60, ETag='"1"'), says(304, b"", ETag='"1"'))
    cache.ask()
    cache.ask(Cache_Control="no-cache")
    assert first(cache.ask(Cache_Control="No-Cache"), "ETag") == '"1"'
    assert len(cache.asked) == 3
    assert values(cache.asked[-1].fields, "if-none-match") == ['"1"']


@keeps("9111:5.4")
def test_pragma_says_no_cache_where_cache_control_says_nothing() -> None:
    cache = Cache().origin(fresh(60))
    cache.ask()
    assert not cache.hits(Pragma="no-cache")
    assert cache.hits(Pragma="something")
    assert cache.hits(Pragma="no-cache", Cache_Control="max-age=60")
    cache.origin(fresh(60, Pragma="no-cache")).ask(get("/b"))
    assert cache.hits(get("/b")), "in a response it means nothing (section 5.4)"


@keeps("9111:5.2.1.7")
def test_only_if_cached_is_answered_from_the_store_or_with_504() -> None:
    cache = Cache().origin(fresh(10, ETag='"1"'))
    assert cache.ask(Cache_Control="only-if-cached").status == 504
    cache.ask()
    assert cache.ask(Cache_Control="only-if-cached").status == 200
    assert cache.ask(Cache_Control="only-if-cached, min-fresh=99").status == 504
    cache.later(20)
    assert cache.ask(Cache_Control="only-if-cached").status == 504
    assert cache.ask(Cache_Control="only-if-cached, max-stale").status == 200
    assert len(cache.asked) == 1


@keeps("9111:5.2a")
def test_directives_are_passed_on_both_ways() -> None:
    control = 'max-age=60, private="x", community="UCI", s-maxage=30'
    cache = Cache().origin(says(Cache_Control=control))
    assert first(cache.ask(Cache_Control="max-age=7, foo"), "Cache-Control") == control
    assert values(cache.asked[0].fields, "cache-control") == ["max-age=7, foo"]
    assert first(cache.ask(), "Cache-Control") == control


@keeps("9111:5.2.2.6")
def test_what_is_stored_is_sent_octet_for_octet_in_the_coding_in_which_it_came() -> None:
    body = bytes(range(256)) * 9
    cache = Cache().origin(
        says(body=body, Cache_Control="max-age=60, no-transform", Content_Encoding="x-own", Content_Type="text/html")
    )
    for told in (cache.ask(Accept_Encoding="br"), cache.ask(Accept_Encoding="identity")):
        assert told.body == body
        assert (first(told, "Content-Encoding"), first(told, "Content-Type")) == ("x-own", "text/html")
    assert len(cache.asked) == 1


@keeps("9111:5.2.1a")
@pytest.mark.parametrize("status", [200, 404, 451, 503])
@pytest.mark.parametrize("asks", [True, False])
def test_what_we_write_ourselves_has_no_quotes(status: int, asks: bool) -> None:
    written = cache_control(asks, None, datetime(2026, 1, 1, tzinfo=UTC), status)
    assert '"' not in written
    assert directives([written])


def test_a_reader_cannot_ask_for_what_is_not_there() -> None:
    cache = Cache().origin(UnreachableError)
    assert cache.ask(Cache_Control="max-stale").status == 504
