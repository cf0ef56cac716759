"""RFC 9111, section 4.2, and the fields that it is made of: how long a response is fresh, and how old it is."""

from __future__ import annotations

import os
import time

import pytest

from gateway.cache.http.profile import RFC9111
from gateway.cache.http.terms import Terms, terms_of
from tests.rfc9111.requirements import keeps
from tests.rfc9111.world import NOON, Cache, at, fields, fresh, says

DAY = 86400.0


def terms(status: int = 200, requested: float = NOON, received: float = NOON, **named: str | list[str]) -> Terms:
    return terms_of(status, fields(**named), requested, received, RFC9111)


def lifetime(**named: str | list[str]) -> float | None:
    return terms(**named).lifetime


@keeps("9111:1.2.2")
@pytest.mark.parametrize("seconds", ["2147483648", "2147483649", "99999999999", "9" * 400])
def test_seconds_without_end_are_many_and_not_negative(seconds: str) -> None:
    assert lifetime(Cache_Control=f"max-age={seconds}") == 2**31
    assert terms(Age=seconds).age == 2**31
    cache = Cache().origin(fresh(3600, Age=seconds))
    cache.ask()
    assert not cache.hits()


@keeps("9111:4.2.1a", "9111:5.2.2.10a", "9111:5.3b")
def test_s_maxage_comes_before_max_age_before_expires() -> None:
    later = at(NOON + 900)
    assert lifetime(Cache_Control="max-age=60, s-maxage=5", Expires=later) == 5
    assert lifetime(Cache_Control=["max-age=1", "s-maxage=50"], Expires=later) == 50
    assert lifetime(Cache_Control="max-age=0, s-maxage=50", Expires=at(NOON - 9)) == 50
    assert lifetime(Cache_Control="max-age=60", Expires=later) == 60
    assert lifetime(Cache_Control="max-age=60", Expires="0") == 60
    assert lifetime(Cache_Control="max-age=0", Expires=later, Date=at(NOON)) == 0
    assert lifetime(Expires=later, Date=at(NOON + 100)) == 800
    assert lifetime(Expires=later) == 900, "without Date, from the moment of receipt"
    assert lifetime() is None


@keeps("9111:4.2.1b")
def test_of_what_is_said_twice_the_first_counts() -> None:
    assert lifetime(Cache_Control="max-age=1, max-age=1800") == 1
    assert lifetime(Cache_Control=["max-age=1800", "max-age=1"]) == 1800
    assert lifetime(Expires=[at(NOON + 5), at(NOON + 500)]) == 5


@keeps("9111:4.2.1c")
def test_of_directives_in_conflict_the_most_restrictive_counts() -> None:
    for control in ("max-age=60, no-cache", "no-cache, max-age=60", 'max-age=60, no-cache="a", no-cache'):
        assert terms(Cache_Control=control).ask_first or "no-cache=" in control, control
    cache = Cache().origin(says(Cache_Control="public, max-age=60, no-store"))
    cache.ask()
    assert not cache.hits()


@keeps("9111:4.2.1d")
@pytest.mark.parametrize(
    "value", ["", "-1", "1.5", "3600.0", "a", "60a", "'60'", '"six"', "0x10", "１", "=60", "60 60"]
)
def test_freshness_that_cannot_be_read_is_none(value: str) -> None:
    later = at(NOON + 900)
    assert lifetime(Cache_Control=f"max-age={value}", Expires=later, Last_Modified=at(NOON - DAY)) == 0
    assert lifetime(Cache_Control=f"max-age={value}, s-maxage=7") == 7
    assert lifetime(Cache_Control=f"s-maxage={value}, max-age=60") == 0


def test_space_around_the_equals_sign_makes_no_lifetime() -> None:
    assert lifetime(Cache_Control="max-age =60", Last_Modified=at(NOON - DAY)) == 0
    assert lifetime(Cache_Control="max-age= 60", Last_Modified=at(NOON - DAY)) == 0


