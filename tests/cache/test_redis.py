"""Pages in a real Valkey: kept, found, refused, purged."""

from __future__ import annotations

import asyncio
import pickle
import time
from pathlib import Path

import pytest

from gateway.cache.fetch import Fetches
from gateway.cache.memory import MemoryPages
from gateway.cache.redis_channel import CHANNEL
from gateway.cache.redis_client import connect
from gateway.errors import SettingsError
from tests.cache.conftest import Open, Remembered, page
from tests.servers import Server, debian_redis, free_port, sentinel_of, valkey


async def test_a_page_is_found_again_as_it_was(server: Server, opened: Open) -> None:
    async with opened(server.url) as store:
        await store.put(page())
        assert await store.get(page().key) == page()
        assert await store.get(page("ferry", "warned").key) is None


async def test_a_page_goes_by_itself_after_seven_days(server: Server, opened: Open) -> None:
    async with opened(server.url) as store:
        await store.put(page())
    left = server.command("TTL", page().key)
    assert isinstance(left, int)
    assert 7 * 24 * 3600 - 5 <= left <= 7 * 24 * 3600


async def test_two_processes_of_a_fleet_share_pages_and_another_fleet_does_not(server: Server, opened: Open) -> None:
    async with opened(server.url) as one, opened(server.url) as two, opened(server.url, b"other key") as stranger:
        await one.put(page())
        assert await two.get(page().key) == page()
        assert await stranger.get(page().key) is None


FOREIGN = {
    "empty": b"",
    "text": b"hello",
    "pickle": pickle.dumps({"a": list(range(100))}),
    "old schema": b"GWP0" + bytes(200),
    "a hundred megabytes": bytes(100 * 2**20),
}


@pytest.mark.parametrize("what", FOREIGN)
async def test_what_is_no_page_of_ours_is_a_miss_and_is_healed(
    server: Server, opened: Open, events: Remembered, what: str
) -> None:
    async with opened(server.url) as store:
        server.command("SET", page().key, FOREIGN[what])
        assert await store.get(page().key) is None
        await store.put(page())
        assert await store.get(page().key) == page()
        assert store.up
    assert events.names() in ([], ["cache_value_rejected"])


async def test_a_list_under_our_key_is_a_miss_and_is_healed(server: Server, opened: Open) -> None:
    async with opened(server.url) as store:
        server.command("RPUSH", page().key, "a")
        for _ in range(10):
            assert await store.get(page().key) is None
        assert store.up
        await store.put(page())
        assert await store.get(page().key) == page()


async def test_swapped_values_are_never_served(server: Server, opened: Open) -> None:
    plain, warned = page("ferry", "plain"), page("ferry", "warned")
    async with opened(server.url) as store:
        await store.put(plain)
        await store.put(warned)
        server.command("RENAME", plain.key, "aside")
        server.command("RENAME", warned.key, plain.key)
        server.command("RENAME", "aside", warned.key)
        assert await store.get(plain.key) is None
        assert await store.get(warned.key) is None
        assert store.counts["rejected:key"] == 2


async def test_a_refused_value_is_counted_once_and_healed_by_the_reader_who_met_it(
    server: Server, opened: Open
) -> None:
    server.command("SET", page().key, b"x" * 100)
    async with opened(server.url) as store:
        fetches = Fetches(MemoryPages(0), store)
        answers = [(await fetches.page(page().key, page))[1] for _ in range(3)]
        await fetches.aclose()
        assert answers == ["miss", "hit", "hit"]
        assert {name: count for name, count in store.counts.items() if name.startswith(("rejected", "hit"))} == {
            "rejected:schema": 1,
            "hit": 2,
        }


async def test_rejected_values_are_counted_all_and_logged_once_a_second(
    server: Server, opened: Open, events: Remembered
) -> None:
    server.command("SET", page().key, b"x" * 100)
    async with opened(server.url) as store:
        for _ in range(50):
            await store.get(page().key)
        assert store.counts["rejected:schema"] == 50
    assert events.seen == [("cache_value_rejected", {"level": "warning", "reason": "schema"})]


async def test_a_purge_takes_every_page_with_the_tag_and_proves_it(server: Server, opened: Open) -> None:
    async with opened(server.url) as store:
        for n in range(30):
            await store.put(page(f"a{n}", tags=("tag:sea",) if n % 3 == 0 else ()))
        await store.put(page("list", tags=tuple(f"article:a{n}" for n in range(200))))
        server.command("SET", "somebody:else", "stays")
        assert await store.remaining(frozenset({"tag:sea"})) == 10
        assert await store.purge(frozenset({"tag:sea"})) == 10
        assert await store.remaining(frozenset({"tag:sea"})) == 0
        assert await store.purge(frozenset({"article:a199"})) == 1
        assert await store.remaining(None) == 20
        assert await store.purge(None) == 20
        assert await store.remaining(None) == 0
    assert server.command("GET", "somebody:else") == b"stays"


async def test_a_purge_takes_what_cannot_be_read_too(server: Server, opened: Open) -> None:
    async with opened(server.url) as store:
        server.command("SET", page("broken").key, b"GWP1 and then nothing that makes sense")
        server.command("RPUSH", page("list").key, "a")
        assert await store.purge(frozenset({"tag:sea"})) == 2


