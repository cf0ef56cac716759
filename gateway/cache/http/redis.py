"""Responses in Redis, shared by the fleet: by the same client, breaker and deadlines as pages."""

from __future__ import annotations

import asyncio
from hashlib import blake2b
from typing import cast
from urllib.parse import quote

from gateway.cache.http.coding import ResponsesCodec
from gateway.cache.http.profile import Profile
from gateway.cache.http.store import with_new
from gateway.cache.http.stored import Stored
from gateway.cache.http.tags import target_name
from gateway.cache.redis import PAGE_SECONDS, RedisPages
from gateway.cache.redis_channel import CHANNEL, message
from gateway.cache.redis_cluster import unlinked
from gateway.cache.seal import VALUE_LIMIT_BYTES
from gateway.cache.variant import PREFIX

_NAMED_LENGTH = 200


class RedisResponses:
    """A ResponseStore in the Redis of `pages`: one value a target of this origin (its URL). Purges by tag find it as
    they find pages.
    """

    def __init__(self, pages: RedisPages, signing_key: bytes, profile: Profile, origin: str) -> None:
        self._pages = pages
        self._origin = origin
        self._codec = ResponsesCodec(signing_key, profile)
        self._owing: set[asyncio.Task[int]] = set()

    async def get(self, uri: str) -> tuple[Stored, ...]:
        """All that is stored for this target, its signature checked."""
        key = key_of(uri, self._origin)
        client = self._pages.readers.client
        value = await self._pages.ask(lambda: client.getrange(key, 0, VALUE_LIMIT_BYTES))
        if not value:
            return ()
        found, refused = self._codec.decode(cast("bytes", value), key, uri)
        if refused:
            self._pages.counts[f"rejected:{refused}"] += 1
        return found

    async def put(self, stored: Stored, *, instead_of: Stored | None = None) -> None:
        """Keep it for seven days, beside what is there, if that can be done now. What is too large to stand beside it
        goes, the oldest first; so does what it makes needless, since it answers every request.
        """
        key, client = key_of(stored.uri, self._origin), self._pages.readers.client
        there = await self.get(stored.uri) if stored.selected_by else ()
        kept = with_new(there, stored, instead_of)
        value = self._codec.encode(key, kept)
        while kept and len(value) > VALUE_LIMIT_BYTES:
            kept = kept[1:]
            value = self._codec.encode(key, kept)
        if kept:
            await self._pages.ask(lambda: client.set(key, value, ex=PAGE_SECONDS))
        else:
            await self.remove(stored.uri)

    async def remove(self, uri: str) -> None:
        """Forget all that is stored for this target, and tell the other processes."""
        await self.purge(frozenset({target_name(uri)}))

    async def purge(self, tags: frozenset[str] | None) -> int:
        """Remove all with one of these names (None: everything), tell the other processes; how many went.

        Targets are found by their keys, anything else by a walk over all. While Redis is out of reach the purge is
        owed, and done before anything is read from it again.
        """
        prefix = target_name("")
        if tags is None or any(not tag.startswith(prefix) for tag in tags):
            return await self._pages.purge(tags)
        client = self._pages.readers.client
        keys = [key_of(tag.removeprefix(prefix), self._origin).encode() for tag in tags]
        removed = await self._pages.ask(lambda: unlinked(client, keys))
        told = await self._pages.ask(lambda: client.publish(CHANNEL, message(tags)))
        if removed is None or told is None:
            owing = asyncio.get_running_loop().create_task(self._pages.purge(tags))
            self._owing.add(owing)
            owing.add_done_callback(self._owing.discard)
        return removed or 0


def key_of(uri: str, origin: str) -> str:
    """The key of a target of an origin; of a long one, of its digest, which the value is held against."""
    name = quote(uri, safe="-._~/?=&", errors="surrogatepass")
    if len(name) > _NAMED_LENGTH:
        name = f"{name[:64]}*{blake2b(uri.encode('utf-8', 'surrogatepass'), digest_size=20).hexdigest()}"
    of = blake2b(origin.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{PREFIX}{{url/{name}}}:response:{of}"
