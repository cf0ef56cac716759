"""What is asked of every server alike: which pages, how popular each is, by whom, with which conditions."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.material import BROWSER, Material, Reader

REQUESTS = 20_000
"""So many different ones, then again from the first."""

Tag = Callable[[str, Reader], str]
"""The entity tag that a server gives a reader for a slug; "" for a server that gives none."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`connections`: None for as many as are given. `short`, `unchanged`: the shares of 14 kB pages among 60 kB ones, and
    of readers who have the page already. `at_rate`: at a share of what each can. `cold`: each page is asked for once, by
    somebody, and whoever keeps pages has forgotten them.
    """

    name: str
    connections: int | None = None
    short: float = 1.0
    unchanged: float = 0.0
    through_cdn: bool = False
    at_rate: bool = False
    cold: bool = False
    without: tuple[str, ...] = ("uvloop",)
    """Beginnings of the names of servers that would answer something else."""


WARM = Scenario("warm, 14 kB", without=())
UNCHANGED = Scenario("304", unchanged=1.0, without=("uvloop", "nginx, sub_filter"))  # which has no entity tags
AT_RATE = Scenario("warm, 14 kB, at 70 % of each one's peak", at_rate=True)
COLD = Scenario("cold, 14 kB: each page once", cold=True, without=("uvloop", "nginx, sub_filter", "aiohttp"))
USUAL = (WARM, UNCHANGED, COLD, AT_RATE)
FULL = (
    WARM,
    Scenario("warm, 14 kB, 1 connection", connections=1),
    Scenario("warm, 14 kB, 512 connections", connections=512),
    Scenario("warm, 60 kB", short=0.0),
    UNCHANGED,
    Scenario("mixed: both sizes, a fifth 304", short=0.75, unchanged=0.2),
    Scenario("warm, 14 kB, through a CDN", through_cdn=True),
    COLD,
    AT_RATE,
)


def write_requests(scenario: Scenario, material: Material, path: Path, tag: Tag, seed: int = 1) -> Path:
    """All requests, whole, one after the other. Pages are as popular as Zipf has it: the n-th is asked for 1/n as often
    as the first. Each reader's address is in X-Forwarded-For, as a proxy in front writes it.
    """
    chance = random.Random(seed)
    short, long = (_drawn(slugs, chance) for slugs in (material.slugs, material.long))
    if scenario.cold:
        short = material.slugs
    tail = "".join(f"{name}: {value}\r\n" for name, value in BROWSER)
    said = []
    for number in range(len(short) or REQUESTS):
        reader = material.readers[number * 7919 % len(material.readers)]
        slug = short[number] if chance.random() < scenario.short else long[number]
        lines = f"X-Forwarded-For: {reader.address}\r\n{tail}"
        if scenario.through_cdn:  # another value in every request, and fields that nobody here asked for
            lines += (
                f"CF-Ray: {chance.getrandbits(64):016x}-VIE\r\nCF-Connecting-IP: {reader.address}\r\n"
                f'CDN-Loop: cloudflare; loops=1\r\nX-Forwarded-Proto: https\r\nCF-Visitor: {{"scheme":"https"}}\r\n'
                f"Cookie: seen={chance.getrandbits(96):024x}\r\n"
            )  # fmt: skip
        if chance.random() < scenario.unchanged and (known := tag(slug, reader)):
            lines += f"If-None-Match: {known}\r\n"
        said.append(f"GET /articles/{slug} HTTP/1.1\r\n{lines}\r\n")
    path.write_text("".join(said), newline="")
    return path


def _drawn(slugs: Sequence[str], chance: random.Random) -> Sequence[str]:
    if not slugs:
        return []
    return chance.choices(slugs, [1 / rank for rank in range(1, len(slugs) + 1)], k=REQUESTS)
