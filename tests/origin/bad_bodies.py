"""Every fault of `faults.py` at the public socket: of a page that was kept before, and of one that was never good."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway.content.origin.care import Care
from tests.origin.faults import faults
from tests.origin.newsroom import Newsroom, healthy, page
from tests.origin.scripted import Heard, Script

FAULTS = faults(Care().body_bytes)
_NUMBERS = {name: number for number, name in enumerate(FAULTS)}


def memory(news: Newsroom) -> int:
    """Bytes of the gateway's memory that are in use."""
    status = Path(f"/proc/{news.running.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def wrong(news: Newsroom) -> dict[str, list[tuple[int, bool]]]:
    """Faults with which a reader got anything but the whole page that was kept, or a plain word that there is none."""
    with ThreadPoolExecutor(6) as readers:
        got = dict(zip(FAULTS, readers.map(lambda name: _read(news, name), FAULTS), strict=True))
    return {
        name: found
        for name, found in got.items()
        if found[:2] != [(200, True)] * 2 or found[2][0] not in (502, 503, 504) or not found[2][1]
    }


def _read(news: Newsroom, name: str) -> list[tuple[int, bool]]:
    kept, never = f"/story/{_NUMBERS[name]}", f"/never/{_NUMBERS[name]}"
    news.cms.answers[kept] = [page(kept)]
    news.warm(kept)
    whole = news.get(kept).body
    script = FAULTS[name][0]

    def bad(heard: Heard) -> Script:
        return healthy(heard) if heard.method == "HEAD" else script

    news.cms.answers[kept] = news.cms.answers[never] = bad
    first, again, none = news.get(kept), news.get(kept), news.get(never)
    return [
        (first.status, first.body == whole),
        (again.status, again.body == whole),
        (none.status, b"All the news" not in none.body and none.headers.get("retry-after", "").isdecimal()),
    ]
