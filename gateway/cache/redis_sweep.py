"""Find stored pages by their tags, to remove or to count them.

It walks over the pages themselves: an index of tags would be evicted by allkeys-lru before the pages that it lists.
"""

from __future__ import annotations

from typing import Any

from gateway.cache.redis_cluster import Client, keys_like, unlinked
from gateway.cache.seal import tags_in
from gateway.cache.variant import PREFIX

_SCAN_COUNT = 1000
_HEAD_BYTES, _LONG_HEAD_BYTES = 1024, 65_536


async def sweep(client: Client, tags: frozenset[str] | None, *, remove: bool) -> int:
    """How many pages with one of these tags (None: every page) there are; they are removed if so wished. Raises
    what a failing Redis raises.
    """
    found = 0
    async for keys in keys_like(client, f"{PREFIX}{{*", _SCAN_COUNT):
        doomed = keys if tags is None else await _tagged(client, keys, tags)
        if doomed:
            found += await unlinked(client, doomed) if remove else len(doomed)
    return found


async def _tagged(client: Client, keys: list[bytes], tags: frozenset[str]) -> list[bytes]:
    doomed: list[bytes] = []
    for length in (_HEAD_BYTES, _LONG_HEAD_BYTES):
        if not keys:
            break
        async with client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.getrange(key, 0, length - 1)
            heads: list[Any] = await pipe.execute(raise_on_error=False)
        unread = []
        for key, head in zip(keys, heads, strict=True):
            found = tags_in(head) if isinstance(head, bytes) else None
            if found is None and isinstance(head, bytes) and len(head) == length == _HEAD_BYTES:
                unread.append(key)  # a page over many articles has a long head
            elif head != b"" and (found is None or found & tags):
                doomed.append(key)
        keys = unread
    return doomed
