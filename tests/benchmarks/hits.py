"""How often memory has the page where every article is read, the n-th 1/n as often as the first, and memory is bounded."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.benchmarks import load, scenarios
from tests.benchmarks.material import Material
from tests.running import Running

SECONDS = 20
_COUNTED = re.compile(r'^gateway_cache_requests_total\{level="memory",status="(hit|miss)"\} (\d+)', re.MULTILINE)


def share_of_hits(one: Running, slugs: Sequence[str], material: Material, home: Path, core: int) -> float:
    """Of the answers of SECONDS, when it has been read for as long before: memory has what it is going to have."""
    popular = random.Random(1).sample(slugs, len(slugs))
    requests = scenarios.write_requests(scenarios.WARM, replace(material, slugs=popular), home / "all", lambda *_: "")
    before = found = _counts(one)
    for _ in range(2):
        before = found
        load.run(one.port, requests, seconds=SECONDS, connections=32, core=core)
        found = _counts(one)
    hits, misses = (found[kind] - before[kind] for kind in ("hit", "miss"))
    return hits / max(1, hits + misses)


def _counts(one: Running) -> dict[str, int]:
    return {"hit": 0, "miss": 0} | {kind: int(count) for kind, count in _COUNTED.findall(one.admin("/metrics").text)}
