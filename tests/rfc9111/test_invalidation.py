"""RFC 9111, section 4.4, RFC 9875, and purging: what may not be used again."""

from __future__ import annotations

import pytest

from gateway.cache.http.invalidate import invalidated
from gateway.content.message import Response
from tests.rfc9111.requirements import keeps
from tests.rfc9111.world import ORIGIN, Cache, fresh, get, run, says


def after(response: Response, method: str = "POST", target: str = "/a/b") -> frozenset[str]:
    return invalidated(get(target, method), response, ORIGIN)


@keeps("9111:4.4a")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "M-SEARCH", "get"])
@pytest.mark.parametrize("status", [200, 204, 302, 399])
def test_an_unsafe_request_that_succeeds_leaves_nothing_of_its_target(method: str, status: int) -> None:
    cache = Cache().origin(fresh(Vary="Foo"), fresh(Vary="Foo"), says(status), fresh())
    cache.ask(Foo="1")
    cache.ask(Foo="2")
    cache.ask(get(method=method))
    assert cache.kept() == ()


@keeps("9111:4.4d")
@pytest.mark.parametrize("status", [199, 400, 403, 500, 503])
def test_one_that_fails_leaves_all_as_it_is(status: int) -> None:
    cache = Cache().origin(fresh(), says(status, Location="/a"))
    cache.ask()
    cache.ask(get(method="POST"))
    assert cache.hits()


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
def test_a_safe_request_invalidates_nothing(method: str) -> None:
    assert after(says(200, Location="/x"), method) == frozenset()


@keeps("9111:4.4b")
@pytest.mark.parametrize("name", ["Location", "Content_Location"])
@pytest.mark.parametrize(
    ("where", "target"),
    [
        ("/c", "/c"), ("c?x=1", "/a/c?x=1"), ("?y", "/a/b?y"), ("../c#part", "/c"), (" /c ", "/c"),
        ("https://cms.example/c", "/c"), ("HTTPS://CMS.Example:443/c", "/c"), ("//cms.example", "/"),
    ],
)  # fmt: skip
def test_what_the_answer_points_at_goes_too(name: str, where: str, target: str) -> None:
    assert after(says(201, **{name: where})) == {"url:/a/b", f"url:{target}"}


@keeps("9111:4.4c")
@pytest.mark.parametrize(
    "where",
    [
        "https://other.example/c",
        "http://cms.example/c",
        "https://cms.example:8443/c",
        "//other.example/c",
        "https://cms.example:x/",
        "https://[/c",
        "mailto:c",
    ],
)
def test_another_origins_pages_are_left_alone(where: str) -> None:
    assert after(says(201, Location=where)) == {"url:/a/b"}


@keeps("9875:3")
def test_groups_are_invalidated_by_the_answer_to_an_unsafe_request_alone() -> None:
    told = {"Cache_Group_Invalidation": '"results";x=1, "Australia"'}
    cache = Cache().origin(
        fresh(Cache_Groups='"news", "results"'), fresh(Cache_Groups='"results ", "RESULTS", "australia"'),
        fresh(**told), says(500, **told), says(204, b"", **told),
    )  # fmt: skip
    cache.ask(get("/one"))
    cache.ask(get("/two"))
    cache.ask(get("/three"))
    cache.ask(get("/four", "POST"))
    assert cache.hits(get("/one")), "neither a GET's nor a failure's answer moves anything"
    cache.ask(get("/four", "POST"))
    assert cache.kept("/one") == ()
    assert cache.kept("/two"), "groups are compared with case, character by character"


@keeps("9875:2.2.1")
def test_what_shares_a_group_with_an_invalidated_response_goes_along_and_no_further() -> None:
    cache = Cache().origin(
        fresh(Cache_Groups='"a"'), fresh(Cache_Groups='"a", "b"'), fresh(Cache_Groups='"b"'), says(204, b"")
    )
    for target in ("/one", "/two", "/three"):
        cache.ask(get(target))
    cache.ask(get("/one", "PUT"))
    assert [bool(cache.kept(target)) for target in ("/one", "/two", "/three")] == [False, False, True]


@keeps("9875:2")
def test_many_and_long_groups_are_known() -> None:
    groups = [f"{number:032d}" for number in range(64)]
    cache = Cache().origin(fresh(Cache_Groups=", ".join(f'"{group}"' for group in groups)))
    cache.ask()
    assert {f"group:{group}" for group in groups} <= set(cache.only().tags)


@pytest.mark.parametrize("told", ["news", '"a", 1', '"a', "", '("a")', '"é"'])
def test_groups_that_cannot_be_read_are_none(told: str) -> None:
    cache = Cache().origin(fresh(Cache_Groups=told))
    cache.ask()
    assert cache.only().tags == ("url:/a",)


def test_surrogate_key_and_cache_tag_name_what_can_be_purged() -> None:
    cache = Cache().origin(fresh(Surrogate_Key=["courts  ferry", "section:world"], Cache_Tag="a b, courts ,"))
    cache.ask(get("/x"))
    assert cache.only("/x").tags == ("url:/x", "tag:courts", "tag:ferry", "section:world", "tag:a b")
    assert run(cache.store.purge(frozenset({"tag:ferri"}))) == 0
    assert run(cache.store.purge(frozenset({"tag:ferry", "tag:courts"}))) == 1
    assert cache.kept("/x") == ()
    assert cache.store.bytes == 0


def test_everything_can_be_purged() -> None:
    cache = Cache().origin(fresh())
    for target in ("/a", "/b"):
        cache.ask(get(target))
    assert run(cache.store.purge(None)) == 2
    assert (len(cache.store), cache.store.bytes) == (0, 0)
