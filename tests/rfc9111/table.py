"""The requirements and the tests that keep them, as a table. `python -m tests.rfc9111.table` writes it into the page."""

from __future__ import annotations

import importlib
from collections import defaultdict
from pathlib import Path

from tests.rfc9111.requirements import REQUIREMENTS

PAGE = Path(__file__).parents[2] / "deploy" / "http-cache.md"
_NAMES = {
    "9111": "RFC 9111",
    "5861": "RFC 5861",
    "8246": "RFC 8246",
    "9213": "RFC 9213",
    "9211": "RFC 9211",
    "9875": "RFC 9875",
}


def kept() -> dict[str, list[str]]:
    """By row, the tests that keep it, as `file::name`."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        if file.stem in ("test_table", "test_beside"):
            continue
        module = importlib.import_module(f"tests.rfc9111.{file.stem}")
        for name, test in vars(module).items():
            for row in getattr(test, "keeps", ()):
                found[row].append(f"{file.stem}::{name}")
    return found


def where(row: str) -> str:
    """RFC and section of a row."""
    rfc, section = row.split(":")
    return f"{_NAMES[rfc]}, {section.rstrip('abcdefgh')}"


def rendered() -> str:
    """The table, a row a requirement."""
    tests = kept()
    lines = ["| section | level | what | test |", "|---|---|---|---|"]
    for row in REQUIREMENTS:
        listed = "<br>".join(
            f"`{name.removeprefix('test_').replace('::test_', ': ').replace('_', ' ')}`" for name in tests[row.id]
        )
        lines.append(f"| {where(row.id)} | {row.level} | {row.words} | {listed} |")
    return "\n".join(lines)


def replaced(page: str, name: str, text: str) -> str:
    """The page with this text between the two marks of that name."""
    begin, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{text}{end}{after}"


if __name__ == "__main__":
    PAGE.write_text(replaced(PAGE.read_text(), "requirements", rendered()))
