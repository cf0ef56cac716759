"""What every server of a benchmark is given alike: articles, readers, one GeoIP file, the headers of a browser."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_network
from pathlib import Path
from typing import Any

import maxminddb
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from tests.running import REPOSITORY, SAMPLE

EVIDENCE = REPOSITORY / "gateway" / "geo" / "data" / "evidence.mmdb"
HOST = "news.example"

# What Chromium sends for a page, but for the codings: all servers can send gzip from prepared bytes, so all are asked
# for gzip, and the bytes are the same.
BROWSER: Sequence[tuple[str, str]] = (
    ("Host", HOST),
    ("Connection", "keep-alive"),
    ("sec-ch-ua", '"Chromium";v="142", "Not_A Brand";v="99"'),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", '"Linux"'),
    ("Upgrade-Insecure-Requests", "1"),
    (
        "User-Agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    ),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"),
    ("Sec-Fetch-Site", "none"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-User", "?1"),
    ("Sec-Fetch-Dest", "document"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Accept-Language", "en-GB,en;q=0.9"),
)


@dataclass(frozen=True, slots=True)
class Reader:
    """A public address, and where the benchmark's GeoIP file places it."""

    address: str
    country: str
    subdivision: str


@dataclass(frozen=True, slots=True)
class Material:
    """Everything in files: `content` for the gateway, `geoip` for all, `readers` and `slugs` for the load."""

    content: Path
    geoip: Path
    readers: Sequence[Reader]
    slugs: Sequence[str]
    long: Sequence[str] = ()

    @property
    def warm(self) -> Sequence[str]:
        """What every server is to have at hand."""
        return (*self.slugs, *self.long)


SHORT_CHARACTERS, LONG_CHARACTERS = 8_000, 52_000
"""They make pages of 14 and 60 kB."""


def make(directory: Path, *, readers: int, articles: int, long: int = 0, seed: int = 1) -> Material:
    """Write the material under `directory`: so many articles of 14 kB, and of 60 kB."""
    chosen = _readers(readers, random.Random(seed))
    geoip = directory / "benchmark.mmdb"
    _geoip(chosen, geoip)
    prose = _sample_paragraphs()
    written = []
    for name, count, characters in (
        ("crossing", articles, SHORT_CHARACTERS),
        ("passage", long, LONG_CHARACTERS),
    ):
        slugs = [f"{name}-{number}" for number in range(1, count + 1)]
        written.append(slugs)
        for number, slug in enumerate(slugs, 1):
            _article(directory / "content" / "articles" / "en" / f"{slug}.md", slug, number, characters, prose)
    return Material(directory / "content", geoip, chosen, *written)


def _readers(count: int, chance: random.Random) -> list[Reader]:
    """Random public IPv4 addresses of the embedded evidence, a tenth of them where the sample policies warn."""
    found: dict[bool, dict[int, Reader]] = {True: {}, False: {}}
    wanted = {True: count // 10, False: count - count // 10}
    with maxminddb.open_database(EVIDENCE) as database:
        while any(len(found[kind]) < wanted[kind] for kind in found):
            network = chance.randrange(1 << 24) << 8
            record: Any = database.get(str(IPv4Address(network)))
            if record is None:
                continue
            places = [place for place in record["evidence"] if place.get("country")]
            if not places or not ip_network((network, 24)).is_global:
                continue
            best = max(places, key=lambda place: bool(place.get("subdivision")))
            country, subdivision = str(best["country"]), str(best.get("subdivision") or "")
            warned = country in ("RU", "UA")
            if len(found[warned]) < wanted[warned]:
                address = str(IPv4Address(network + chance.randrange(1, 255)))
                found[warned][network] = Reader(address, country, subdivision.partition("-")[2])
    readers = [*found[True].values(), *found[False].values()]
    chance.shuffle(readers)
    return readers


def _geoip(readers: Sequence[Reader], path: Path) -> None:
    """One file in GeoIP2's schema, which nginx's module and the gateway both read."""
    writer = MMDBWriter(ip_version=4, database_type="Benchmark-City", description="made for a benchmark")
    for reader in readers:
        record: dict[str, object] = {"country": {"iso_code": reader.country, "names": {"en": reader.country}}}
        if reader.subdivision:
            record["subdivisions"] = [{"iso_code": reader.subdivision}]
        writer.insert_network(IPSet([reader.address.rpartition(".")[0] + ".0/24"]), record)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer.to_db_file(str(path))


def _sample_paragraphs() -> list[str]:
    """The English sample articles' own prose, since it is as compressible as prose is."""
    found: list[str] = []
    for path in sorted((SAMPLE / "articles" / "en").glob("*.md")):
        body = path.read_text("utf-8").split("---\n", 2)[2]
        found += [block for block in body.split("\n\n") if block.strip()[:1].isalpha() and ":::" not in block]
    return found


def _article(path: Path, slug: str, number: int, characters: int, prose: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    body = ""
    for index in range(10_000):
        if len(body) >= characters:
            break
        body += "## What the river says\n\n" * (index % 5 == 4) + prose[(number * 11 + index) % len(prose)] + "\n\n"
    path.write_text(
        f"---\ntitle: The crossing, part {number}\nsummary: What {slug} carried, and who stood on the landing.\n"
        "published: 2026-05-01T08:00:00Z\nauthors: [Ada Quill]\nsection: world\ntags: [rivers]\nlanguage: en\n---\n"
        f"{body}",
        encoding="utf-8",
    )
