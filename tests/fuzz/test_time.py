"""Nobody takes the loop's time with eight kilobytes: whatever repeats in a field, reading it takes time by its length."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.fuzz.of_a_reader import address, condition, forwarded, host, log, negotiation, path, token
from tests.fuzz.of_an_origin import fields, request_head

pytestmark = pytest.mark.alone

BYTES = 8000
CPU_SECONDS = 0.2
"""A reader that takes time by the square of the length takes twice this; others a tenth, their second readers included."""
UNITS = (
    ",", '"', "\\", " ", "\t", "a,", '"a",', '\\"', "=;", "for=", 'for="', ";", "(", "a=", 'a="', "%41", "%", "/", "../", ".", ":",
    "::", "1.", "1.1.1.1,", "[", "-", "0", "q=", ";q=0.", "W/", "a-", "aA0-", "a b", "http://", "@", "1-,", "a;", "1:", "a\n",
)  # fmt: skip
AROUND = (("", ""), ("", "x"), ('"a",', "x"), ("", '"'), ("a=", "\n"))


@pytest.mark.parametrize(
    "target", [address, condition, fields, forwarded, host, log, negotiation, path, request_head, token]
)
def test_no_field_takes_more_than_its_length(target: Callable[[bytes], object]) -> None:
    slow = []
    for unit in UNITS:
        for before, after in AROUND:
            data = (before + unit * (BYTES // len(unit)) + after).encode()
            took = min(spent(target, data) for _ in range(2)) if spent(target, data) > CPU_SECONDS else 0.0
            if took > CPU_SECONDS:
                slow.append((unit, before, after, round(took, 2)))
    assert slow == []


def spent(target: Callable[[bytes], object], data: bytes) -> float:
    """Seconds of the processor; what is slow is timed again, since the collector of garbage may have come between."""
    began = time.process_time()
    target(data)
    return time.process_time() - began
