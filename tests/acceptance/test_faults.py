"""No fault of the matrix is without a test, and no test of it has gone."""

from __future__ import annotations

import re

import pytest

from tests.acceptance.faults import FAULTS
from tests.running import REPOSITORY


def test_the_matrix_is_whole() -> None:
    lengths = {"R": 18, "G": 8, "P": 9, "S": 11}
    assert list(FAULTS) == [f"{part}{number}" for part, length in lengths.items() for number in range(1, length + 1)]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_the_tests_that_its_row_names(name: str) -> None:
    assert FAULTS[name].tests
    for named in FAULTS[name].tests:
        file, _, test = named.partition("::")
        assert re.search(rf"^(async )?def {test}\b", (REPOSITORY / "tests" / file).read_text("utf-8"), re.MULTILINE), (
            named
        )
