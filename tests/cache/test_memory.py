from __future__ import annotations

import random
from collections import OrderedDict

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.cache.memory import MemoryPages
from tests.cache.conftest import page


def test_a_page_is_found_under_its_own_key_only() -> None:
    memory = MemoryPages(2**20)
    memory.put(page("ferry", "plain"))
    assert memory.get(page("ferry", "plain").key) == page("ferry", "plain")
    assert memory.get(page("ferry", "warned").key) is None


def test_a_page_over_a_mebibyte_is_not_kept_and_the_old_one_goes() -> None:
    memory = MemoryPages(64 * 2**20)
    memory.put(page("ferry"))
    memory.put(page("ferry", size=2**20 + 1))
    assert memory.get(page("ferry").key) is None
    assert memory.refused == 1
    assert memory.bytes == 0


def test_memory_of_no_bytes_keeps_nothing() -> None:
    memory = MemoryPages(0)
    memory.put(page())
    assert len(memory) == 0


def test_a_walk_through_the_archive_does_not_flush_what_is_read() -> None:
    memory = MemoryPages(100 * 3500)
    favourites = [page(f"hot{n}") for n in range(40)]
    for _ in range(3):
        for favourite in favourites:
            if memory.get(favourite.key) is None:
                memory.put(favourite)
    for n in range(2000):  # a crawler
        if memory.get(page(f"old{n}").key) is None:
            memory.put(page(f"old{n}"))
    assert sum(memory.get(favourite.key) is not None for favourite in favourites) >= 38


def test_what_comes_back_soon_after_it_was_let_go_is_kept_from_then_on() -> None:
    memory = MemoryPages(20 * 3500)
    memory.put(page("returning"))
    for n in range(25):
        memory.put(page(f"once{n}"))
    assert memory.get(page("returning").key) is None
    memory.put(page("returning"))
    for n in range(25, 60):
        memory.put(page(f"once{n}"))
    assert memory.get(page("returning").key) is not None


def test_it_hits_more_often_than_lru_where_few_are_read_much() -> None:
    chance = random.Random(3)
    weights = [1 / (n + 1) for n in range(3000)]
    asked = chance.choices(range(3000), weights, k=30_000)
    pages = [page(f"a{n}") for n in range(3000)]
    memory, hits = MemoryPages(150 * 3300), 0
    lru: OrderedDict[int, None] = OrderedDict()
    lru_hits = 0
    for n in asked:
        if memory.get(pages[n].key) is None:
            memory.put(pages[n])
        else:
            hits += 1
        if n in lru:
            lru_hits += 1
            lru.move_to_end(n)
        else:
            lru[n] = None
            if len(lru) > len(memory):
                lru.popitem(last=False)
    assert hits > lru_hits * 1.05


def test_purging_by_tag_takes_all_and_only_its_pages() -> None:
    memory = MemoryPages(2**20)
    for slug, tags in (("a", ("tag:sea",)), ("b", ("tag:sea", "tag:law")), ("c", ())):
        memory.put(page(slug, tags=tags))
    assert memory.purge(frozenset({"tag:sea", "article:b"})) == 2
    assert memory.get(page("c").key) is not None
    assert memory.purge(frozenset({"tag:nothing"})) == 0
    assert memory.purge(None) == 1
    assert (len(memory), memory.bytes) == (0, 0)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 30), st.integers(1, 9000)),
        st.tuples(st.just("get"), st.integers(0, 30), st.just(0)),
        st.tuples(st.just("purge"), st.integers(0, 30), st.just(0)),
        st.tuples(st.just("all"), st.just(0), st.just(0)),
    ),
    max_size=120,
)


@settings(deadline=None, max_examples=60)
@given(STEPS)
def test_whatever_is_done_it_stays_within_its_bytes_and_never_mixes_pages(steps: list[tuple[str, int, int]]) -> None:
    memory = MemoryPages(40_000)
    newest: dict[str, int] = {}
    for what, n, size in steps:
        key = page(f"a{n}").key
        if what == "put":
            memory.put(page(f"a{n}", size=size))
            newest[key] = size
        elif what == "purge":
            memory.purge(frozenset({f"article:a{n}"}))
            assert memory.get(key) is None
        elif what == "all":
            memory.purge(None)
        else:
            found = memory.get(key)
            assert found is None or (found.key == key and len(found.bodies["identity"]) == newest[key])
        assert memory.bytes <= 40_000
        assert memory.bytes == sum(entry.cost for entry in memory._entries.values())
        assert len(memory._small) + len(memory._main) == len(memory)
        assert memory._in_small == sum(entry.cost for entry in memory._small.values())
        assert {key for keys in memory._tagged.values() for key in keys} == set(memory._entries)
        assert len(memory._ghosts) <= len(memory) + 64


def test_a_better_page_takes_the_place_of_the_one_it_was_made_of_and_no_other() -> None:
    memory = MemoryPages(2**20)
    old, new = page("ferry", size=4000), page("ferry", size=2000)
    memory.put(old)
    memory.put(page("train"))
    assert memory.replace(old, new)
    assert memory.get(new.key) is new
    assert not memory.replace(old, page("ferry", size=900))
    assert memory.get(new.key) is new
    memory.purge(frozenset({"article:ferry"}))
    assert not memory.replace(new, new)
    memory.purge(None)
    assert (memory.bytes, memory._in_small, len(memory)) == (0, 0, 0)


def test_replacing_keeps_to_the_bound_in_bytes() -> None:
    memory = MemoryPages(40_000)
    pages = [page(f"p{n}", size=2000) for n in range(20)]
    for one in pages:
        memory.put(one)
    for one in pages:
        memory.replace(one, page(one.key.partition("{")[2].partition("}")[0], size=9000))
        assert memory.bytes <= 40_000
    assert memory.bytes == sum(entry.cost for entry in memory._entries.values())
    assert memory._in_small == sum(entry.cost for entry in memory._small.values())
