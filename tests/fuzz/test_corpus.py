"""Whatever fuzzing has begun with or found keeps its promises, each time the tests run; and so does what is cut off it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
MANGLED = 12
"""Damaged copies of each file: what a fuzzer would try first."""


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_of_each_reader_keeps_its_promises(name: str) -> None:
    files = sorted((CORPUS / name).iterdir())
    assert len(files) >= 3
    chance = random.Random(name)
    for file in files:
        raw = file.read_bytes()
        TARGETS[name](raw)
        for _ in range(MANGLED):
            changed = bytearray(raw)
            at = chance.randrange(len(raw) + 1)
            changed[at : at + chance.randrange(4)] = chance.choice(
                [b"", b"\x00", b"\xff", b'"', b"<", b"\n", b":", b"%"]
            )
            TARGETS[name](bytes(changed))
