"""Everything goes wrong, one thing after the other and several at once, for half an hour, and no reader sees it.

`CHAOS_SECONDS` and `CHAOS_SEED` choose otherwise. CI has the first minute (`tests/chaos/test_soak.py`).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.acceptance.recorder import Recording
from tests.chaos.soak import soak
from tests.chaos.world import world

WHOLE_SECONDS = 1800.0
SECONDS = float(os.environ.get("CHAOS_SECONDS", WHOLE_SECONDS))
SEED = int(os.environ.get("CHAOS_SEED", "26"))

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(SECONDS + 300)]


async def test_check_26_no_fault_is_seen_by_a_reader(tmp_path: Path, check: Recording) -> None:
    row = check(26, f"{SECONDS:.0f} s, seed {SEED}")
    row.of(SECONDS, WHOLE_SECONDS)
    with world(tmp_path, SEED) as there:
        result = await soak(there, SEED, SECONDS, every=2 if SECONDS < 300 else 10)
    print(result.table())  # noqa: T201
    row.figure(
        f"{sum(result.faults.values())} faults of {len(result.faults)} kinds in {result.seconds:.0f} s, {result.sent:,} requests: "
        f"{result.mismatches} against the oracle, {result.refused} other statuses, {result.lost} lost but for {result.explained} "
        f"with {result.kills} killed workers; available to {result.availability:.4%}"
    )
    assert result.failures() == []