@keeps("9111:5.2b")
def test_directives_have_no_case_and_arguments_may_be_quoted() -> None:
    assert lifetime(Cache_Control="MaX-AgE=60") == 60
    assert lifetime(Cache_Control='max-age="60"') == 60
    assert lifetime(Cache_Control='max-age="6\\0"') == 60
    assert lifetime(Cache_Control="max-age=0060") == 60
    assert lifetime(Cache_Control='x="max-age=3600", max-age=1') == 1
    assert lifetime(Cache_Control='max-age=1, x="a\\", max-age=3600"') == 1


@keeps("9111:5.2.3")
def test_unknown_directives_change_nothing() -> None:
    assert lifetime(Cache_Control='foobar, community="UCI, x", a=b, max-age=60') == 60


@keeps("9111:5.3a")
@pytest.mark.parametrize(
    "expires",
    [
        "0", "-1", "", "now", "Thu, 18 Aug 2050 02:01:18", "Thu, 18 Aug 50 02:01:18 GMT", "Thu 18 Aug 2050 02:01:18 GMT",
        "Thu, 18  Aug  2050 02:01:18 GMT", "Thu, 18-Aug-2050 02:01:18 GMT", "Thu, 18 Aug 2050 02.01.18 GMT",
        "Thu, 18 Aug 2050 2:01:18 GMT", "Thu, 31 Feb 2050 02:01:18 GMT", "Thu, 18 Aug 2050 24:01:18 GMT",
        "Thu, 18 Aug 2050 02:60:18 GMT", "Thu, 18 Aug 2050 02:01:61 GMT", "18 Aug 2050 02:01:18 GMT",
        "Thu, 18 Aug 2050 02:01:18 GMT x", "2050-08-18T02:01:18Z", "Thursday, 18 Aug 2050 02:01:18 GMT",
        "Thu, ١٨ Aug 2050 02:01:18 GMT",
    ],
)  # fmt: skip
def test_an_expires_that_is_no_date_is_past(expires: str) -> None:
    assert lifetime(Expires=expires, Last_Modified=at(NOON - DAY), Date=at(NOON)) == 0


@pytest.mark.parametrize(
    "expires",
    [
        "Thu, 18 Aug 2050 02:01:18 GMT", "Thursday, 18-Aug-50 02:01:18 GMT", "Thu Aug 18 02:01:18 2050",
        " Thu, 18 Aug 2050 02:01:18 GMT\t", "Mon, 18 Aug 2050 02:01:18 GMT",
    ],
)  # fmt: skip
def test_an_expires_in_each_legal_form_is_understood(expires: str) -> None:
    assert lifetime(Expires=expires, Date=at(NOON)) == 2544400878 - NOON


def test_a_day_of_one_digit_in_the_form_of_c_has_a_space_before_it() -> None:
    assert lifetime(Expires="Mon Aug  8 02:01:18 2050", Date=at(NOON)) == 2544400878 - 10 * DAY - NOON


def test_a_two_digit_year_more_than_fifty_years_ahead_is_past() -> None:
    assert lifetime(Expires="Friday, 13-Nov-73 00:00:00 GMT", Date=at(NOON)) > 0
    assert lifetime(Expires="Friday, 17-Nov-73 00:00:00 GMT", Date=at(NOON)) == 0, "seen from November 14, 2023"
    assert lifetime(Expires="Sunday, 06-Nov-94 08:49:37 GMT", Date=at(NOON)) == 0


def test_a_leap_second_and_a_year_far_ahead_are_dates() -> None:
    assert lifetime(Expires="Fri, 31 Dec 2049 23:59:60 GMT", Date=at(NOON)) > DAY
    assert lifetime(Expires="Sun, 21 Nov 2286 04:46:39 GMT", Date=at(NOON)) > DAY


@keeps("9111:4.2b")
@pytest.mark.parametrize(
    "expires", ["THU, 18 Aug 2050 02:01:18 GMT", "thu, 18 AUG 2050 02:01:18 gMt", "THURSDAY, 18-aug-50 02:01:18 gmt"]
)
def test_a_date_is_understood_in_any_case(expires: str) -> None:
    assert lifetime(Expires=expires, Date=at(NOON)) == 2544400878 - NOON


