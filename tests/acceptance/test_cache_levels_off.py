"""Turning any level of cache off changes speed and nothing else: all promises are kept with each of them off."""

from __future__ import annotations

import sys

import pytest

from tests.acceptance import suites

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
    done = suites.run("tests/end_to_end", settings=OFF[what])
    sys.stdout.write(f"{what}: {done.passed} passed, {done.skipped} skipped, {done.failed} failed\n")
    assert done.failed == 0, done.said[-5000:]
