"""RFC 9111, sections 4 and 4.1: which stored response answers which request."""

from __future__ import annotations

import pytest

from gateway.cache.http.profile import NEWSROOM, RFC9111
from gateway.cache.http.recall import Forward, recall
from tests.rfc9111.requirements import keeps
from tests.rfc9111.world import NOON, Cache, at, first, fresh, get, says


@keeps("9111:4a")
def test_a_response_answers_its_own_target_only() -> None:
    cache = Cache().origin(fresh())
    cache.ask(get("/a?x=1"))
    assert cache.hits(get("/a?x=1"))
    for other in ("/a", "/a?x=2", "/A?x=1", "/a?x=1&"):
        assert not cache.hits(get(other)), other


@keeps("9111:4b")
def test_a_stored_get_answers_get_and_head_and_nothing_else() -> None:
    cache = Cache().origin(fresh())
    cache.ask()
    assert cache.ask(get(method="HEAD")).body == b""
    assert len(cache.asked) == 1
    assert not cache.hits(get(method="OPTIONS"))
    assert not cache.hits(get(method="get")), "methods are compared with case (RFC 9110, section 9.1)"


@keeps("9111:4f")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "PURGE"])
def test_an_unsafe_request_always_goes_to_the_origin(method: str) -> None:
    cache = Cache().origin(fresh())
    cache.ask()
    request = get(method=method, Cache_Control="only-if-cached")
    assert recall(request, cache.kept(), NOON, RFC9111) == Forward("method", request.fields)


@keeps("9111:4c", "9111:5.2.2.4a")
def test_a_response_with_no_cache_is_validated_each_time_however_fresh() -> None:
    cache = Cache().origin(says(Cache_Control="max-age=60, no-cache", ETag='"1"'), says(304, b"", ETag='"1"'))
    cache.ask()
    for _ in range(3):
        assert cache.ask().body == b"hello world"
    assert len(cache.asked) == 4


@keeps("9111:4d", "9111:4.2a", "9111:5.2.2.1")
def test_a_response_is_reused_while_its_lifetime_is_greater_than_its_age_and_no_longer() -> None:
    cache = Cache().origin(fresh(60, Date=at(NOON)))
    cache.ask()
    assert cache.later(59.9).hits()
    assert not cache.later(0.1).hits()


@keeps("9111:4e")
def test_age_is_generated_in_place_of_any_that_is_there() -> None:
    cache = Cache().origin(fresh(600, Age=["30", "31"], Date=at(NOON)))
    cache.ask()
    answered = cache.later(12.7).ask()
    assert [value for name, value in answered.fields if name.lower() == "age"] == ["42"]


def test_a_response_for_which_the_origin_was_just_asked_has_no_age_of_ours() -> None:
    cache = Cache(delay=2.0).origin(fresh(0, ETag='"1"', Date=at(NOON)), says(304, b"", ETag='"1"', Date=at(NOON)))
    assert first(cache.ask(), "Age") is None
    assert first(cache.later(9).ask(), "Age") is None


@keeps("9111:4g")
def test_of_several_suitable_responses_the_most_recent_by_date_is_used() -> None:
    cache = Cache().origin(
        fresh(600, Vary="Foo", Date=at(NOON - 10), X="older"), fresh(600, Vary="Bar", Date=at(NOON - 20), X="old")
    )
    cache.ask(Foo="1", Bar="2")
    cache.ask(Foo="2", Bar="1")
    assert first(cache.ask(Foo="1", Bar="1"), "X") == "older"
    assert len(cache.asked) == 2


@keeps("9111:4h")
def test_a_clock_that_goes_back_makes_nothing_younger() -> None:
    cache = Cache().origin(fresh(60, Age="50"))
    cache.ask()
    assert first(cache.later(-3600).ask(), "Age") == "50"


