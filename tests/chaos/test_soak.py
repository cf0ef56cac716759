"""The first minute of check 26, in CI: a fault every two seconds, and no reader sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.soak import soak
from tests.chaos.world import world

pytestmark = [pytest.mark.alone, pytest.mark.timeout(300)]
SEED = 26


async def test_whatever_goes_wrong_each_reader_gets_the_right_page(tmp_path: Path) -> None:
    with world(tmp_path, SEED) as there:
        result = await soak(there, SEED, 40, every=2)
    print(result.table())  # noqa: T201
    assert result.failures() == []
    assert result.faults.total() >= 10
