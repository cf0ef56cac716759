"""A little world for cache tests: pages, events that are remembered, a store that is closed."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from gateway.cache.codings import encode_bodies, etag_for
from gateway.cache.page import StoredPage
from gateway.cache.redis import RedisPages
from tests.running import SAMPLE
from tests.servers import Server, valkey

PROSE = b"".join(path.read_bytes() for path in sorted((SAMPLE / "articles" / "en").glob("*.md")))[:12_000]
KEY = b"a signing key of thirty-two bytes"


class Remembered:
    """Events, as a list of (name, fields)."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, object]]] = []

    def emit(self, event: str, /, *, level: str = "info", **fields: object) -> None:
        self.seen.append((event, {"level": level, **fields}))

    def names(self) -> list[str]:
        return [name for name, _ in self.seen]


def page(slug: str = "ferry", outcome: str = "plain", *, size: int = 2000, tags: tuple[str, ...] = ()) -> StoredPage:
    """A page whose body says which one it is, over and over."""
    key = f"gw1:{{{slug}}}:html:{outcome}"
    body = (f"<p>{slug} as {outcome}</p>\n".encode() * size)[:size]
    bodies = encode_bodies(body)
    etags = {coding: etag_for(key, coded, coding) for coding, coded in bodies.items()}
    return StoredPage(key, 200, "text/html", "en", bodies, etags, (f"article:{slug}", *tags), ("warning",))


@pytest.fixture
def events() -> Remembered:
    return Remembered()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with valkey(tmp_path / "valkey") as running:
        yield running


Open = Callable[..., contextlib.AbstractAsyncContextManager[RedisPages]]


@pytest.fixture
def opened(events: Remembered) -> Open:
    """Opens a store on a URL, started, and closes it."""

    @contextlib.asynccontextmanager
    async def open_store(url: str, key: bytes = KEY, **options: object) -> AsyncIterator[RedisPages]:
        store = RedisPages(url, key, events, **options)  # type: ignore[arg-type]
        await store.start()
        try:
            yield store
        finally:
            await store.aclose()

    return open_store