async def test_a_page_that_is_stored_while_the_purge_runs_goes_too(server: Server, opened: Open) -> None:
    async with opened(server.url) as store, opened(server.url) as other:
        purging = asyncio.create_task(store.purge(frozenset({"article:ferry"})))
        await asyncio.sleep(0.1)
        await other.put(page())
        assert await purging == 1
        assert await store.remaining(None) == 0


async def test_a_purge_reaches_the_memory_of_every_process_within_a_second(server: Server, opened: Open) -> None:
    memories = [MemoryPages(2**20) for _ in range(2)]
    for memory in memories:
        memory.put(page())
        memory.put(page("train"))
    async with opened(server.url, forget=memories[0].purge) as one, opened(server.url, forget=memories[1].purge) as two:
        await _until(lambda: one.hears_purges and two.hears_purges)
        began = time.monotonic()
        purging = asyncio.create_task(one.purge(frozenset({"article:ferry"})))
        await _until(lambda: all(memory.get(page().key) is None for memory in memories))
        assert time.monotonic() - began < 1
        await purging
        assert all(memory.get(page("train").key) is not None for memory in memories)


async def test_a_process_that_missed_purges_forgets_all_when_it_hears_again(server: Server, opened: Open) -> None:
    forgotten: list[frozenset[str] | None] = []
    async with opened(server.url, forget=forgotten.append) as store:
        await _until(lambda: store.hears_purges)
        server.command("CLIENT", "KILL", "TYPE", "pubsub")
        await _until(lambda: forgotten == [None])
        await _until(lambda: store.hears_purges)


@pytest.mark.parametrize("said", [b"", b"x", b"{}", b'{"tags": 7}', b'{"tags": [7]}', b"\xff", b"[]", b"null"])
async def test_what_is_no_purge_is_not_listened_to(server: Server, opened: Open, said: bytes) -> None:
    forgotten: list[frozenset[str] | None] = []
    async with opened(server.url, forget=forgotten.append) as store:
        await _until(lambda: store.hears_purges)
        server.command("PUBLISH", CHANNEL, said)
        server.command("PUBLISH", CHANNEL, b'{"tags": ["last"]}')
        await _until(lambda: len(forgotten) > 0)
        assert forgotten == [frozenset({"last"})]


async def test_redis_of_debian_serves_as_well(tmp_path: Path, opened: Open) -> None:
    with debian_redis(tmp_path / "redis") as server:
        async with opened(server.url) as store:
            await store.put(page())
            assert await store.get(page().key) == page()
            assert await store.purge(frozenset({"article:ferry"})) == 1


async def test_a_password_in_the_url_opens_the_door(tmp_path: Path, opened: Open) -> None:
    with debian_redis(tmp_path / "redis", "--requirepass", "s e/c:r@t") as server:
        url = f"redis://:s%20e%2Fc%3Ar%40t@127.0.0.1:{server.port}/0"
        async with opened(url) as store:
            await store.put(page())
            assert await store.get(page().key) == page()


async def test_the_documented_least_privilege_is_enough(tmp_path: Path, opened: Open) -> None:
    with debian_redis(tmp_path / "redis") as server:
        rules = "on >pw resetkeys ~gw1:* resetchannels &gw1:* -@all +getrange +set +scan +unlink +publish +subscribe"
        rules += " +unsubscribe +ping +hello +auth +select +client"
        server.command("ACL", "SETUSER", "gateway", *rules.split())
        async with opened(f"redis://gateway:pw@127.0.0.1:{server.port}/0") as store:
            await store.put(page(tags=("tag:sea",)))
            assert await store.get(page().key) is not None
            await _until(lambda: store.hears_purges)
            assert await store.purge(frozenset({"tag:sea"})) == 1
            assert store.up


async def test_behind_sentinels_the_master_is_found(tmp_path: Path, opened: Open) -> None:
    with valkey(tmp_path / "master") as master, sentinel_of(master, tmp_path / "sentinel") as sentinel:
        url = f"redis+sentinel://127.0.0.1:{sentinel.port},127.0.0.1:{free_port()}/pages"
        async with opened(url) as store:
            await store.put(page())
            assert await store.get(page().key) == page()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost",
        "http://h",
        "redis+sentinel://",
        "redis+sentinel://h:1",
        "redis+sentinel://h:x/s",
        "redis://h:p:q/0",
    ],
)
def test_a_url_that_names_nothing_is_refused_with_a_remedy(url: str) -> None:
    with pytest.raises(SettingsError, match=r"GATEWAY_REDIS_URL: .*; write redis://"):
        connect(url, timeout_seconds=0.1)


def test_a_password_is_not_in_the_error() -> None:
    with pytest.raises(SettingsError) as refused:
        connect("http://:hunter2@h:1/0", timeout_seconds=0.1)
    assert "hunter2" not in str(refused.value)


async def test_no_connection_ever_holds_a_reader_for_redis_pys_own_defaults() -> None:
    connected = connect("redis://127.0.0.1:1/0", timeout_seconds=0.1)
    try:
        options = connected.client.connection_pool.connection_kwargs
        assert options["retry"].get_retries() == 1
        assert not connected.client.connection_pool.maint_notifications_enabled()
        assert options["protocol"] == 2
        assert options["driver_info"] is None
    finally:
        await connected.aclose()


async def _until(true: object, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it never became true"
        await asyncio.sleep(0.01)
