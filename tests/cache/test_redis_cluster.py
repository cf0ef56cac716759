"""Three real nodes, each with a third of the slots: pages, locks, purges and the self-test work as with one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.cache import redis_probe
from gateway.cache.redis_client import connect
from gateway.errors import SettingsError
from tests.cache.conftest import Open, Remembered, page
from tests.running import REPOSITORY
from tests.servers import Server, cluster, free_port

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    with cluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture
def url(nodes: list[Server]) -> str:
    """The last node, and one that is not there: the others must be learnt."""
    for node in nodes:
        node.command("FLUSHALL")
    return f"redis+cluster://127.0.0.1:{free_port()},127.0.0.1:{nodes[-1].port}"


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110  (what is waited for has no event)
            await asyncio.sleep(0.02)


async def test_pages_of_all_slots_are_found_again_and_purged_by_tag(
    nodes: list[Server], url: str, opened: Open
) -> None:
    pages = [page(f"page-{number}", tags=("tag:sea", f"article:page-{number}")) for number in range(60)]
    forgotten: list[frozenset[str] | None] = []
    async with opened(url) as one, opened(url, forget=forgotten.append) as other:
        for kept in pages:
            await one.put(kept)
        assert all(int(str(node.command("DBSIZE"))) > 5 for node in nodes)
        assert [await other.get(kept.key) for kept in pages] == pages
        await until(lambda: other.hears_purges)
        assert await one.remaining(frozenset({"article:page-7"})) == 1
        assert await one.purge(frozenset({"article:page-7"})) == 1
        await until(lambda: frozenset({"article:page-7"}) in forgotten)
        assert await one.purge(None) == 59
        assert await one.remaining(None) == 0
        assert one.up
        assert other.up


async def test_one_process_of_a_fleet_makes_a_page_and_the_others_hear_of_it(url: str, opened: Open) -> None:
    async with opened(url) as one, opened(url) as other:
        await until(lambda: other.hears_purges)
        assert (await one.claim(page().key)).free
        assert not (await other.claim(page().key)).free
        waiting = asyncio.create_task(other.wait(page().key, 5))
        await asyncio.sleep(0.03)
        await one.put(page())
        await asyncio.wait_for(waiting, 5)
        assert (await other.claim(page().key)).page == page()


async def test_the_self_test_knows_the_nodes_of_the_fleet(url: str) -> None:
    await redis_probe.ask(url, "first", b"one key")
    facts = await redis_probe.ask(url, "second", b"another key")
    assert "problem" not in facts
    assert facts["nodes"] == {
        "first": redis_probe.fingerprint(b"one key"),
        "second": redis_probe.fingerprint(b"another key"),
    }


async def test_the_documented_least_privilege_and_two_rights_more_are_enough(
    nodes: list[Server], url: str, opened: Open
) -> None:
    rules = (REPOSITORY / "deploy" / "redis" / "users.acl").read_text().split("user gateway ")[1].split()
    for node in nodes:
        node.command("ACL", "SETUSER", "gateway", *("on", ">pw", *rules[2:], "+cluster|slots", "+command"))
    async with opened(url.replace("://", "://gateway:pw@")) as store:
        await store.put(page(tags=("tag:sea",)))
        assert await store.get(page().key) is not None
        await until(lambda: store.hears_purges)
        assert await store.purge(frozenset({"tag:sea"})) == 1
        assert store.up


async def test_a_node_that_dies_fails_no_reader(tmp_path: Path, opened: Open) -> None:
    with cluster(tmp_path) as own:
        pages = [page(f"page-{number}") for number in range(30)]
        async with opened(f"redis+cluster://127.0.0.1:{own[0].port}") as store:
            for kept in pages:
                await store.put(kept)
            own[2].kill()
            for kept in pages:
                found = await store.get(kept.key)
                assert found in (kept, None)
                await store.put(kept)


@pytest.mark.parametrize("url", ["redis+cluster://", "redis+cluster://h:x", "redis+cluster://h:1/0"])
def test_a_url_that_names_no_cluster_is_refused_with_a_remedy(url: str) -> None:
    with pytest.raises(SettingsError, match=r"GATEWAY_REDIS_URL: .*redis\+cluster://host"):
        connect(url, timeout_seconds=0.1)


async def test_a_cluster_of_which_no_node_answers_is_a_redis_that_is_down(opened: Open, events: Remembered) -> None:
    async with opened(f"redis+cluster://127.0.0.1:{free_port()},127.0.0.1:{free_port()}") as store:
        assert not store.up
        await store.put(page())
        assert await store.get(page().key) is None
        assert (await store.claim(page().key)).free
    assert events.seen[0][1]["reason"] == "connection"
