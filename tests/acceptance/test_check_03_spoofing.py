"""Twelve headers in all their spellings, through real proxies and without, trusted and not."""

from __future__ import annotations

import pytest

from tests.acceptance import suites
from tests.acceptance.recorder import Recording
from tests.addresses.fronts import FRONTS
from tests.addresses.test_spoofing import ADDRESS_HEADERS, CASES

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(900)]

WAYS = 2 * len(FRONTS) + 2
"""Through each proxy trusted and not; past them to a gateway that trusts proxies and to one that does not."""


def test_no_spelling_of_any_header_changes_a_place(check: Recording) -> None:
    row = check(3)
    done = suites.run("tests/addresses/test_spoofing.py", "tests/addresses/test_haproxy.py")
    tried = len(CASES) * (WAYS - done.skipped)
    row.figure(
        f"{tried:,} cases ({len(ADDRESS_HEADERS) + 1} headers, {len(FRONTS) - done.skipped // 2} proxies), "
        f"{done.failed} tests in which one succeeded"
    )
    assert done.failed == 0, done.said[-5000:]
    assert done.skipped == 0, "a proxy is not installed"
    assert tried >= 1400
