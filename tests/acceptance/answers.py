"""What must be seen at each door of a site under an oracle's outcomes, and what is seen: both as plain dictionaries."""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

from tests.running import Answer

ATOM = "{http://www.w3.org/2005/Atom}"
NOTICES = ("warn", "other", "gone")
Seen = dict[str, Any]


def expected(door: str, slug: str, outcomes: dict[str, Seen], articles: dict[str, Seen], now: datetime) -> Seen:
    """`outcomes`: the oracle's for every article at this door."""
    if door in ("html", "json"):
        root = articles[slug]["of"] or slug
        family = [outcome for name, outcome in outcomes.items() if root in (name, articles[name]["of"])]
        own = outcomes[slug]
        seen = {"status": own["status"], "cache": _cache(family, own["protect"], own["status"], now)}
        return seen | _article(door, articles[slug], own)
    everyone = list(outcomes.values())
    seen = {
        "status": 200,
        "cache": _cache(everyone, set().union(*(one["protect"] for one in everyone)), 200, now),
        "notices": sorted({name for one in everyone for name in one["notices"]}),
    }
    shown = {name: one for name, one in outcomes.items() if not one["block"] or one["block"][2] == "mark"}
    if door == "feed":
        return seen | {"entries": {name: _entry(articles[name], one) for name, one in shown.items()}}
    return seen | _stories(articles, shown)


def _cache(those: list[Seen], protect: set[str], status: int, now: datetime) -> str | int:
    """A line, or the seconds for which anybody may keep the page."""
    if "storing" in protect:
        return "private, no-cache, no-store"
    if any(one["place"] for one in those):
        return "private, no-cache"
    ends = [(one["until"] - now).total_seconds() for one in those if one["until"]]
    return max(0, int(min([60 if status < 400 else 10, *ends])))


def _article(door: str, art: Seen, own: Seen) -> Seen:
    if own["to"]:
        return {"to": own["to"]}
    gone = own["block"]
    seen: Seen = {
        "notices": sorted({*own["notices"], *([gone[1]] if gone else [])}),
        "headers": own["headers"],
        "title": not gone and "title" not in own["subs"],
        "passages": [p for p in sorted(art["parts"]) if not gone and p not in own["parts"] and f"part:{p}" not in own["subs"]],
        "picture": bool(art["media"]) and not gone and not own["media"],
        "withheld": sorted([f"part:{part}" for part in own["parts"]] + ["media" for _ in own["media"]]),
    }  # fmt: skip
    if door == "html":
        return seen | {"social": sorted(own["social"]) if not gone else []}
    names = [f"notice:{name}" for name in own["notices"]] + [f"protect:{what}" for what in own["protect"]]
    names += [f"block:{gone[1]}"] if gone else []
    names += [f"withhold:{part}" for part in own["parts"]] + ["withhold:media" for _ in own["media"]]
    names += [f"substitute:{target}" for target in own["subs"]] + [f"header:{name}" for name in own["headers"]]
    return seen | {"treatments": sorted(names)}


def _entry(art: Seen, own: Seen) -> Seen:
    gone = own["block"]
    return {
        "notices": sorted({*own["notices"], *([gone[1]] if gone else [])}),
        "title": not gone and "title" not in own["subs"],
        "picture": bool(art["media"]) and not gone and not own["media"],
    }


def _stories(articles: dict[str, Seen], shown: dict[str, Seen]) -> Seen:
    """Each family once: the member in the page's language, else the original; only a mark where that is refused."""
    links: set[str] = set()
    titles: set[str] = set()
    for root in {articles[name]["of"] or name for name in shown}:
        members = [name for name in shown if root in (name, articles[name]["of"])]
        first = min(members, key=lambda name: (articles[name]["language"] != "en", articles[name]["of"] is not None))
        links.add(first)
        if not shown[first]["block"]:
            links |= {name for name in members if not shown[name]["block"]}
            titles |= {first} if "title" not in shown[first]["subs"] else set()
    return {"links": sorted(links), "titles": sorted(titles)}


def seen(door: str, slug: str, art: Seen, answer: Answer) -> Seen:
    """The same of an answer."""
    control = answer.headers["cache-control"]
    kept = re.fullmatch(r"public, max-age=(\d+), must-revalidate", control)
    found: Seen = {"status": answer.status, "cache": int(kept[1]) if kept else control}
    if door == "feed":
        return found | _feed(answer.text)
    if door == "listing":
        links = set(re.findall(r'href="[^"]*/articles/([a-z]+)"', answer.text))
        titles = set(re.findall(r"Title of ([a-z]+)", answer.text))
        return found | {"notices": _ids(answer.text), "links": sorted(links), "titles": sorted(titles)}
    if answer.status in (302, 307):
        assert not answer.body
        return found | {"to": answer.headers["location"]}
    text = answer.text
    found |= {
        "headers": {name: answer.headers[name.lower()] for name in ("X-Robots-Tag", "TDM-Reservation") if name.lower() in answer.headers},
        "title": f"Title of {slug}" in text,
        "passages": [part for part in sorted(art["parts"]) if f"Passage {part} of {slug}" in text],
        "picture": "photo.jpg" in text,
    }  # fmt: skip
    if door == "html":
        described = re.search(r'property="og:description" content="([^"]*)"', text)
        told = described[1] if described else ""
        found["social"] = sorted(name for name in NOTICES if f"{name} concerns you" in told)
        return found | {"notices": _ids(text), "withheld": sorted(re.findall(r'data-withheld="([^"]+)"', text))}
    value: Seen = answer.json()
    return found | {
        "notices": sorted(one["id"] for one in value["notices"]),
        "withheld": sorted(one["what"] for one in value.get("withheld", [])),
        "treatments": sorted(value["treatments"]),
    }


def _ids(text: str) -> list[str]:
    return sorted(re.findall(r'<aside class="notice" role="note" data-notice="([^"]+)"', text))


def _feed(text: str) -> Seen:
    feed = ET.fromstring(text)
    entries = {}
    for entry in feed.iter(f"{ATOM}entry"):
        said = {element.tag.removeprefix(ATOM): "".join(element.itertext()) for element in entry}
        whole = html.unescape(ET.tostring(entry, encoding="unicode"))
        slug = re.search(r"/articles/([a-z]+)", whole)
        assert slug
        entries[slug[1]] = {
            "notices": sorted(set(re.findall(r'data-notice="([^"]+)"', said["content"]))),
            "title": f"Title of {slug[1]}" in whole,
            "picture": "photo.jpg" in said["content"],
        }
    subtitle = feed.find(f"{ATOM}subtitle")
    return {"notices": _ids("" if subtitle is None else "".join(subtitle.itertext())), "entries": entries}
