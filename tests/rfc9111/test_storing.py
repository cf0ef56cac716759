"""RFC 9111, section 3: what may be stored, and what of it."""

from __future__ import annotations

import pytest

from gateway.cache.http.keep import keep, may_keep
from gateway.cache.http.profile import RFC9111
from gateway.content.message import Request, Response, values
from tests.rfc9111.requirements import keeps
from tests.rfc9111.world import NOON, Cache, at, fields, first, fresh, get, says


def stored(response: Response, request: Request | None = None) -> bool:
    return keep(request or get(), response, NOON, NOON, RFC9111) is not None


@keeps("9111:3a")
@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "QUERY", "M-SEARCH", "get", "HEAD"])
def test_only_the_answer_to_a_get_is_stored(method: str) -> None:
    assert stored(fresh())
    assert not stored(fresh(), get(method=method))


def test_the_answer_to_a_post_is_stored_where_it_says_that_it_is_what_a_get_would_bring() -> None:
    post = get("/a/b", "POST")
    assert stored(fresh(Content_Location="/a/b"), post)
    assert stored(fresh(Content_Location="b"), post)
    assert not stored(fresh(Content_Location="/a/c"), post)
    assert not stored(fresh(), post)
    assert not stored(says(Content_Location="/a/b"), post), "without explicit freshness (RFC 9110, section 9.3.3)"


@keeps("9111:3b")
@pytest.mark.parametrize("status", [100, 101, 102, 103, 199])
def test_an_interim_response_is_not_stored(status: int) -> None:
    assert not stored(says(status, Cache_Control="public, max-age=60"))


@keeps("9111:3c", "9111:5.2.2.3")
def test_with_must_understand_a_status_is_stored_if_its_rules_are_kept_here() -> None:
    told = {"Cache_Control": "max-age=60, must-understand, no-store"}
    assert stored(says(200, **told)), "no-store is for those that do not know must-understand"
    assert stored(says(404, **told))
    assert not stored(says(599, **told))
    assert not stored(says(304, b"", Cache_Control="max-age=60"))
    assert not stored(says(206, b"abc", Cache_Control="max-age=60")), "a part that does not say which"


@keeps("9111:3d", "9111:5.2.2.5")
@pytest.mark.parametrize(
    "control", ["no-store", "No-StOrE, max-age=60", "max-age=60, no-store=1", 'no-store="x"', "no-store =x"]
)
def test_a_response_with_no_store_is_not_stored_however_it_is_written(control: str) -> None:
    assert not stored(says(Cache_Control=control))
    cache = Cache().origin(says(Cache_Control=control, ETag='"1"'))
    cache.ask()
    assert cache.kept() == ()
    assert not cache.hits()


@keeps("9111:3e", "9111:5.2.2.7a")
@pytest.mark.parametrize(
    "control", ["private, max-age=60", "PRIVATE, s-maxage=60", 'private="", max-age=60', "private =a, max-age=9"]
)
def test_a_private_response_is_not_stored(control: str) -> None:
    assert not stored(says(Cache_Control=control))


@keeps("9111:3f", "9111:3.5")
def test_what_one_credential_brought_is_nobody_elses_unless_the_origin_says_so() -> None:
    asked = get(Authorization="Basic x")
    assert not stored(fresh(), asked)
    assert not stored(says(Expires=at(NOON + 60)), asked)
    for control in ("public, max-age=60", "max-age=60, must-revalidate", "s-maxage=60"):
        assert stored(says(Cache_Control=control), asked), control
    assert not stored(says(Cache_Control="max-age=60, proxy-revalidate"), asked)


@keeps("9111:3g")
def test_a_response_is_stored_if_something_says_how_long_or_its_status_is_cacheable_by_itself() -> None:
    for control in ("public", "max-age=5", "s-maxage=5"):
        assert stored(says(299, Cache_Control=control)), control
    assert stored(says(299, Expires="0"))
    assert not stored(says(299))
    assert not stored(says(299, Cache_Control="must-revalidate, immutable, stale-if-error=60"))
    for status in (200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501):
        assert stored(says(status)), status
    for status in (201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599):
        assert not stored(says(status)), status


