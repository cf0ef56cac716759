"""The running gateway's numbers, as its admin port gives them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from gateway.telemetry.metrics import COUNTERS, GAUGES

Series = Sequence[tuple[Sequence[str], Sequence[float]]]


@dataclass(frozen=True, slots=True)
class Numbers:
    """All series by name, each with its labels' values and its value."""

    series: Mapping[str, Series] = field(default_factory=dict)

    def by(self, name: str, label: str) -> dict[str, float]:
        """A metric's values added up by one of its labels; zeros are left out."""
        kind = COUNTERS.get(name) or GAUGES[name]
        at = kind[0].index(label)
        found: defaultdict[str, float] = defaultdict(float)
        for labels, values in self.series.get(name, ()):
            found[labels[at]] += values[0]
        return {value: number for value, number in found.items() if number}


def numbers_of(answer: object) -> Numbers:
    """From what the admin port sent; nothing where it sent something else."""
    return Numbers(cast("Mapping[str, Series]", answer) if isinstance(answer, dict) else {})
