"""What a rule `country == "RU"` would have done for readers, beside what policies do. Counts; no address is kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.geo.client_address import Address, ClientAddress, parse_address, unwrapped
from gateway.geo.evidence import Witnesses
from gateway.geo.locate import locate
from gateway.geo.location import Location
from gateway.geo.region import Correction, Region

NAIVE_COUNTRY = "RU"

_WORDS = re.compile(r'[\s,;"\'=]+')


class NamesOperators(Protocol):
    """Knows who runs a network."""

    def operator(self, address: Address) -> str:
        """The operator's name, or "unknown". Never raises."""


@dataclass(frozen=True, slots=True)
class Known:
    """Against what readers are held: regions, corrections, and whether a location gets a warning from the policies."""

    title: str
    regions: Mapping[str, Region]
    corrections: Sequence[Correction]
    warns: Callable[[Location], bool]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Counts of lines. `naive`: by source, how many it alone calls RU; `baseline`: the first source, against which
    `added` and `dropped` are counted. `operators`: (name, naive, policies), the largest difference first.
    """

    lines: int
    readers: int
    unknown: int
    warned: int
    baseline: str
    naive: dict[str, int]
    added: int
    dropped: int
    operators: tuple[tuple[str, int, int], ...]


def compare(
    lines: Iterable[str], witnesses: Witnesses, known: Known, operators: NamesOperators | None, now: datetime
) -> Comparison:
    """Count. A line's reader is the first word in it that is an address: the plain list and the usual access logs."""
    counts: Counter[str] = Counter()
    sources = list(dict.fromkeys(source.name for info in witnesses.infos for source in info.sources))
    naive: Counter[str] = Counter(dict.fromkeys(sources, 0))
    by_operator: dict[str, list[int]] = {}
    baseline = sources[0] if sources else ""
    for line in lines:
        counts["lines"] += 1
        address = first_address(line)
        if address is None:
            continue
        location = locate(ClientAddress(address, "peer"), "", witnesses, known.regions, known.corrections, now)
        called = {place.source for place in location.evidence if place.country == NAIVE_COUNTRY}
        naive.update(called)
        warned, before = known.warns(location), baseline in called
        counts["readers"] += 1
        counts["unknown"] += bool(location.unknown)
        counts["warned"] += warned
        counts["added"] += warned and not before
        counts["dropped"] += before and not warned
        if operators is not None and (warned or before):
            row = by_operator.setdefault(operators.operator(address), [0, 0])
            row[0] += before
            row[1] += warned
    rows = sorted(by_operator.items(), key=lambda row: (-abs(row[1][1] - row[1][0]), -row[1][1], row[0]))
    return Comparison(
        lines=counts["lines"],
        readers=counts["readers"],
        unknown=counts["unknown"],
        warned=counts["warned"],
        baseline=baseline,
        naive=dict(naive),
        added=counts["added"],
        dropped=counts["dropped"],
        operators=tuple((name, before, after) for name, (before, after) in rows),
    )


def first_address(line: str) -> Address | None:
    """The first word of a line that is an address, unwrapped."""
    for word in _WORDS.split(line):
        if ("." in word or ":" in word) and (found := parse_address(word)):
            return unwrapped(found)
    return None
