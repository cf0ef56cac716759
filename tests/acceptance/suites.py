"""Tests of the default suite, run again as part of a check, or under other settings."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass

from tests.running import OTHER_SETTINGS, REPOSITORY


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many tests ended how, and all that was said."""

    passed: int
    failed: int
    skipped: int
    said: str


def run(*arguments: str, settings: str = "", **environment: str) -> Outcome:
    """Run these tests (`tests/web/test_paths.py`, `-k …`), every gateway of theirs with these settings."""
    command = [sys.executable, "-m", "pytest", *arguments, "-q", "-m", "not acceptance", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**os.environ, OTHER_SETTINGS: settings, **environment},
        check=False,
        capture_output=True,
        text=True,
    )
    counts = dict.fromkeys(("passed", "failed", "skipped", "error"), 0)
    for number, word in re.findall(r"(\d+) (passed|failed|skipped|error)s?\b", done.stdout.strip().rpartition("\n")[2]):
        counts[word] = int(number)
    failed = counts["failed"] + counts["error"] + (done.returncode not in (0, 1))
    return Outcome(counts["passed"], failed, counts["skipped"], done.stdout + done.stderr)
