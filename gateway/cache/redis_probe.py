"""What the self-test asks of Redis, and how nodes tell each other which signing key they have, never the key."""

from __future__ import annotations

import asyncio
import hmac
import socket
import time
from collections.abc import Awaitable
from hashlib import blake2b
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from gateway.cache.redis_client import FAILURES, connect, reason_of
from gateway.cache.redis_cluster import Client, keys_like
from gateway.cache.variant import PREFIX

NODES = f"{PREFIX}node:"
FORGOTTEN_SECONDS = 24 * 3600
TOLD_EVERY_SECONDS = 3600.0
_ROUND_TRIPS = 10
_PATIENCE_SECONDS = 2.0


def node_name(state: Path) -> str:
    """This node, told from others: the machine's name, and which of its gateways."""
    return f"{socket.gethostname()}-{blake2b(str(state.resolve()).encode(), digest_size=3).hexdigest()}"


def fingerprint(signing_key: bytes) -> str:
    """A text that is the same for the same key, and from which the key cannot be found."""
    return hmac.digest(signing_key, b"gateway: which signing key is it?", "sha256").hex()[:16]


async def tell_for_ever(url: str, node: str, signing_key: bytes) -> None:
    """Write down which key this node has, once an hour; a Redis that cannot be reached is told later."""
    connected = connect(url, timeout_seconds=_PATIENCE_SECONDS, max_connections=1)
    try:
        while True:
            await _told(connected.client, node, signing_key)
            await asyncio.sleep(TOLD_EVERY_SECONDS)
    finally:
        await connected.aclose()


async def ask(url: str, node: str, signing_key: bytes | None) -> dict[str, object]:
    """Facts for the self-test, by the names of StoreFacts. Never raises for a Redis that cannot be reached.

    A node without a key yet (None) is not told of.
    """
    connected = connect(url, timeout_seconds=_PATIENCE_SECONDS, max_connections=1)
    client = connected.client
    try:
        return await _facts(client, node, signing_key)
    except FAILURES as error:
        return {"problem": reason_of(error)}
    finally:
        await connected.aclose()


async def _facts(client: Client, node: str, signing_key: bytes | None) -> dict[str, object]:
    await client.ping()
    trips = []
    for _ in range(_ROUND_TRIPS):
        began = time.perf_counter()
        await client.ping()
        trips.append(time.perf_counter() - began)
    one = client if isinstance(client, Redis) else None  # a cluster's nodes have a clock and a memory each
    moment = await _allowed(one.time()) if one else None
    skew = None if moment is None else time.time() - (moment[0] + moment[1] / 1e6)
    info = (await _allowed(one.info("memory")) if one else None) or {}
    user = await _allowed(one.acl_whoami()) if one else None
    if signing_key is not None:
        await _told(client, node, signing_key)
    return {
        "round_trips": tuple(trips),
        "skew": skew,
        "max_memory": info.get("maxmemory"),
        "policy": info.get("maxmemory_policy"),
        "user": user.decode() if isinstance(user, bytes) else user,
        "nodes": await _nodes(client),
        "node": node,
    }


async def _told(client: Client, node: str, signing_key: bytes) -> None:
    try:
        await client.set(f"{NODES}{node}", fingerprint(signing_key), ex=FORGOTTEN_SECONDS)
    except FAILURES:
        return  # a cache that takes no more is somebody else's finding


async def _nodes(client: Client) -> dict[str, str]:
    found: dict[str, str] = {}
    async for keys in keys_like(client, f"{NODES}*", 1000):
        for key in keys:
            value = await client.getrange(key, 0, 63)
            if isinstance(value, bytes) and value:
                found[key.decode("utf-8", "replace").removeprefix(NODES)] = value.decode("ascii", "replace")
    return found


async def _allowed(asking: Awaitable[Any]) -> Any:  # noqa: ANN401  (an answer is whatever the command answers)
    """The answer, or None where this user may not ask."""
    try:
        return await asking
    except FAILURES:
        return None
