"""A site without sockets: content and policies on disk, a snapshot of them, readers who are somewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from gateway.cache.fetch import Fetches
from gateway.cache.memory import MemoryPages
from gateway.cache.page import Claim, StoredPage
from gateway.cache.recode import Recoder
from gateway.cache.redis import RedisPages
from gateway.content.files import load_directory
from gateway.delivery import Delivery, Reading
from gateway.geo.evidence import Witnesses
from gateway.geo.locate import hypothetical
from gateway.policy.files import read_directory
from gateway.policy.parse import parse
from gateway.render.pages import Renderer, Site
from gateway.snapshot import Snapshot
from tests.sites import policy, write_article, write_content, write_policies

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
REFUSES_DE = policy(
    "refuse", "block: {notice: first}", readers="{in: [DE]}", articles="{slugs: [market-day]}", kind="order"
)
WARNS_RU = policy("warn", "notice: {id: first}\n    certainty: possible", readers="{in: [RU]}")


@dataclass(slots=True)
class Said:
    """Events, as a list of (name, fields)."""

    seen: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def emit(self, event: str, /, *, level: str = "info", **fields: object) -> None:
        self.seen.append((event, {"level": level, **fields}))


class Nothing:
    """A store that never has anything, as when Redis is away."""

    async def get(self, _key: str) -> StoredPage | None:
        return None

    async def put(self, _page: StoredPage) -> None:
        return None

    async def claim(self, _key: str) -> Claim:
        return Claim(free=True)

    async def wait(self, _key: str, _seconds: float) -> None:
        return None

    async def release(self, _key: str) -> None:
        return None

    async def improve(self, _page: StoredPage) -> None:
        return None

    async def purge(self, _tags: frozenset[str] | None) -> int:
        return 0


async def no_other(_index: object, _path: str) -> bool:
    """No index follows: nobody edits this site."""
    return False


def snapshot(root: Path, *policies: str, articles: int = 0) -> Snapshot:
    """Three articles (two of them a family) and more, under these policies."""
    content = write_content(root / "content")
    for number in range(articles):
        write_article(content, f"page-{number}")
    directory = write_policies(root / "policies", policies or [WARNS_RU], notices=("first",))
    index = load_directory(content)
    renderer = Renderer(Site.of(index.site, "https://news.example", index.sections, ()))
    return Snapshot(parse(read_directory(directory)).required(), index, Witnesses(()), renderer)


def reading(snapshot: Snapshot, region: str = "FR", now: datetime = NOW) -> Reading:
    """Somebody in this country."""
    return Reading(snapshot, hypothetical(region, snapshot.regions), now)


def delivery(store: RedisPages | None = None, memory_bytes: int = 2**24) -> Delivery:
    """A process's delivery."""
    memory = MemoryPages(memory_bytes)
    shared = store or Nothing()
    return Delivery(memory, Fetches(memory, shared), Recoder(memory, shared), Said())
