"""Responses in Redis, shared by the fleet: by the same client, breaker and deadlines as pages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from hashlib import blake2b
from typing import cast
from urllib.parse import quote

from gateway.cache.http.coding import ResponsesCodec
from gateway.cache.http.profile import Profile
from gateway.cache.http.store import New, with_new
from gateway.cache.http.stored import Stored
from gateway.cache.http.tags import target_name
from gateway.cache.http.written import Written
from gateway.cache.redis import PAGE_SECONDS, RedisPages
from gateway.cache.redis_channel import CHANNEL, message
from gateway.cache.redis_client import octets
from gateway.cache.redis_cluster import Client, unlinked
from gateway.cache.seal import VALUE_LIMIT_BYTES
from gateway.cache.variant import PREFIX

_NAMED_LENGTH = 200
_READ_AT_ONCE = 8
_SCAN_COUNT = 1000


class RedisResponses:
    """A ResponseStore in the Redis of `pages`: one value a target of this origin (its URL). Purges by tag find it as
    they find pages. `alone`: nobody else writes there, so what cannot be there is not asked for.
    """

    def __init__(
        self, pages: RedisPages, signing_key: bytes, profile: Profile, origin: str, *, alone: bool = False
    ) -> None:
        self._pages = pages
        self._written = Written(self._keys) if alone else None
        self._origin = origin
        self._codec = ResponsesCodec(signing_key, profile)
        self._owing: set[asyncio.Task[int]] = set()

    async def get(self, uri: str) -> tuple[Stored, ...]:
        """All that is stored for this target, its signature checked."""
        key = key_of(uri, self._origin)
        if not self._may_hold(key):
            return ()
        return self._opened(await self._pages.ask(lambda: self._pages.read(key)) or b"", uri)

    async def put(self, stored: Stored, *, instead_of: Stored | None = None) -> None:
        """Keep it for seven days, beside what is there, if that can be done now. What is too large to stand beside it
        goes, the oldest first; so does what it makes needless, since it answers every request.
        """
        await self.put_all([New(stored, instead_of)])

    async def put_all(self, news: Sequence[New]) -> None:
        """The same of many, in one journey, or two where some of them stand beside others."""
        of: dict[str, list[New]] = {}
        for new in news:
            of.setdefault(new.stored.uri, []).append(new)
        beside = [uri for uri, latest in of.items() if latest[0].stored.selected_by]
        there = await self._there([uri for uri in beside if self._may_hold(key_of(uri, self._origin))])
        values: dict[str, bytes] = {}
        for uri, latest in of.items():
            key, kept = key_of(uri, self._origin), there.get(uri, ())
            for new in latest:
                kept = with_new(kept if new.stored.selected_by else (), new.stored, new.instead_of)
            value = self._codec.encode(key, kept)
            while kept and len(value) > VALUE_LIMIT_BYTES:
                kept = kept[1:]
                value = self._codec.encode(key, kept)
            if kept:
                values[key] = value
                if self._written is not None:
                    self._written.add(key)
            else:
                await self.remove(uri)
        if values:
            await self._pages.ask(lambda: _write(self._client, values))

    async def _there(self, uris: Sequence[str]) -> dict[str, tuple[Stored, ...]]:
        """What is stored for each of these targets now."""
        found: dict[str, tuple[Stored, ...]] = {}
        for at in range(0, len(uris), _READ_AT_ONCE):
            some = uris[at : at + _READ_AT_ONCE]
            values = await self._pages.ask(partial(_read, self._client, [key_of(uri, self._origin) for uri in some]))
            found |= {uri: self._opened(value, uri) for uri, value in zip(some, values or (), strict=False)}
        return found

    def _opened(self, value: bytes, uri: str) -> tuple[Stored, ...]:
        if not value:
            return ()
        found, refused = self._codec.decode(value, key_of(uri, self._origin), uri)
        if refused:
            self._pages.counts[f"rejected:{refused}"] += 1
        return found

    def _may_hold(self, key: str) -> bool:
        return self._written is None or self._written.may_hold(key)

    async def _keys(self, cursor: int) -> tuple[int, list[bytes]] | None:
        pattern = f"{PREFIX}{{url/*:response:{_name_of(self._origin)}"
        answer = await self._pages.ask(lambda: self._client.scan(cursor, match=pattern, count=_SCAN_COUNT))
        return cast("tuple[int, list[bytes]] | None", answer)

    @property
    def _client(self) -> Client:
        return self._pages.readers.client

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
        client = self._client
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
    return f"{PREFIX}{{url/{name}}}:response:{_name_of(origin)}"


@lru_cache(maxsize=16)
def _name_of(origin: str) -> str:
    return blake2b(origin.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


async def _read(client: Client, keys: Sequence[str]) -> list[bytes]:
    async with client.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.getrange(key, 0, VALUE_LIMIT_BYTES)
        return list(map(octets, await pipe.execute()))


async def _write(client: Client, values: Mapping[str, bytes]) -> None:
    async with client.pipeline(transaction=False) as pipe:
        for key, value in values.items():
            pipe.set(key, value, ex=PAGE_SECONDS)
        await pipe.execute()
