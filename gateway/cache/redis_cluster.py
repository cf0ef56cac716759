"""Redis Cluster: what is asked of all nodes, or of keys in several slots. What concerns one page is in one slot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.cluster import ClusterNode, RedisCluster

Client = Redis | RedisCluster
PORT = 6379


def cluster_of(hosts: Sequence[tuple[str, int]], options: dict[str, Any], max_connections: int) -> RedisCluster:
    """A client of the cluster that these nodes belong to; the others are learnt from them. Nothing is sent yet."""
    return RedisCluster(
        startup_nodes=[ClusterNode(host, port) for host, port in hosts],
        require_full_coverage=False,  # a shard that is lost takes its own pages along, and no others
        reinitialize_steps=1,  # a slot that has moved is learnt at once: a page is asked for once, and rendered then
        max_connections=max_connections,
        **options,
    )


async def listener(client: Client) -> PubSub:
    """Hears what is published: in a cluster at any one of the nodes, another one perhaps each time."""
    await client.initialize()
    if isinstance(client, RedisCluster):
        return client.pubsub(node=client.get_random_node())
    return client.pubsub()


async def keys_like(client: Client, pattern: str, count: int) -> AsyncIterator[list[bytes]]:
    """All keys that match, about so many at a time; of a cluster, those of every primary."""
    if not isinstance(client, RedisCluster):
        async for keys in _walk(lambda cursor: client.scan(cursor, match=pattern, count=count)):
            yield keys
        return
    await client.initialize()
    for node in client.get_primaries():
        async for keys in _walk(partial(_scan_one, client, node, pattern, count)):
            yield keys


async def unlinked(client: Client, keys: Sequence[bytes]) -> int:
    """Remove these; how many were there."""
    if not isinstance(client, RedisCluster):
        return int(await client.unlink(*keys))
    async with client.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.execute_command("UNLINK", key)
        return sum(map(int, await pipe.execute()))


async def _walk(scan: Callable[[int], Awaitable[Any]]) -> AsyncIterator[list[bytes]]:
    cursor = 0
    while True:
        cursor, keys = await scan(cursor)
        yield keys
        if not cursor:
            return


async def _scan_one(client: RedisCluster, node: ClusterNode, pattern: str, count: int, cursor: int) -> tuple[int, Any]:
    answer: Any = await client.scan(cursor, match=pattern, count=count, target_nodes=node)
    return next(iter(answer[0].values())), answer[1]
