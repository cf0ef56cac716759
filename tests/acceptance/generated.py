"""Policy sets, articles, readers and moments as a seed draws them; written as an operator writes."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any

from tests.acceptance.whereabouts import MIRROR, NAMES, REGIONS

SLUGS = ("one", "eins", "other", "autre")
PROTECTIONS = ("sharing", "saving", "donating", "commenting", "storing", "referrer")
SAID = ("RU", "RU/RU-MOW", "RU/UA-43", "UA/UA-43", "RU/UA-40", "UA", "UA/UA-14", "RU/UA-14", "UA/UA-30", "UA~RU",
        "DE", "FR", "XK", "AL")  # fmt: skip
ADDRESSES = ("37.144.12.34", "141.20.1.34", "198.51.100.7", "93.184.216.9", "5.45.64.3", "10.1.2.3", "2a02:6b8::1")
HEADERS = (
    {"X-Robots-Tag": "noindex"},
    {"X-Robots-Tag": "noarchive", "TDM-Reservation": "1"},
    {"TDM-Reservation": "0"},
)
Written = dict[str, Any]


def some(r: random.Random, words: tuple[str, ...] | list[str], least: int = 1) -> list[str]:
    return r.sample(list(words), r.randint(least, min(3, len(words))))


def policies(r: random.Random, epoch: datetime, unit: timedelta) -> list[Written]:
    """One to five policies, whose windows begin and end within three units of the epoch."""
    return [policy(r, number, epoch, unit) for number in range(r.randint(1, 5))]


def policy(r: random.Random, number: int, epoch: datetime, unit: timedelta) -> Written:
    found: Written = {
        "policy": f"p{r.randint(0, 9)}{number}",
        "title": "A policy",
        "state": r.choice(["active"] * 5 + ["shadow", "off"]),
        "readers": readers(r),
        "articles": "all" if r.random() < 0.4 else selectors(r, nested=True),
    }
    if r.random() < 0.5:
        found["priority"] = r.randint(-1, 1)
    if r.random() < 0.5:
        found["effective"] = [window(r, epoch, unit) for _ in range(r.randint(1, 2))]
    return {**found, "do": [action(r) for _ in range(r.randint(1, 3))]}


def readers(r: random.Random) -> str | Written:
    named = {"in": some(r, NAMES), "not_in": some(r, [*NAMES, "office"])}
    return r.choice(["all", {"in": named["in"]}, {"in": named["in"]}, named, {"not_in": named["not_in"]}])


def selectors(r: random.Random, *, nested: bool) -> Written:
    possible: Written = {
        "slugs": some(r, SLUGS),
        "sections": some(r, ["world", "local"]),
        "tags": some(r, ["courts", "health"]),
        "languages": some(r, ["en", "de"]),
        "published": r.choice([{"from": "2026-01-01T00:00:00Z"}, {"until": "2026-01-01T00:00:00Z"}]),
        "translations": r.choice(["true", "false"]),
    }
    found = {name: value for name, value in possible.items() if r.random() < 0.3}
    if nested and r.random() < 0.3:
        found["except"] = selectors(r, nested=False)
    return found or {"sections": ["world"]}


def window(r: random.Random, epoch: datetime, unit: timedelta) -> Written:
    first, last = sorted(r.sample(range(-3, 4), 2))
    which = r.choice([["from"], ["until"], ["from", "until"]])
    zone = timedelta(minutes=r.choice([0, 120, -690]))
    sign = "-" if zone < timedelta() else "+"
    minutes = abs(zone) // timedelta(minutes=1)
    found: Written = {}
    for name, day in (("from", first), ("until", last)):
        if name in which:
            local = (epoch + day * unit + zone).replace(tzinfo=None)
            found[name] = f"{local.isoformat()}{sign}{minutes // 60:02}:{minutes % 60:02}"
    if r.random() < 0.4:
        found["in"] = some(r, NAMES)
    return found


def action(r: random.Random) -> Written:
    kind, value = r.choice(
        [
            ("notice", "warn"),
            ("notice", "other"),
            ("notice", {"id": "warn", "place": "banner", "show": ["article", "listing"]}),
            ("notice", {"id": "other", "show": ["listing"]}),
            ("protect", "all"),
            ("protect", some(r, PROTECTIONS)),
            ("protect", {"except": some(r, PROTECTIONS)}),
            ("block", {"notice": "gone"}),
            ("block", {"notice": "other", "listing": "mark"}),
            ("redirect", {"to": "/away"}),
            ("redirect", {"to": "/far", "status": "307"}),
            ("withhold", {"parts": ["p3"], "notice": "gone"}),
            ("withhold", {"parts": ["p3", "p4"], "notice": "other"}),
            ("withhold", {"media": ["photo.jpg"], "notice": "gone"}),
            ("substitute", {"part": r.choice(["p3", "p4"]), "with": "texts/t.md"}),
            ("substitute", {"title": "true", "with": "texts/t.md"}),
            ("headers", r.choice(HEADERS)),
        ]
    )
    certainty = {"certainty": r.choice(["anyone", "possible", "inside", "confirmed"])} if r.random() < 0.6 else {}
    return {kind: value, **certainty}


def corrections(r: random.Random, addresses: tuple[str, ...], epoch: datetime, unit: timedelta) -> list[Written]:
    """Now and then a block of addresses set right, for a while."""
    found: dict[str, Written] = {}
    for _ in range(r.choice([0, 0, 1, 2])):
        address = r.choice(addresses)
        network = f"{address}/{128 if ':' in address else 32}"
        until = (epoch + r.randint(-3, 3) * unit).isoformat()
        country, _, subdivision = r.choice(["RU", "UA/UA-43", "DE"]).partition("/")
        found[network] = {"network": network, "country": country, "reason": "their letter", "until": until} | (
            {"subdivision": subdivision} if subdivision else {}
        )
    return list(found.values())


def article(r: random.Random) -> Written:
    return {
        "language": r.choice(["en", "de", "ru"]),
        "section": r.choice(["world", "local"]),
        "tags": some(r, ["courts", "health"], least=0),
        "year": r.choice([2025, 2026]),
        "parts": some(r, ["p3", "p4"], least=0),
        "media": r.choice([[], ["photo.jpg"]]),
    }


def family(r: random.Random) -> list[Written]:
    """An article; with its original, where it translates one."""
    if r.random() < 0.6:
        return [article(r) | {"slug": r.choice(["one", "other"]), "of": None}]
    return [article(r) | {"slug": "eins", "of": "one"}, article(r) | {"slug": "one", "of": None}]


def reader(r: random.Random) -> Written:
    """An address (None: nobody can tell), a host, and what up to four witnesses say."""
    return {
        "address": r.choice([*ADDRESSES, *ADDRESSES[:2] * 4, None]),
        "host": r.choice(["newsroom.example", "newsroom.example", MIRROR, "Mirror.Example.:443"]),
        "says": [r.choice(SAID) for _ in range(r.choice([0, 1, 1, 2, 2, 3, 4]))],
        "hides": r.random() < 0.05,
    }


def notice(id: str) -> str:
    return f"---\ntitle: About {id}\nself_conditional: true\n---\nIf you are there, {id} concerns you.\n"


def directory(written: list[Written], corrected: list[Written]) -> dict[str, str]:
    """The policy directory by path: JSON is YAML too; whoever wants it prettier dumps it anew."""
    texts = {one["policy"] + ".yaml": json.dumps(one) for one in written}
    if corrected:
        texts["corrections.yaml"] = json.dumps({"corrections": corrected})
    texts |= {f"notices/{name}/en.md": notice(name) for name in ("warn", "other", "gone")}
    return texts | {"regions.yaml": REGIONS, "texts/t.md": "Other words."}
