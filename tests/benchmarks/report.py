"""What was measured, as a table for people, as JSON, as a picture for the README."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from xml.sax.saxutils import escape

from tests.benchmarks.load import Measured

STYLE = (
    "<style>text{font:14px system-ui,sans-serif;fill:#222}.bar{fill:#7a8b99}.ours{fill:#0b6e75}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.ours{fill:#3fb6bd}}</style>"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One server over all rounds: medians, and the slowest and fastest round. Ratios are to the first server.

    `microseconds`: processor time for each request; its ratio is what the rates' would be on a quiet machine.
    """

    server: str
    rate: float
    slowest: float
    fastest: float
    ratio: float
    microseconds: float
    ratio_by_processor_time: float
    p50_ms: float
    p99_ms: float


def rows(rounds: Mapping[str, Sequence[Measured]]) -> list[Row]:
    """Medians over rounds; the ratio is the median of each round's own ratio, so that a noisy minute cancels out."""
    base = next(iter(rounds.values()))
    return [
        Row(
            server=name,
            rate=median(run.rate for run in runs),
            slowest=min(run.rate for run in runs),
            fastest=max(run.rate for run in runs),
            ratio=median(run.rate / beside.rate for run, beside in zip(runs, base, strict=True)),
            microseconds=_microseconds(runs),
            ratio_by_processor_time=_microseconds(base) / _microseconds(runs),
            p50_ms=median(run.p50 for run in runs),
            p99_ms=median(run.p99 for run in runs),
        )
        for name, runs in rounds.items()
    ]


def _microseconds(runs: Sequence[Measured]) -> float:
    return median(run.server_seconds / run.requests * 1e6 for run in runs)


def as_text(found: Sequence[Row], facts: Mapping[str, object]) -> str:
    """A Markdown table that is also legible in a terminal."""
    width = max(len(row.server) for row in found)
    lines = [
        f"| {'server':{width}} | requests/s | slowest–fastest | ratio | CPU µs | by CPU | p50 ms | p99 ms |",
        f"|{'-' * (width + 2)}|-----------:|----------------:|------:|-------:|-------:|-------:|-------:|",
    ]
    for row in found:
        spread = f"{row.slowest:,.0f}–{row.fastest:,.0f}"
        processor = f"{row.microseconds:6.1f} | {row.ratio_by_processor_time:6.2f}"
        figures = (
            f"{row.rate:10,.0f} | {spread:>15} | {row.ratio:5.2f} | {processor} | {row.p50_ms:6.2f} | {row.p99_ms:6.2f}"
        )
        lines.append(f"| {row.server:{width}} | {figures} |")
    said = "; ".join(f"{name}: {value}" for name, value in facts.items())
    return "\n".join([*lines, "", said])


def as_json(found: Sequence[Row], facts: Mapping[str, object]) -> str:
    """All of it."""
    return json.dumps({"facts": dict(facts), "servers": [asdict(row) for row in found]}, indent=1)


def as_svg(found: Sequence[Row], title: str) -> str:
    """Bars of the ratios, with the figure beside each; legible on light and on dark."""
    left, bar, step, top = 250, 330, 34, 52
    longest = max(row.ratio for row in found)
    height = top + step * len(found) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 {height}" role="img" aria-label="{escape(title)}">',
        STYLE,
        f'<text x="8" y="26" font-weight="600">{escape(title)}</text>',
    ]
    for number, row in enumerate(found):
        y = top + step * number
        length = max(2.0, bar * row.ratio / longest)
        kind = "ours" if row.server.startswith("gateway") else "bar"
        parts += [
            f'<text x="{left - 10}" y="{y + 16}" text-anchor="end">{escape(row.server)}</text>',
            f'<rect class="{kind}" x="{left}" y="{y}" width="{length:.0f}" height="22" rx="2"/>',
            f'<text x="{left + length + 8:.0f}" y="{y + 16}">{row.ratio:.2f}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"
