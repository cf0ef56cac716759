"""One name for a thing, wherever it is told."""

from __future__ import annotations

import re

from gateway.events import NoEvents
from gateway.geo.evidence import load_witnesses
from gateway.geo.sources import ATTRIBUTION
from tests.running import REPOSITORY


def test_the_readme_calls_the_sources_as_commands_do_in_the_same_order() -> None:
    (info,) = load_witnesses((), NoEvents()).infos
    named = [source.name for source in info.sources]
    readme = (REPOSITORY / "README.md").read_text()
    about = readme.partition("## Where the evidence comes from")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \|", about, re.MULTILINE)
    assert rows == named * 2, "whose data, and what each adds"
    links = re.findall(r"\]\((https://[a-z.-]+)\)", "\n".join(re.findall(r"^\| `.*", about, re.MULTILINE)))
    assert [link for link in links if "creativecommons" not in link and "opendata" not in link] == [
        address for _, address in ATTRIBUTION
    ], "as pages do"
