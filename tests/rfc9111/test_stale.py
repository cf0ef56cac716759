"""Stale answers: RFC 9111, section 4.2.4, RFC 5861, and RFC 8246."""

from __future__ import annotations

import pytest

from gateway.cache.http.profile import NEWSROOM, RFC9111, Profile
from tests.rfc9111.requirements import keeps
from tests.rfc9111.world import Cache, UnreachableError, first, fresh, get, says

FORBIDDING = ("must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=2")


@keeps("9111:4.2.4a", "9111:5.2.2.2a", "9111:5.2.2.8", "9111:5.2.2.10b")
@pytest.mark.parametrize("profile", [RFC9111, NEWSROOM], ids=lambda profile: profile.name)
@pytest.mark.parametrize("control", FORBIDDING)
def test_what_forbids_stale_answers_is_heeded_in_each_way_in_which_they_come_about(
    control: str, profile: Profile
) -> None:
    cache = Cache(profile).origin(says(Cache_Control=f"max-age=2, {control}", ETag='"1"'), UnreachableError)
    cache.ask()
    cache.later(3)
    assert cache.ask().status == 504
    assert cache.ask(Cache_Control="max-stale").status == 504
    assert cache.ask(Cache_Control="stale-if-error=60").status == 504
    cache.origin(says(503))
    assert cache.ask().status == 503


@keeps("9111:5.2.2.2b")
def test_without_the_origin_must_revalidate_is_answered_with_504() -> None:
    cache = Cache().origin(
        says(Cache_Control="max-age=2, must-revalidate, stale-if-error=60, stale-while-revalidate=60"), UnreachableError
    )
    cache.ask()
    assert cache.later(3).ask().status == 504


@keeps("9111:4.2.4b")
def test_a_stale_answer_is_given_when_the_origin_cannot_be_reached_and_not_otherwise() -> None:
    cache = Cache().origin(fresh(2), UnreachableError)
    cache.ask()
    assert cache.later(3).ask().status == 200
    cache.origin(says(503))
    assert cache.ask().status == 503
    assert cache.later(86400).origin(UnreachableError).ask().status == 504, "a day, by configuration"


@keeps("5861:3a", "5861:3b")
def test_a_stale_answer_comes_at_once_and_is_refreshed_meanwhile() -> None:
    cache = Cache().origin(
        says(Cache_Control="max-age=1, stale-while-revalidate=60", ETag='"1"'), fresh(600, body=b"new")
    )
    cache.ask(Foo="1")
    told = cache.later(3).ask(Foo="1", If_None_Match='"9"')
    assert (told.body, first(told, "Age")) == (b"hello world", "3")
    assert dict(cache.background[0].fields) == {"Foo": "1", "If-None-Match": '"1"'}
    assert cache.ask().body == b"new"
    assert len(cache.asked) == 2


@keeps("5861:3c")
def test_past_its_window_a_stale_answer_is_not_given() -> None:
    cache = Cache().origin(says(Cache_Control="max-age=1, stale-while-revalidate=4"))
    cache.ask()
    assert cache.later(4.9).hits()
    cache = Cache().origin(says(Cache_Control="max-age=1, stale-while-revalidate=4"))
    cache.ask()
    assert not cache.later(5.1).hits()


@pytest.mark.parametrize("value", ["", "=", "=x", "=-1", '=""', "=1.5"])
def test_a_window_that_cannot_be_read_is_none(value: str) -> None:
    cache = Cache().origin(says(Cache_Control=f"max-age=1, stale-while-revalidate{value}"))
    cache.ask()
    assert not cache.later(2).hits()


def test_who_asks_for_fresh_gets_no_stale_answer_at_once() -> None:
    for asked in ("no-cache", "max-age=2", "min-fresh=1", "max-age=0"):
        cache = Cache().origin(says(Cache_Control="max-age=1, stale-while-revalidate=60"))
        cache.ask()
        assert not cache.later(3).hits(Cache_Control=asked), asked


@keeps("5861:4a")
def test_stale_if_error_stands_in_for_an_origin_that_fails() -> None:
    for status in (500, 502, 503, 504):
        cache = Cache().origin(says(Cache_Control="max-age=1, stale-if-error=60"), says(status))
        cache.ask()
        assert cache.later(3).ask().status == 200
    for status in (501, 505, 404, 400):
        cache = Cache().origin(says(Cache_Control="max-age=1, stale-if-error=60"), says(status))
        cache.ask()
        assert cache.later(3).ask().status == status
    cache = Cache().origin(fresh(1), says(503))
    cache.ask()
    assert cache.later(3).ask(Cache_Control="stale-if-error=2").status == 200
    assert cache.ask(Cache_Control="stale-if-error=1").status == 503


