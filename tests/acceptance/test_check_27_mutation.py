"""Of the faults that can be put into the decision core, nine in ten are noticed by a test."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.acceptance.recorder import Recording
from tests.running import REPOSITORY

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(4 * 3600)]


def test_nine_in_ten_mutants_of_the_decision_core_are_noticed(check: Recording) -> None:
    row = check(27)
    command = [sys.executable, "-m", "tests.mutation", "--at-least", "90"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    scores = re.findall(r"^\w.*: .*%.*$", done.stdout, re.MULTILINE)
    row.figure("; ".join(scores))
    assert done.returncode == 0, done.stdout[-3000:]
