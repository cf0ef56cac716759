"""Where nginx and Varnish do otherwise, and where the gateway does: asked the same, before the same origin.

`python -m tests.rfc9111.test_beside` writes the table into the page.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.rfc9111.beside import SERVERS, compared, servers, versions
from tests.rfc9111.beside_cases import cases
from tests.rfc9111.requirements import BY_ID
from tests.rfc9111.table import PAGE, replaced, where
from tests.web.downstream import NGINX, VARNISH

NEWSROOM_OTHERWISE = {
    "unless public allows it",
    "a request's no-cache is heeded (MAY)",
    "a request's Pragma: no-cache is heeded (MAY)",
    "a stored part answers what lies within it (MAY)",
    "and is completed by what is missing (MAY)",
    "up to 999 (MAY)",
}
"""Choices of the newsroom profile; each is a MAY of the RFC, and each is told on the page."""

Outcome = Mapping[str, Mapping[str, bool]]


def table(outcome: Outcome) -> str:
    """The outcome as it stands on the page."""
    lines = [f"| section | level | what | {' | '.join(SERVERS)} |", f"|---|---|---|{'---|' * len(SERVERS)}"]
    for case in cases():
        marks = " | ".join("yes" if outcome[case.words][name] else "**no**" for name in SERVERS)
        level = "MAY" if case.words.endswith("(MAY)") else BY_ID[case.id].level
        lines.append(f"| {where(case.id)} | {level} | {case.words.removesuffix(' (MAY)')} | {marks} |")
    return "\n".join(["`" + versions() + "`, each as it comes.\n", *lines])


def measured(directory: Path) -> Outcome:
    with servers(directory) as (running, ports):
        return asyncio.run(compared(running, ports, cases()))


@pytest.mark.skipif(not (NGINX and VARNISH), reason="Debian packages nginx and varnish are not installed")
def test_the_page_tells_where_each_cache_does_otherwise_as_it_is_seen_at_its_port(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    outcome = measured(tmp_path)
    assert {words for words, by in outcome.items() if not by["rfc9111"]} == set()
    assert {words for words, by in outcome.items() if not by["newsroom"]} == NEWSROOM_OTHERWISE
    page = PAGE.read_text()
    if versions() in page:
        assert replaced(page, "beside", table(outcome)) == page, "python -m tests.rfc9111.test_beside"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        PAGE.write_text(replaced(PAGE.read_text(), "beside", table(measured(Path(place)))))
