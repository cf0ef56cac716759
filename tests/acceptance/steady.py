"""A site under load: pages that everybody reads, pages that nobody has read yet, readers of every standing.

Its log grows by the thousand, so events are counted in its bytes instead of read.
"""

from __future__ import annotations

import asyncio
import time
from itertools import count
from pathlib import Path

from tests.geo.addresses import ADDRESSES
from tests.load import Ask, Asks
from tests.running import Running
from tests.sites import policy, write_article, write_policies

WARM, COLD = 20, 4000
READERS: dict[str, tuple[str, frozenset[str]]] = {
    "RU": (ADDRESSES["Moscow"], frozenset({"noted", "warned"})),
    "NG": (ADDRESSES["Lagos"], frozenset({"noted"})),
    "DE": (ADDRESSES["Berlin"], frozenset({"noted"})),
    "AT": (ADDRESSES["Vienna"], frozenset({"noted"})),
    "nowhere": ("198.51.100.7", frozenset({"noted", "warned"})),
    "hidden": ("unknown", frozenset({"noted", "warned"})),
}
"""Where they are, by the header that names them, and which notices are due to them on a story."""


def write_site(
    root: Path, *, warm: int = WARM, cold: int = COLD, published: str = "2026-05-01T08:00:00Z"
) -> tuple[Path, Path]:
    """Content and policies."""
    content = root / "content"
    for slug in (*(f"warm-{n}" for n in range(warm)), *(f"cold-{n}" for n in range(cold)), "court"):
        write_article(content, slug, published=published)
    policies = write_policies(
        root / "policies",
        [
            policy("note", "notice: {id: noted}"),
            policy("warn", "notice: {id: warned}", "protect: all", readers="{in: [RU]}"),
            policy("hold", "withhold: {parts: [p2], notice: held}", readers="{in: [AT]}", articles="{except: {slugs: [court]}}"),
            policy("stop", "block: {notice: stopped}", readers="{in: [DE]}", articles="{slugs: [court]}", kind="order"),
        ],
        notices=("noted", "warned", "held", "stopped"),
    )  # fmt: skip
    return content, policies


def ask(slug: str, reader: str, *, close: bool = False) -> Ask:
    """A page, and what this reader must get."""
    address, notices = READERS[reader]
    request = (
        f"GET /articles/{slug} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {address}\r\n"
        f"{'Connection: close' + chr(13) + chr(10) if close else ''}\r\n"
    ).encode()
    passage, first = f"A passage of {slug} to withhold.".encode(), f"The first paragraph of {slug}.".encode()
    if slug == "court":
        if reader == "DE":
            return Ask(request, 451, notices | {"stopped"}, lacks=first)
        return Ask(request, 200, notices, holds=first)
    if reader == "AT":
        return Ask(request, 200, notices, holds=b'data-withheld="part:p2"', lacks=passage)
    return Ask(request, 200, notices, holds=passage)


def everybody(*, cold_every: int = 20, warm: int = WARM, cold: int = COLD, close: bool = False) -> Asks:
    """Readers in turn. Every so many requests one is for a page that nobody has asked for before (0: none)."""
    names, fresh = list(READERS), count()

    def of(number: int) -> Ask:
        reader = names[number % len(names)]
        if cold_every and number % cold_every == cold_every - 1:
            return ask(f"cold-{next(fresh) % cold}", reader, close=close)
        if number % 53 == 7:
            return ask("court", reader, close=close)
        return ask(f"warm-{number // len(names) % warm}", reader, close=close)

    return of


def said(running: Running, event: str) -> int:
    """How often the log has this event."""
    return running.log.read_bytes().count(f'"event.action":"{event}"'.encode())


async def told(running: Running, event: str, times: int, *, seconds: float = 15.0) -> float:
    """Wait until the log has this event so often; how many seconds that took."""
    began = time.monotonic()
    while said(running, event) < times:
        assert time.monotonic() - began < seconds, f"{event}: {said(running, event)} of {times}"
        await asyncio.sleep(0.02)
    return time.monotonic() - began
