"""A generated world as files: articles, a policy directory, two GeoIP databases; and how its readers come."""

from __future__ import annotations

import json
import random
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import yaml

from tests.acceptance import generated
from tests.acceptance.whereabouts import MIRROR
from tests.geo.worlds import flat, geoip2, write_mmdb

World = dict[str, Any]
HOST = "newsroom.example"
CITY: list[tuple[dict[str, object], str]] = [
    (geoip2("RU"), "RU"),
    (geoip2("RU", "MOW"), "RU/RU-MOW"),
    (geoip2("UA", "43"), "UA/UA-43"),
    (geoip2("UA", "40"), "UA/UA-40"),
    (geoip2("UA", "14"), "UA/UA-14"),
    (geoip2("UA", "30"), "UA/UA-30"),
    (geoip2("UA"), "UA"),
    (geoip2("UA", registered="RU"), "UA~RU"),
    (geoip2("DE"), "DE"),
    (geoip2("FR"), "FR"),
    (geoip2("XK"), "XK"),
    (geoip2("RU", traits={"is_satellite_provider": True}), "hides"),
]
FLAT: list[tuple[dict[str, object], str]] = [
    (flat("RU"), "RU"),
    (flat("RU", "Moscow"), "RU/RU-MOW"),
    (flat("RU", "Crimea"), "RU/UA-43"),
    (flat("RU", "Sevastopol"), "RU/UA-40"),
    (flat("UA", "Donetsk"), "UA/UA-14"),
    (flat("UA", "Kyiv City"), "UA/UA-30"),
    (flat("UA"), "UA"),
    (flat("DE"), "DE"),
    (flat("FR"), "FR"),
    (flat("AL"), "AL"),
    (flat("A1"), "hides"),
]
"""Records of the two schemas, and what each says."""


def write_evidence(r: random.Random, root: Path, size: int = 240) -> dict[str, list[str]]:
    """Two databases over addresses; what the sources say of each address, in their order. Some say nothing."""
    root.mkdir(parents=True, exist_ok=True)
    says: dict[str, list[str]] = {address: [] for address in (*generated.ADDRESSES, "93.184.216.200", "2a13:61c0::9")}
    while len(says) < size:
        number = r.getrandbits(24) << 8 | 34
        address = str(IPv4Address(number) if r.random() < 0.8 else IPv6Address(0x2A02 << 112 | number << 64 | 1))
        if address.partition(".")[0] not in ("0", "10", "127", "100") and _is_plain(address):
            says[address] = []
    for name, records in (("city-of-a.mmdb", CITY), ("country-of-b.mmdb", FLAT)):
        written: dict[str, object] = {}
        for address, heard in says.items():
            if r.random() < 0.85:
                record, meaning = r.choice(records)
                written[f"{address}/{128 if ':' in address else 32}"] = record
                heard.append(meaning)
        write_mmdb(root / name, written, kind="Made-City" if records is CITY else "Made-Flat")
    return says


def _is_plain(address: str) -> bool:
    """Whether it is nobody's special range."""
    one = IPv6Address(address) if ":" in address else IPv4Address(address)
    return one.is_global and not one.is_multicast


def articles(r: random.Random) -> dict[str, World]:
    """Four articles; two of them may be translations of the other two."""
    found: dict[str, World] = {}
    for slug, of in (("one", None), ("eins", "one"), ("other", None), ("autre", "other")):
        found[slug] = generated.article(r) | {"slug": slug, "of": of if r.random() < 0.8 else None}
    for art in found.values():
        while art["of"] and art["language"] == found[art["of"]]["language"]:
            art["language"] = r.choice(["en", "de", "ru"])
    return found


def write_articles(root: Path, written: dict[str, World]) -> None:
    """Titles, parts and pictures are told apart by their words."""
    for old in root.rglob("*.md"):
        old.unlink()
    for art in written.values():
        file = root / "articles" / art["language"] / f"{art['slug']}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        head = {
            "title": f"Title of {art['slug']}",
            "published": f"{art['year']}-05-01T00:00:00Z",
            "section": art["section"],
            "tags": art["tags"],
            "language": art["language"],
            **({"translation_of": art["of"]} if art["of"] else {}),
            **({"image": {"src": art["media"][0], "alt": "A photo"}} if art["media"] else {}),
        }
        parts = "\n\n".join(f"::: part id={part}\nPassage {part} of {art['slug']}.\n:::" for part in art["parts"])
        kept = {name: value for name, value in head.items() if value != []}
        file.write_text(f"---\n{json.dumps(kept)}\n---\nIt begins.\n\n{parts}\n\nIt ends.\n", encoding="utf-8")
    (root / "media").mkdir(exist_ok=True)
    (root / "media" / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")


def write_policies(root: Path, written: list[World], corrected: list[World]) -> None:
    """In YAML's own style, in the place of whatever was there."""
    for old in root.glob("*.yaml"):
        old.unlink()
    for path, text in generated.directory(written, corrected).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        blocks = path.endswith(".yaml") and text.startswith("{")
        file.write_text(yaml.safe_dump(json.loads(text), sort_keys=False) if blocks else text, encoding="utf-8")


def reader(r: random.Random, says: dict[str, list[str]]) -> World:
    """One who comes through a proxy that the gateway trusts; now and then nobody can tell from where."""
    address = r.choice([*generated.ADDRESSES, *r.sample(sorted(says), 12)])
    plain = [address, f"203.0.113.9, {address}", f"unknown,, 8.8.8.8,\t{address}", f"{address}, 127.0.0.1"]
    with_port = f"[{address}]:4711" if ":" in address else f"{address}:4711"
    mapped = address if ":" in address else f"::ffff:{address}"
    named: str | None = r.choice([*plain, with_port, mapped])
    if r.random() < 0.06:
        address, named = None, r.choice(["unknown", "a.b.c.d", f"{address}, 300.1.1.1", "", None])
    heard = says.get(address, []) if address else []
    return {
        "address": address,
        "named": named,
        "host": r.choice([HOST, HOST, HOST, MIRROR]),
        "says": [one for one in heard if one != "hides"],
        "hides": "hides" in heard,
    }
