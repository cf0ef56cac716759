"""Write a small content directory."""

from __future__ import annotations

from pathlib import Path

FRONT = """---
title: The lock-keeper's ledger
kicker: Canals
dateline: OSTERBY
summary: A hundred years of boats in one hand.
published: 2026-03-01T06:00:00+01:00
authors: [Mina Olsen]
section: culture
tags: [boats, ledgers]
image: {src: ledger.svg, caption: The ledger., credit: Own drawing, alt: A ledger}
---
"""
BODY = """The first line is in pencil.

## The second hand

“I could not read it,” she says.

::: part id=p1
The name of the debtor was *Halvard Ness*.
:::

The last line is in ink.
"""
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><path d="M0 0h4v3z"/></svg>'


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    """Put files under a root; returns it."""
    (root / "articles").mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def newspaper(root: Path) -> Path:
    """One article with a part and a picture, its translation, and one that is yet to appear."""
    return write(
        root,
        {
            "articles/en/the-ledger.md": FRONT + BODY,
            "articles/de/das-hauptbuch.md": FRONT.replace("The lock-keeper's ledger", "Das Hauptbuch").replace(
                "section:", "translation_of: the-ledger\nsection:"
            )
            + BODY,
            "articles/en/tomorrow.md": FRONT.replace("2026-03-01", "2031-03-01"),
            "media/ledger.svg": SVG,
            "media/ledger.svg.yaml": "credit: Own drawing\nlicence: CC0-1.0\nrights: [worldwide]\n",
        },
    )
