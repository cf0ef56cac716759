"""A small world for the tests of policies: files as an operator writes them, an article, a reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from gateway.content.article import Facts
from gateway.geo.location import Location
from gateway.geo.region import Standing
from gateway.policy.model import PolicySet
from gateway.policy.parse import parse

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

REGIONS = """
regions:
  held: {wholly: [UA-43, UA-40], partly: [UA-09, UA-14, UA-23, UA-65], as_of: 2026-11-01, source: A map}
  office: {networks: [198.51.100.0/24]}
  mirrors: {hosts: [mirror.example]}
"""


def notice(
    title: str = "If you are there", *, conditional: bool = True, text: str = "If you are there, beware."
) -> bytes:
    flag = "self_conditional: true\n" if conditional else ""
    return f"---\ntitle: {title}\n{flag}---\n{text}\n".encode()


def files(*policies: str, **more: str | bytes) -> dict[str, bytes]:
    """A directory: regions, two notices in English and one policy a text. `more`: other files by path."""
    found = {
        "regions.yaml": REGIONS.encode(),
        "notices/warn/en.md": notice(),
        "notices/warn/ru.md": notice("Если вы там"),
        "notices/gone/en.md": notice("Not here", conditional=False, text="A court forbids it."),
    }
    for number, policy in enumerate(policies):
        found[f"p{number}.yaml"] = policy.encode()
    return found | {path: text.encode() if isinstance(text, str) else text for path, text in more.items()}


def policy(do: str, *, name: str = "p", readers: str = "{in: [RU]}", articles: str = "all", more: str = "") -> str:
    """A policy whose `do` is one line a item, as `notice: warn`."""
    items = "\n".join(f"  - {item}" for item in do.strip().splitlines())
    return f"policy: {name}\ntitle: A policy\nreaders: {readers}\narticles: {articles}\n{more}\ndo:\n{items}\n"


def policies(*texts: str, **more: str | bytes) -> PolicySet:
    """The set that these policies make. Raises PolicyError if there is anything wrong with them."""
    return parse(files(*texts, **more)).required()


def article(slug: str = "a", **more: object) -> Facts:
    """An article in English, in section `world`, with a part `p3` and a picture."""
    facts: dict[str, object] = {
        "slug": slug,
        "version": "1",
        "language": "en",
        "section": "world",
        "tags": frozenset({"courts"}),
        "published": datetime(2026, 1, 1, tzinfo=UTC),
        "parts": frozenset({"p3"}),
        "media": ("photo.jpg",),
    }
    return Facts(**(facts | more))  # type: ignore[arg-type]


def reader(standings: Mapping[str, Standing] | None = None, **more: object) -> Location:
    """A known reader with these standings, outside everything else."""
    return Location(standings=dict(standings or {}), **more)  # type: ignore[arg-type]


OUTSIDE, POSSIBLE, INSIDE, CONFIRMED = Standing