@keeps("5861:4b")
def test_what_is_too_stale_stands_in_no_more() -> None:
    cache = Cache().origin(says(Cache_Control="max-age=1, stale-if-error=60"), UnreachableError)
    cache.ask()
    assert cache.later(61).ask().status == 200
    assert cache.later(1).ask().status == 504
    cache = Cache().origin(says(Cache_Control="max-age=1, stale-if-error=0"), UnreachableError)
    cache.ask()
    assert cache.later(3).ask().status == 504


@keeps("5861:4c", "9111:5.5")
def test_a_stale_answer_says_its_age_and_carries_no_warning() -> None:
    cache = Cache().origin(fresh(1), UnreachableError)
    cache.ask()
    told = cache.later(3).ask()
    assert (first(told, "Age"), first(told, "Warning")) == ("3", None)


@keeps("8246:2a")
def test_a_reload_does_not_move_what_is_immutable_while_it_is_fresh() -> None:
    cache = Cache().origin(says(Cache_Control="max-age=60, immutable", ETag='"1"'))
    cache.ask()
    cache.later(1)
    assert cache.hits(Cache_Control="max-age=0")
    assert not cache.hits(Cache_Control="no-cache")


@keeps("8246:2b")
def test_a_stale_immutable_response_is_validated_like_any_other() -> None:
    cache = Cache().origin(says(Cache_Control="max-age=2, immutable", ETag='"1"'))
    cache.ask()
    cache.later(3).ask(Cache_Control="max-age=0")
    assert dict(cache.asked[-1].fields)["If-None-Match"] == '"1"'


# What a newsroom does beyond the RFC.


def test_a_newsroom_serves_stale_for_a_day_and_as_long_as_a_week_where_the_origin_says_so() -> None:
    for control, hours in (
        ("max-age=1", 24),
        ("max-age=1, stale-if-error=999999999", 7 * 24),
        ("max-age=1, stale-if-error=3600", 1),
    ):
        for answered in (UnreachableError, says(503), says(500), says(429)):
            cache = Cache(NEWSROOM).origin(says(Cache_Control=control), answered)
            cache.ask()
            assert cache.later(hours * 3600).ask().status == 200, control
            assert cache.later(2).ask().status != 200, control


@pytest.mark.parametrize("status", [404, 410, 451])
@pytest.mark.parametrize("profile", [RFC9111, NEWSROOM], ids=lambda profile: profile.name)
def test_what_was_taken_back_never_comes_back_as_stale(status: int, profile: Profile) -> None:
    for control in ("no-store", "max-age=0", "private"):
        cache = Cache(profile).origin(
            fresh(1, ETag='"1"', Vary="Foo"),
            fresh(1, Vary="Foo"),
            says(status, b"", Cache_Control=control),
            UnreachableError,
        )
        cache.ask(Foo="1")
        cache.ask(Foo="2")
        assert cache.later(2).ask(Foo="1").status == status
        assert {stored.response.status for stored in cache.kept()} <= {status}, "every variant went"
        assert cache.later(2).ask(Foo="1").status in (status, 504)


def test_an_origin_that_writes_s_maxage_with_stale_windows_means_both_for_a_newsroom() -> None:
    for profile, status in ((RFC9111, 504), (NEWSROOM, 200)):
        cache = Cache(profile).origin(
            says(Cache_Control="s-maxage=1, stale-while-revalidate=60, stale-if-error=60"), UnreachableError
        )
        cache.ask()
        assert cache.later(30).ask().status == status
    cache = Cache(NEWSROOM).origin(
        says(Cache_Control="s-maxage=1, must-revalidate, stale-if-error=60"), UnreachableError
    )
    cache.ask()
    assert cache.later(30).ask().status == 504


def test_a_newsroom_stores_no_cookies_and_no_failures_and_answers_no_credentials() -> None:
    for told in (fresh(Set_Cookie="a=1"), says(503, Cache_Control="max-age=60")):
        for profile, stored in ((RFC9111, 1), (NEWSROOM, 0)):
            cache = Cache(profile).origin(told)
            cache.ask()
            assert len(cache.kept()) == stored
    for profile, hit in ((RFC9111, True), (NEWSROOM, False)):
        cache = Cache(profile).origin(fresh())
        cache.ask()
        assert cache.hits(Authorization="Basic x") is hit


def test_a_newsrooms_readers_cannot_send_each_request_to_the_origin() -> None:
    for asked in ("no-cache", "max-age=0", "min-fresh=999"):
        cache = Cache(NEWSROOM).origin(fresh(60))
        cache.ask()
        assert cache.later(1).hits(Cache_Control=asked)
    assert cache.hits(Pragma="no-cache")
    assert cache.ask(get("/none", Cache_Control="only-if-cached")).status == 504
