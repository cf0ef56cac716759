"""RFC 9211: saying what the cache did."""

from __future__ import annotations

import http_sf
import pytest

from gateway.cache.http.profile import RFC9111
from gateway.cache.http.recall import Forward, Validate, recall
from gateway.cache.http.status import cache_status, with_status
from gateway.content.message import Request, joined
from tests.rfc9111.requirements import keeps
from tests.rfc9111.world import Cache, fields, fresh, get, says


def why(cache: Cache, request: Request) -> str:
    verdict = recall(request, cache.kept(request.target), cache.now, RFC9111)
    return verdict.why if isinstance(verdict, Forward | Validate) else "hit"


@keeps("9211:2.2")
def test_the_reason_for_going_forward_is_the_most_specific_one() -> None:
    cache = Cache().origin(fresh(60, Vary="Foo", ETag='"1"'))
    cache.ask(Foo="1")
    assert why(cache, get("/b")) == "uri-miss"
    assert why(cache, get(Foo="2")) == "vary-miss"
    assert why(cache, get(method="POST")) == "method"
    assert why(cache, get(Foo="1")) == "hit"
    assert why(cache, get(Foo="1", Cache_Control="no-cache")) == "request"
    assert why(cache.later(61), get(Foo="1")) == "stale"
    assert why(cache, get(Foo="1", Cache_Control="no-cache")) == "stale"
    cache.origin(says(206, b"01", Cache_Control="max-age=9", Content_Range="bytes 0-1/9")).ask(
        get("/c", Range="bytes=0-1")
    )
    assert why(cache, get("/c")) == "partial"


@keeps("9211:2a")
def test_the_caches_before_us_stay_named_and_we_come_last() -> None:
    told = with_status(fields(Cache_Status="cdn; hit", X="1"), cache_status("hit"))
    assert joined(told, "cache-status") == "cdn; hit, gateway; hit"


@keeps("9211:2b")
@pytest.mark.parametrize(
    ("member", "parameters"),
    [
        (cache_status("hit"), {"hit": True}),
        (cache_status("uri-miss", fwd_status=200, stored=True), {"fwd": "uri-miss", "fwd-status": 200, "stored": True}),
        (cache_status("stale", fwd_status=304), {"fwd": "stale", "fwd-status": 304}),
        (cache_status("uri-miss", collapsed=True), {"fwd": "uri-miss", "collapsed": True}),
    ],
)
def test_a_member_is_a_token_with_parameters(member: str, parameters: dict[str, object]) -> None:
    ((name, found),) = http_sf.parse(member.encode(), tltype="list")
    assert name == http_sf.Token("gateway")
    assert {
        key: str(value) if isinstance(value, http_sf.Token) else value for key, value in found.items()
    } == parameters
