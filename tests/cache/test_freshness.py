from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.cache.freshness import cache_control

NOW = datetime(2026, 11, 23, 12, 0, 0, 400_000, tzinfo=UTC)


def test_a_page_that_depends_on_place_is_private_and_asked_for_each_time() -> None:
    for status in (200, 302, 404, 410, 451):
        assert cache_control(True, None, NOW, status) == "private, no-cache"


@pytest.mark.parametrize(
    ("seconds", "max_age"), [(3600, 60), (60.0, 60), (59.9, 59), (30, 30), (0.9, 0), (0, 0), (-5, 0)]
)
def test_freshness_ends_at_the_boundary_never_after_it(seconds: float, max_age: int) -> None:
    boundary = NOW + timedelta(seconds=seconds)
    assert cache_control(False, boundary, NOW) == f"public, max-age={max_age}, must-revalidate"


def test_without_a_boundary_a_minute() -> None:
    assert cache_control(False, None, NOW) == "public, max-age=60, must-revalidate"


def test_a_refusal_is_explicit_and_short() -> None:
    assert cache_control(False, None, NOW, 451) == "public, max-age=10, must-revalidate"
    assert cache_control(False, None, NOW, 410) == "public, max-age=10, must-revalidate"


def test_an_article_under_embargo_may_appear_in_the_next_second_so_its_404_is_not_kept() -> None:
    assert cache_control(False, None, NOW, 404) == "private, no-cache"


def test_a_failure_is_not_kept_at_all() -> None:
    for status in (400, 405, 413, 414, 421, 431, 500, 502, 503):
        assert cache_control(False, None, NOW, status) == "private, no-store"


def test_no_status_goes_without_the_field() -> None:
    for status in range(200, 600):
        for depends in (True, False):
            assert cache_control(depends, None, NOW, status)
