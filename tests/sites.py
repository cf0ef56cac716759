"""Small worlds for tests: a content directory and policy sets, written to disk as an operator would."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

ARTICLES = (
    ("en", "harbour-opens", "The harbour opens", ""),
    ("de", "der-hafen-oeffnet", "Der Hafen öffnet", "translation_of: harbour-opens\n"),
    ("en", "market-day", "Market day", ""),
)


def write_content(root: Path) -> Path:
    """Three articles, two of them one family; each has a part `p2`."""
    for language, slug, title, extra in ARTICLES:
        write_article(root, slug, title=title, language=language, extra=extra)
    return root


def write_article(
    root: Path,
    slug: str,
    *,
    title: str = "A title",
    language: str = "en",
    extra: str = "",
    published: str = "2026-05-01T08:00:00Z",
    body: str = "",
) -> Path:
    """One article."""
    file = root / "articles" / language / f"{slug}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    text = (
        body or f"The first paragraph of {slug}.\n\n::: part id=p2\nA passage of {slug} to withhold.\n:::\n\nThe last."
    )
    file.write_text(
        f"---\ntitle: {title}\nsummary: A short summary of {slug}.\npublished: {published}\n"
        f"authors: [Ada Quill]\nsection: world\ntags: [harbour]\nlanguage: {language}\n{extra}---\n{text}\n",
        encoding="utf-8",
    )
    return file


def policy(
    name: str,
    *actions: str,
    readers: str = "all",
    articles: str = "all",
    effective: str = "",
    state: str = "active",
    kind: str = "editorial",
) -> str:
    """A policy's YAML."""
    done = "".join(f"  - {action}\n" for action in actions)
    return (
        f"policy: {name}\ntitle: Policy {name}\nstate: {state}\n"
        f"basis: [{{kind: {kind}, authority: The desk, act: House rule 1, since: 2026-01-01}}]\n"
        f"owner: desk@newsroom.example\nreview_by: 2031-01-01\nreaders: {readers}\narticles: {articles}\n"
        f"{effective}do:\n{done}"
    )


def write_policies(
    root: Path,
    policies: Sequence[str],
    *,
    notices: Sequence[str] = (),
    regions: str = "",
    languages: Sequence[str] = ("en",),
) -> Path:
    """A policy directory; replaces the policies that were there."""
    root.mkdir(parents=True, exist_ok=True)
    kept = set()
    for text in policies:
        name = text.partition("\n")[0].removeprefix("policy: ")
        kept.add(f"{name}.yaml")
        (root / f"{name}.yaml").write_text(text, encoding="utf-8")
    if regions:
        kept.add("regions.yaml")
        (root / "regions.yaml").write_text(textwrap.dedent(regions), encoding="utf-8")
    for old in root.glob("*.yaml"):
        if old.name not in kept:
            old.unlink()
    for notice in notices:
        for language in languages:
            file = root / "notices" / notice / f"{language}.md"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(
                f"---\ntitle: About {notice}\nself_conditional: true\n---\nIf you are there, {notice} concerns you.\n",
                encoding="utf-8",
            )
    return root
