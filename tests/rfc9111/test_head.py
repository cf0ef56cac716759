"""RFC 9111, section 4.3.5: what a HEAD says of a stored GET."""

from __future__ import annotations

import pytest

from gateway.cache.http.profile import RFC9111
from gateway.cache.http.recall import Validate, recall
from tests.rfc9111.requirements import keeps
from tests.rfc9111.world import NOON, Cache, UnreachableError, at, first, fresh, get, says

CHANGED = at(NOON - 5000)


@keeps("9111:4.3.5a", "9111:4.3.5c")
def test_a_head_brings_the_stored_get_up_to_date() -> None:
    cache = Cache().origin(fresh(2, A="1", B="2"), says(200, Cache_Control="max-age=1000", A="3", Content_Length="11"))
    cache.ask()
    cache.later(3).ask(get(method="HEAD"))
    assert cache.asked[-1].method == "HEAD"
    again = cache.ask()
    assert len(cache.asked) == 2
    assert (first(again, "A"), first(again, "B"), again.body) == ("3", "2", b"hello world")


@keeps("9111:4.3.5b")
@pytest.mark.parametrize("told", [{"ETag": '"2"'}, {"Last_Modified": at(NOON)}, {"Content_Length": "12"}])
def test_a_head_that_tells_of_something_else_makes_the_stored_get_doubtful(told: dict[str, str]) -> None:
    cache = Cache().origin(
        says(Cache_Control="max-age=600, stale-while-revalidate=600", ETag='"1"', Last_Modified=CHANGED),
        says(200, Cache_Control="max-age=1000", **told),
    )
    cache.ask()
    cache.ask(get(method="HEAD", Cache_Control="no-cache"))
    assert isinstance(recall(get(), cache.kept(), cache.now, RFC9111), Validate)


def test_a_head_of_what_is_gone_takes_the_stored_get_along() -> None:
    cache = Cache().origin(fresh(1), says(410, b""), UnreachableError)
    cache.ask()
    assert cache.later(2).ask(get(method="HEAD")).status == 410
    assert cache.kept() == ()


def test_a_head_never_becomes_a_response_to_get() -> None:
    cache = Cache().origin(fresh(60))
    cache.ask(get(method="HEAD"))
    assert cache.kept() == ()
