"""RFC 9213: Cache-Control for one kind of cache."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.cache.http.profile import RFC9111
from gateway.cache.http.terms import terms_of
from tests.rfc9111.requirements import keeps
from tests.rfc9111.world import NOON, Cache, UnreachableError, at, fields, first, says


def lifetime(profile: object = RFC9111, **named: str | list[str]) -> float | None:
    return terms_of(200, fields(**named), NOON, NOON, RFC9111 if profile is RFC9111 else profile).lifetime  # type: ignore[arg-type]


@keeps("9213:2.2a", "9213:2.2b", "9213:2.4")
def test_the_first_valid_field_of_the_list_counts_and_nothing_else() -> None:
    one = replace(RFC9111, targets=("cdn-cache-control",))
    told = {"Cache_Control": "max-age=1", "CDN_Cache_Control": "max-age=2", "Gateway_Cache_Control": "max-age=3"}
    assert lifetime(RFC9111, **told) == 3
    assert lifetime(one, **told) == 2, "a suffix alone makes no target"
    assert lifetime(RFC9111, **told | {"Gateway_Cache_Control": "&"}) == 2
    assert lifetime(RFC9111, **told | {"Gateway_Cache_Control": "", "CDN_Cache_Control": "A=1"}) == 1
    assert lifetime(Expires=at(NOON + 60), CDN_Cache_Control="foo") is None
    assert lifetime(Expires=at(NOON - 60), CDN_Cache_Control="max-age=5") == 5
    assert lifetime(Cache_Control="max-age=5", CDN_Cache_Control="must-revalidate") is None


@keeps("9213:2.1a")
@pytest.mark.parametrize(
    "told",
    [
        "",
        " ",
        "max-age=10, &&&&",
        "max-age =100",
        "max-age= 100",
        "MaX-aGe=100",
        "max-age=10,",
        '"a"',
        "max-age=1 max-age=2",
        "é=1",
    ],
)
def test_a_field_that_is_no_dictionary_is_as_if_it_were_not_there(told: str) -> None:
    assert lifetime(Cache_Control="max-age=7", CDN_Cache_Control=told) == 7
    cache = Cache().origin(says(Cache_Control="no-store", CDN_Cache_Control=told))
    cache.ask()
    assert cache.kept() == ()


@keeps("9213:2.1b")
@pytest.mark.parametrize("value", ['"10000"', "1.5", "-1", "abc", ":YQ==:", "(1 2)", "?1", "?0"])
def test_seconds_that_are_no_integer_are_none(value: str) -> None:
    assert not lifetime(Cache_Control="max-age=7", CDN_Cache_Control=f"max-age={value}")
    cache = Cache().origin(says(Cache_Control="no-store", CDN_Cache_Control=f"max-age={value}"))
    cache.ask()
    assert not cache.hits()


@keeps("9213:2.1c")
def test_parameters_are_passed_over() -> None:
    assert lifetime(CDN_Cache_Control="max-age=60;x=1;y, foo;no-store") == 60


def test_lines_are_one_dictionary_and_of_a_repeated_directive_the_last_counts_as_structured_fields_have_it() -> None:
    assert lifetime(CDN_Cache_Control=["max-age=1", "max-age=60"]) == 60


@keeps("9213:2.2c")
def test_fields_for_other_caches_change_nothing_and_are_passed_through() -> None:
    cache = Cache().origin(
        says(Cache_Control="max-age=60", ExampleCDN_Cache_Control="no-store", CDN_Cache_Control="max-age=9")
    )
    for told in (cache.ask(), cache.ask()):
        assert first(told, "ExampleCDN-Cache-Control") == "no-store"
        assert first(told, "CDN-Cache-Control") == "max-age=9", "for the CDNs behind us (section 3.1)"
    assert len(cache.asked) == 1


@keeps("9213:2.2d", "9213:2.2e")
def test_a_targeted_field_means_what_cache_control_means() -> None:
    def answered(told: str, later: float, **asked: str) -> bool:
        cache = Cache().origin(
            says(Cache_Control="max-age=600", Expires=at(NOON + 600), CDN_Cache_Control=told), UnreachableError
        )
        cache.ask(**asked)
        return cache.later(later).ask(**({} if asked else {"X": "1"})).status == 200

    assert answered("max-age=60", 59)
    assert answered("max-age=60", 99), "stale, for the origin is gone"
    assert not answered("max-age=60, must-revalidate", 61)
    assert not answered("no-store, max-age=60", 1)
    assert not answered("max-age=60, no-cache", 1)
    assert not answered("private, max-age=60", 1)
    assert answered('private="x", max-age=60', 1)
    assert answered("s-maxage=60", 59)
    assert not answered("s-maxage=60", 61)
    assert not answered("proxy-revalidate, max-age=60", 61)
    assert not answered("max-age=60, stale-if-error=5", 66)
    assert not answered("max-age=60", 1, Authorization="x")
    assert answered("max-age=60, public", 1, Authorization="x")