@keeps("9111:4.1a")
def test_a_response_answers_only_requests_with_the_fields_that_vary_names() -> None:
    cache = Cache().origin(fresh(Vary="Foo, bar"))
    cache.ask(Foo="1", Bar="x", Other="q")
    assert cache.hits(foo="1", BAR="x")
    assert not cache.hits(Foo="2", Bar="x")
    assert cache.hits(Foo="1", Bar="x"), "both variants are kept"
    assert len(cache.kept()) == 2


@keeps("9111:4.1c")
def test_an_absent_field_matches_an_absent_one_only() -> None:
    cache = Cache().origin(fresh(Vary="Foo"))
    cache.ask()
    assert not cache.hits(Foo="")
    assert not cache.hits(Foo="1")
    assert cache.hits()


@keeps("9111:4.1d")
@pytest.mark.parametrize("vary", ["*", "*, *", ", *", ["", "*"], "*, Foo", "Foo, *", ["Foo", " * "]])
def test_no_request_matches_a_star(vary: str | list[str]) -> None:
    cache = Cache().origin(fresh(Vary=vary))
    cache.ask(Foo="1")
    assert not cache.hits(Foo="1")


@keeps("9111:4.1b")
@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (["1, 2"], ["1", "2"], True),
        (["1,2"], [" 1 ,\t2 "], True),
        (["1, 2"], ["2, 1"], False),
        (["a"], ["A"], False),
        (['"a, b"'], ['"a,b"'], False),
        (['"a", b'], ['"a",b'], True),
        (["1,,2"], ["1, 2"], True),
    ],
)
def test_of_an_unknown_field_whitespace_and_lines_do_not_matter_and_all_else_does(
    one: list[str], other: list[str], same: bool
) -> None:
    cache = Cache().origin(fresh(Vary="Foo"))
    cache.ask(Foo=one)
    assert cache.hits(Foo=other) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("gzip, br", "br,GZIP", True),
        ("gzip;q=1.0, br", "br, gzip", True),
        ("gzip;q=0.50", "gzip ; Q=0.5", True),
        ("gzip;q=0.5, br", "gzip, br;q=0.5", False),
        ("gzip;q=0", "gzip", False),
    ],
)
def test_codings_are_compared_by_what_they_mean(one: str, other: str, same: bool) -> None:
    for profile in (RFC9111, NEWSROOM):
        cache = Cache(profile).origin(fresh(Vary="Accept-Encoding"))
        cache.ask(Accept_Encoding=one)
        assert cache.hits(Accept_Encoding=other) is same


def test_a_newsroom_minds_the_order_of_languages_as_many_sites_do_though_the_rfc_gives_it_no_meaning() -> None:
    for profile, same in ((RFC9111, True), (NEWSROOM, False)):
        cache = Cache(profile).origin(fresh(Vary="Accept-Language"))
        cache.ask(Accept_Language="uk, ru")
        assert cache.hits(Accept_Language="UK,ru")
        assert cache.hits(Accept_Language="ru, uk") is same


@keeps("9111:4.1e")
def test_a_default_answer_that_forgot_its_vary_does_not_hide_the_variants() -> None:
    cache = Cache().origin(
        fresh(600, Vary="Foo", X="by foo", Date=at(NOON)), fresh(600, X="default", Date=at(NOON + 5))
    )
    cache.ask(Foo="1")
    cache.ask(Foo="2")
    assert first(cache.ask(Foo="1"), "X") == "by foo"
    assert first(cache.ask(Foo="3"), "X") == "default"
    assert len(cache.asked) == 2


def test_what_a_response_came_instead_of_is_gone_even_where_it_varied_by_something_else() -> None:
    cache = Cache().origin(fresh(1, Vary="Foo"), fresh(600))
    cache.ask(Foo="1")
    cache.later(2).ask(Foo="1")
    assert len(cache.kept()) == 1
    assert cache.hits(Foo="1")


def test_one_target_has_so_many_variants_at_most_and_keeps_the_latest() -> None:
    cache = Cache().origin(fresh(Vary="Foo"))
    for number in range(100):
        cache.ask(Foo=str(number))
    assert len(cache.kept()) == 64
    assert cache.hits(Foo="99")
    assert not cache.hits(Foo="0")
