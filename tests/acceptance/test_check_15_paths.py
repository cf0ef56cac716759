"""Every spelling of a path is one resource under one key, or a clean refusal; nothing outside is ever opened."""

from __future__ import annotations

import pytest

from tests.acceptance import suites
from tests.acceptance.recorder import Recording
from tests.web.test_paths import SAME, SPELLINGS

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(900)]


def test_no_spelling_passes_a_policy_or_reads_a_file(check: Recording) -> None:
    done = suites.run("tests/web/test_paths.py", "tests/content/test_files.py")
    check(15).figure(
        f"{len(SPELLINGS)} spellings refused, {len(SAME)} are the one page under its one tag; 0 files opened by any "
        f"(audit hook), 0 bytes kept; {done.passed} tests passed, {done.failed} failed"
    )
    assert done.failed == done.skipped == 0, done.said[-5000:]