@keeps("9111:4.2c")
def test_a_moment_is_held_as_finely_as_a_date_can_say_it() -> None:
    assert lifetime(Expires=at(NOON + 1), Date=at(NOON)) == 1
    assert at(NOON + 1.99) == at(NOON + 1), "and written as the nearest second before"


@keeps("9111:4.2d")
def test_local_time_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    there = terms(Expires=at(NOON + 60), Date=at(NOON), Age="5")
    before = os.environ.get("TZ")
    try:
        for zone in ("Asia/Kolkata", "America/St_Johns"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            assert terms(Expires=at(NOON + 60), Date=at(NOON), Age="5") == there
    finally:
        monkeypatch.setenv("TZ", before) if before else monkeypatch.delenv("TZ")
        time.tzset()


@keeps("9111:4.2e")
@pytest.mark.parametrize("zone", ["UTC", "AEST", "+0000", "Z", "EST", ""])
def test_a_date_in_another_zone_is_none(zone: str) -> None:
    assert lifetime(Expires=f"Thu, 18 Aug 2050 02:01:18 {zone}".rstrip(), Date=at(NOON)) == 0


@keeps("9111:4.2.2a", "9111:4.2.2b")
def test_heuristics_give_a_tenth_of_the_time_since_the_last_change_where_nothing_is_said() -> None:
    changed = at(NOON - 1000)
    assert lifetime(Last_Modified=changed, Date=at(NOON)) == 100
    assert lifetime(Last_Modified=at(NOON - 1000 * DAY), Date=at(NOON)) == DAY
    assert lifetime(Last_Modified=at(NOON + 1000), Date=at(NOON)) == 0
    assert lifetime(Last_Modified="0", Date=at(NOON)) is None
    assert lifetime(Last_Modified=changed, Expires="0", Date=at(NOON)) == 0
    assert lifetime(Last_Modified=changed, Cache_Control="max-age=1", Date=at(NOON)) == 1
    for status, found in ((201, None), (403, None), (503, None), (599, None), (404, 100.0), (501, 100.0)):
        assert terms(status, Last_Modified=changed, Date=at(NOON)).lifetime == found
    assert terms(599, Last_Modified=changed, Date=at(NOON), Cache_Control="public").lifetime == 100


@keeps("9111:4.2.3a")
def test_age_counts_from_the_moment_of_the_request() -> None:
    assert terms(requested=NOON - 5, Age="10", Date=at(NOON)).age == 15
    cache = Cache(delay=8.0).origin(fresh(10, Date=at(NOON + 8)))
    cache.ask()
    assert cache.later(1.5).hits()
    assert not cache.later(1).hits()


@keeps("9111:4.2.3b")
def test_the_greater_of_two_accounts_of_age_counts() -> None:
    assert terms(Age="10", Date=at(NOON - 30)).age == 30
    assert terms(Age="50", Date=at(NOON - 30)).age == 50
    assert terms(Date=at(NOON + 3600)).age == 0, "an origin whose clock is ahead"
    assert terms(Date="never").age == 0
    cache = Cache().origin(fresh(3600, Date=at(NOON - 7200)))
    cache.ask()
    assert not cache.hits()


@keeps("9111:5.1a")
def test_of_several_ages_the_first_counts() -> None:
    assert terms(Age="7200, 0").age == 7200
    assert terms(Age="0, 7200").age == 0
    assert terms(Age=["7200", "0"]).age == 7200
    assert terms(Age=["0", "7200"]).age == 0


@keeps("9111:5.1b")
@pytest.mark.parametrize("age", ["abc", "-7200", "7200.0", "7200;foo=bar", '"7200"', "", "７２"])
def test_an_age_that_is_no_number_is_ignored(age: str) -> None:
    assert terms(Age=age).age == 0
