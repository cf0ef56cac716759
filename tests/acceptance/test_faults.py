"""No fault of the matrix and no threat is without a test, and no test of them has gone."""

from __future__ import annotations

import re

import pytest

from tests.acceptance.faults import FAULTS
from tests.acceptance.threats import THREATS
from tests.running import REPOSITORY


def test_the_matrix_is_whole() -> None:
    lengths = {"R": 18, "O": 14, "G": 8, "P": 9, "S": 11}
    assert list(FAULTS) == [f"{part}{number}" for part, length in lengths.items() for number in range(1, length + 1)]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_the_tests_that_its_row_names(name: str) -> None:
    assert FAULTS[name].tests
    assert missing(FAULTS[name].tests) == []


def test_every_threat_is_met() -> None:
    assert list(THREATS) == list(range(1, 51))


@pytest.mark.parametrize("number", THREATS)
def test_a_threat_has_the_tests_that_its_row_names(number: int) -> None:
    assert THREATS[number].tests
    assert missing(THREATS[number].tests) == []


def missing(tests: tuple[str, ...]) -> list[str]:
    """Those of these tests (`file::test`) that there are not."""
    return [
        named
        for named in tests
        for file, _, test in [named.partition("::")]
        if not re.search(rf"^(async )?def {test}\b", (REPOSITORY / "tests" / file).read_text("utf-8"), re.MULTILINE)
    ]