@keeps("9111:5.2.2.9")
def test_public_lets_any_final_status_be_stored_up_to_999() -> None:
    for status in (201, 299, 403, 503, 599, 999):
        assert stored(says(status, Cache_Control="public")), status


@keeps("9111:3.1a")
def test_all_fields_are_stored_as_they_were_written_in_their_order() -> None:
    sent = says(Cache_Control="max-age=60", X_unKnown=["b", "a"], Date=at(NOON), ETag='"1"', Set_Cookie=["a=1", "b=2"])
    cache = Cache().origin(sent)
    cache.ask()
    assert cache.only().fields == sent.fields


@keeps("9111:3.1b", "9111:3.1d")
def test_fields_of_one_connection_and_of_one_proxy_are_not_stored() -> None:
    sent = fresh(
        Connection=["a, Keep-Alive", "B"], a="1", b="2", c="3", Keep_Alive="x", Proxy_Authenticate="Basic",
        Proxy_Authentication_Info="x", Proxy_Authorization="y", Proxy_Connection="z", TE="trailers", Trailer="t",
        Transfer_Encoding="chunked", Upgrade="h2c",
    )  # fmt: skip
    cache = Cache().origin(sent)
    cache.ask()
    assert {name for name, _ in cache.only().fields} == {"Cache-Control", "c", "Date"}


def test_connection_cannot_take_away_what_reaches_the_end() -> None:
    cache = Cache().origin(says(Cache_Control="max-age=60, private", Connection="cache-control"))
    cache.ask()
    assert cache.kept() == ()
    cache.origin(fresh(Connection="cache-control, vary, date", Vary="Foo", Date=at(NOON))).ask()
    assert {"Cache-Control", "Vary", "Date"} <= {name for name, _ in cache.only().fields}


@keeps("9111:3.1c", "9111:5.2.2.4b", "9111:5.2.2.7b")
@pytest.mark.parametrize("directive", ["no-cache", "private"])
def test_fields_that_a_directive_names_are_for_the_first_reader_only(directive: str) -> None:
    cache = Cache().origin(
        says(Cache_Control=f'max-age=60, {directive}="Set-Cookie, x-user"', Set_Cookie="a", X_User="b", C="d")
    )
    assert first(cache.ask(), "Set-Cookie") == "a"
    again = cache.ask()
    assert len(cache.asked) == 1
    assert first(again, "Set-Cookie") is None
    assert first(again, "X-User") is None
    assert first(again, "C") == "d"


def test_a_response_without_a_readable_date_is_given_the_moment_of_its_receipt() -> None:
    for date in ([], ["yesterday"]):
        cache = Cache().origin(fresh(Date=date))
        cache.ask()
        assert values(cache.only().fields, "date") == [at(NOON)]


@keeps("9111:3.1e")
def test_a_message_has_no_room_for_trailers_among_its_fields() -> None:
    assert Response.__slots__ == ("status", "reason", "fields", "body")


@keeps("9111:5.2.1.5")
def test_nothing_is_stored_of_a_request_with_no_store_but_what_is_stored_may_answer_it() -> None:
    cache = Cache().origin(fresh())
    cache.ask(Cache_Control="no-store")
    assert cache.kept() == ()
    cache.ask()
    assert cache.hits(Cache_Control="no-store")


def test_whether_a_response_may_be_stored_is_known_from_its_head() -> None:
    assert may_keep(get(), 200, fields(Cache_Control="max-age=1"), RFC9111)
    assert not may_keep(get(), 200, fields(Cache_Control="private"), RFC9111)
    assert not may_keep(get(), 200, fields(Cache_Control="max-age=1", Vary="a, *"), RFC9111)
