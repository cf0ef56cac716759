"""`python -m tests.foreign.measure`: milliseconds of processor time to recognise and to treat a page of 14 kB and of 200 kB."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from gateway.policy.decision import Treatments
from tests.foreign import shown as cms

ROUNDS = 30
PARAGRAPH = "<p>Every evening at ten minutes past eight a <a href='/boats'>boat</a> with room for <b>forty people</b> leaves the old pier, come who may.</p>\n"


def pages() -> dict[str, bytes]:
    small = cms.response(cms.WORDPRESS).body
    grown = small.replace(
        b'<p id="p-names">', PARAGRAPH.encode() * ((200_000 - len(small)) // len(PARAGRAPH)) + b'<p id="p-names">'
    )
    return {f"{len(body) / 1000:.0f} kB": body for body in (small, grown)}


def median_ms(work: Callable[[], object]) -> float:
    work()
    took = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        took.append((time.process_time() - began) * 1000)
    return statistics.median(took)


def main() -> None:
    treatments = {
        "untouched": Treatments(),
        "words in the metadata": Treatments(social=cms.due()),
        "a notice": Treatments(notices=cms.due(), social=cms.due()),
        "a notice and all protection": cms.endangered(),
        "a passage withheld": cms.withheld("quote:three passengers had been turned back in October"),
    }
    for size, body in pages().items():
        of = cms.page(body)
        print(f"{size:>7}  {'recognise':<28} {median_ms(lambda: cms.known(of, cms.WORDPRESS)):7.2f} ms")  # noqa: B023, T201
        found = cms.known(of, cms.WORDPRESS)
        for name, one in treatments.items():
            ms = median_ms(lambda: cms.treat(of, found, cms.decided(one), cms.DEFAULTS, cms.Site(), host=cms.HOST))  # noqa: B023
            print(f"{size:>7}  {name:<28} {ms:7.2f} ms")  # noqa: T201


if __name__ == "__main__":
    main()
