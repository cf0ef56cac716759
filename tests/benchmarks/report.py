"""What was measured, as tables for people, as JSON, as a picture for the README."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from xml.sax.saxutils import escape

from tests.benchmarks.load import Measured

TICK_SECONDS = 0.01
STYLE = (
    "<style>text{font:14px system-ui,sans-serif;fill:#222}.bar{fill:#7a8b99}.ours{fill:#0b6e75}.line{stroke:#999}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.ours{fill:#3fb6bd}.line{stroke:#777}}</style>"
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
    """At least one of the system's ticks: less is not told apart from none."""
    return median(max(run.server_seconds, TICK_SECONDS) / run.requests * 1e6 for run in runs)


def as_text(tables: Mapping[str, Sequence[Row]], memory: Mapping[str, float], facts: Mapping[str, object]) -> str:
    """Markdown tables that are also legible in a terminal."""
    said = [_table(scenario, found) for scenario, found in tables.items()]
    width = max(map(len, memory))
    lines = [f"| {'memory of its own':{width}} | MB |", f"|{'-' * (width + 2)}|---:|"]
    said.append("\n".join([*lines, *(f"| {server:{width}} | {amount:.0f} |" for server, amount in memory.items())]))
    return "\n\n".join([*said, "; ".join(f"{name}: {value}" for name, value in facts.items())])


def _table(scenario: str, found: Sequence[Row]) -> str:
    width = max(len(scenario), *(len(row.server) for row in found))
    lines = [
        f"| {scenario:{width}} | requests/s | slowest–fastest | ratio | CPU µs | by CPU | p50 ms | p99 ms |",
        f"|{'-' * (width + 2)}|-----------:|----------------:|------:|-------:|-------:|-------:|-------:|",
    ]
    for row in found:
        spread = f"{row.slowest:,.0f}–{row.fastest:,.0f}"
        processor = f"{row.microseconds:6.1f} | {row.ratio_by_processor_time:6.2f}"
        figures = (
            f"{row.rate:10,.0f} | {spread:>15} | {row.ratio:5.2f} | {processor} | {row.p50_ms:6.2f} | {row.p99_ms:6.2f}"
        )
        lines.append(f"| {row.server:{width}} | {figures} |")
    return "\n".join(lines)


def as_json(tables: Mapping[str, Sequence[Row]], memory: Mapping[str, float], facts: Mapping[str, object]) -> str:
    """All of it."""
    scenarios = {scenario: [asdict(row) for row in found] for scenario, found in tables.items()}
    return json.dumps({"facts": dict(facts), "scenarios": scenarios, "megabytes": dict(memory)}, indent=1)


def as_svg(tables: Mapping[str, Sequence[Row]], title: str) -> str:
    """For each scenario bars of the ratios, with the figure beside each, and a line at 1; legible on light and dark."""
    left, bar, step = 250, 330, 30
    longest = max(row.ratio for found in tables.values() for row in found)
    parts, y = [f'<text x="8" y="26" font-weight="600">{escape(title)}</text>'], 56
    for scenario, found in tables.items():
        parts.append(f'<text x="8" y="{y + 4}" font-style="italic">{escape(scenario)}</text>')
        top, y = y + 10, y + 14
        for row in found:
            length = max(2.0, bar * row.ratio / longest)
            kind = "ours" if row.server.startswith("gateway") else "bar"
            parts += [
                f'<text x="{left - 10}" y="{y + 15}" text-anchor="end">{escape(row.server)}</text>',
                f'<rect class="{kind}" x="{left}" y="{y}" width="{length:.0f}" height="20" rx="2"/>',
                f'<text x="{left + length + 8:.0f}" y="{y + 15}">{row.ratio:.2f}</text>',
            ]
            y += step
        one = left + bar / longest
        parts.append(
            f'<line class="line" x1="{one:.0f}" y1="{top}" x2="{one:.0f}" y2="{y - 6}" stroke-dasharray="3 3"/>'
        )
        y += 22
    box = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 {y}" role="img" aria-label="{escape(title)}">'
    return "\n".join([box, STYLE, *parts, "</svg>"]) + "\n"
