"""Turning any level of cache off changes speed and nothing else: all promises are kept with each of them off."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.running import OTHER_SETTINGS, REPOSITORY

OFF = {
    "all on": "",
    "memory off": "memory_cache_bytes=0",
    "redis off": "redis_url=redis://127.0.0.1:1/0",
    "express off": "express=off",
    "all off": "memory_cache_bytes=0 redis_url=redis://127.0.0.1:1/0 express=off",
}


@pytest.mark.acceptance
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("what", OFF)
def test_every_promise_is_kept_with(what: str) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "tests/end_to_end",
        "-q",
        "-m",
        "not acceptance",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**os.environ, OTHER_SETTINGS: OFF[what]},
        check=False,
        capture_output=True,
        text=True,
    )
    sys.stdout.write(f"{what}: {done.stdout.strip().rpartition(chr(10))[2]}\n")
    assert done.returncode == 0, done.stdout[-5000:]
