"""What is fuzzed: every reader of bytes that somebody else wrote, each with what must hold of whatever it makes of them.

A target takes any bytes and raises where a promise is broken. Where there is a second reader of the same grammar
(the system's, aiohttp's, one written another way), both must agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.fuzz import of_a_page, of_a_reader, of_an_origin, of_the_newsroom

TARGETS: Mapping[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in sorted(
        (*of_a_reader.TARGETS, *of_the_newsroom.TARGETS, *of_an_origin.TARGETS, *of_a_page.TARGETS),
        key=lambda target: target.__name__,
    )
}
