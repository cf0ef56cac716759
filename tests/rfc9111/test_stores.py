"""Where responses are kept: memory within its bounds, and their signed form."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.cache.http.coding import ResponsesCodec
from gateway.cache.http.keep import keep
from gateway.cache.http.memory import MemoryResponses
from gateway.cache.http.profile import NEWSROOM, RFC9111
from gateway.cache.http.redis import key_of
from gateway.cache.http.store import with_new
from gateway.cache.http.stored import Stored
from gateway.cache.seal import tags_in
from gateway.content.message import Request, Response
from tests.cache.conftest import KEY
from tests.rfc9111.world import NOON, ORIGIN, Cache, fresh, get, run


def stored(
    target: str = "/a", body: bytes = b"x", foo: str | None = None, received: float = NOON, **named: str
) -> Stored:
    request = get(target) if foo is None else get(target, Foo=foo)
    found = keep(request, fresh(body=body, Vary="Foo", **named), received, received, RFC9111)
    assert found is not None
    return found


# In memory.


def test_memory_stays_within_its_bounds_and_a_walk_through_the_archive_does_not_flush_it() -> None:
    memory = MemoryResponses(100 * 3000)
    run(memory.put(stored("/often", bytes(900), Surrogate_Key="k")))
    for number in range(200):
        run(memory.put(stored(f"/{number}", bytes(900), Surrogate_Key=f"k{number}")))
        memory.held("/often")
        assert memory.bytes <= 100 * 3000
    assert memory.held("/often")
    assert memory.held("/199")
    assert not memory.held("/1")
    assert memory.evicted == 201 - len(memory)
    run(memory.purge(None))
    assert (memory.bytes, len(memory)) == (0, 0)


def test_a_target_that_is_too_large_is_not_kept_and_the_old_one_goes() -> None:
    memory = MemoryResponses(2**30)
    run(memory.put(stored(body=b"x")))
    run(memory.put(stored(body=bytes(9 * 2**20))))
    assert memory.held("/a") == ()
    assert memory.bytes == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["put", "purge", "remove"]), st.integers(0, 4), st.integers(0, 3), st.integers(0, 3000)
        ),
        max_size=40,
    )
)
def test_memory_counts_what_it_holds_whatever_is_done_to_it(steps: list[tuple[str, int, int, int]]) -> None:
    memory = MemoryResponses(20_000)
    for what, target, foo, size in steps:
        if what == "put":
            run(memory.put(stored(f"/{target}", bytes(size), str(foo), Cache_Tag=f"t{foo}")))
        elif what == "purge":
            run(memory.purge(frozenset({f"tag:t{foo}"})))
        else:
            run(memory.remove(f"/{target}"))
        held = {f"/{number}": memory.held(f"/{number}") for number in range(5)}
        assert memory.bytes == sum(sum(one.size + 1024 for one in kept) + 1024 for kept in held.values() if kept)
        assert memory.bytes <= 20_000
    tagged = {uri for uri, kept in held.items() if any("tag:t1" in one.tags for one in kept)} if steps else set()
    assert memory.forget(frozenset({"tag:t1"})) == len(tagged)


def test_whoever_holds_on_to_what_a_target_said_is_told_when_it_says_something_else() -> None:
    memory, told = MemoryResponses(20_000), list[str]()
    memory.on_changed = told.append
    run(memory.put(stored("/a")))
    assert told == []
    run(memory.put(stored("/a", foo="1")))
    run(memory.put(stored("/b", Cache_Tag="t")))
    run(memory.remove("/a"))
    memory.forget(frozenset({"tag:t"}))
    assert told == ["/a", "/a", "/b"]
    for number in range(20):
        run(memory.put(stored(f"/{number}", bytes(900))))
    assert len(told) == 3 + memory.evicted > 3


def test_the_latest_stand_last_and_take_the_place_of_their_like() -> None:
    one, two, newer = stored(foo="1"), stored(foo="2"), stored(foo="1", body=b"y")
    assert with_new((one, two), newer, None) == (two, newer)
    assert with_new((one,), newer, two) == (newer,)
    assert with_new((one, two), stored(foo="3"), two)[0] is one
    assert with_new((one, two), replace(newer, terms=replace(newer.terms, no_store=True)), None) == (two,)


# As signed bytes.

TEXT = st.text(st.characters(max_codepoint=255), max_size=12)
ANY = st.builds(
    lambda target, foo, status, told, body, delay: keep(
        Request("GET", f"/{target}", (("Foo", foo),)), Response(status, "ok", (("Cache-Control", "max-age=9, stale-if-error=3"), ("Vary", "Foo"), *told), body),
        NOON - delay, NOON, NEWSROOM,
    ),
    TEXT, TEXT, st.integers(207, 299), st.lists(st.tuples(st.just("X"), TEXT), max_size=3), st.binary(max_size=50), st.floats(0, 9),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(ANY, max_size=3))
def test_responses_come_back_as_they_went(responses: list[Stored]) -> None:
    codec = ResponsesCodec(KEY, NEWSROOM)
    found = [replace(one, uri="/x", invalid=at == 1) for at, one in enumerate(responses)]
    value = codec.encode("key", found)
    assert codec.decode(value, "key", "/x") == (tuple(found), "")
    assert tags_in(value) == {name for one in found for name in one.tags}
    assert codec.decode(value, "other", "/x") == ((), "key")
    assert codec.decode(value, "key", "/y") == ((), "shape" if found else "")
    assert ResponsesCodec(b"another", NEWSROOM).decode(value, "key", "/x") == ((), "signature")


def test_what_was_signed_but_means_something_else_is_not_served() -> None:
    codec = ResponsesCodec(KEY, RFC9111)
    whole, refused = codec._seal.open(codec.encode("k", (stored(),)), "k")
    assert (whole is not None, refused) == (True, "")
    assert whole is not None
    for bodies in ([], [b"xy"]):
        assert codec.decode(codec._seal.close("k", whole.meta, bodies), "k", "/a") == ((), "shape")
    assert codec.decode(codec._seal.close("k", {"tags": []}, []), "k", "/a") == ((), "shape")


def test_a_part_comes_back_as_a_part() -> None:
    cache = Cache().origin(Response(206, "", (("Cache-Control", "max-age=9"), ("Content-Range", "bytes 1-2/5")), b"bc"))
    cache.ask(Range="bytes=1-2")
    codec = ResponsesCodec(KEY, RFC9111)
    assert codec.decode(codec.encode("k", cache.kept()), "k", "/a") == (cache.kept(), "")


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_damaged_value_is_ever_served(data: st.DataObject) -> None:
    codec = ResponsesCodec(KEY, RFC9111)
    value = bytearray(codec.encode("k", (stored(),)))
    bit = data.draw(st.integers(0, len(value) * 8 - 1))
    value[bit // 8] ^= 1 << bit % 8
    assert codec.decode(bytes(value), "k", "/a")[0] == ()
    assert codec.decode(data.draw(st.binary(max_size=200)), "k", "/a")[0] == ()


def test_keys_are_short_tell_targets_apart_and_are_found_by_a_purge() -> None:
    targets = ["/", "/a", "/a?", "/a?b=c&d", "/}{:", "/\xe4", "/%C3", "/" + "x" * 9000, "/" + "x" * 9001, "/a*"]
    keys = [key_of(target, ORIGIN) for target in targets]
    assert len({*keys, key_of("/", "https://new-cms.example")}) == len(keys) + 1
    for key in keys:
        assert len(key) < 250
        assert key.startswith("gw1:{url/")
        assert key.count("{") == key.count("}") == 1, "one slot of a cluster"
