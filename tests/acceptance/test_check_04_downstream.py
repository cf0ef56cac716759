"""Real nginx proxy_cache and real Varnish in front never mix regions."""

from __future__ import annotations

from math import perm

import pytest

from tests.acceptance import suites
from tests.acceptance.recorder import Recording
from tests.web.test_downstream import CACHES, REGIONS, TARGETS

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(900)]


def test_no_downstream_cache_mixes_regions(check: Recording) -> None:
    row = check(4)
    files = ("web/test_downstream.py", "web/test_regions.py", "web/test_every_answer.py", "origin/test_downstream.py")
    done = suites.run(*(f"tests/{file}" for file in files))
    orders = len(TARGETS) * perm(len(REGIONS), 2)
    # By two codings three answers each; after HEAD, Range and If-None-Match one each; on the other's tag one.
    answers = orders * (2 * 3 + 3 + 1) * len(CACHES)
    row.figure(
        f"{answers:,} answers through {' and '.join(CACHES)} ({len(TARGETS)} targets, {len(REGIONS)} regions, every order "
        f"of two) equal to the gateway's own for that region; {done.passed} tests passed, {done.failed} failed"
    )
    assert done.failed == 0, done.said[-5000:]
    assert "apt-get" not in done.said, "a cache is not installed"
