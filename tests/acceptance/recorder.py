"""What the acceptance checks reached, as their tests say it: kept as JSON from run to run, shown as a table.

A test asks the fixture `check` for its row and tells it figures and times:

    async def test_…(check: Recording) -> None:
        row = check(5)                              # or check(22, "origin") where a check has several halves
        row.figure("0 of 30,000 failed")
        row.time("p99", 0.012, limit=0.05, control=0.01)    # seconds; `control`: without the fault, in the same minute
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.acceptance.checks import CHECKS
from tests.load import Seen
from tests.running import REPOSITORY

KEPT = REPOSITORY / "build" / "acceptance.json"
"""Rows by test id; a run replaces those of the tests that it ran."""
BUSY = 1.5
"""Processes that would run, for each core, above which a time says more of the machine than of the gateway."""


@dataclass(slots=True)
class Row:
    """What one test reached of one check."""

    number: int
    part: str = ""
    figures: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    late: bool = False
    smaller: bool = False
    outcome: str = "not run"

    def figure(self, text: str) -> None:
        """A count that was reached, in words: `0 of 30,000 failed`."""
        self.figures.append(text)

    def time(self, what: str, seconds: float, *, limit: float | None = None, control: float | None = None) -> None:
        """A time that was measured, what it may be, and the same of a minute without the fault. One that is over its
        limit fails no test, since whatever else runs on the machine may be why; the table says so.
        """
        beside = "" if control is None else f", without {_shown(control)}"
        self.late = self.late or (limit is not None and seconds > limit)
        self.times.append(f"{what} {_shown(seconds)}{'' if limit is None else f' of {_shown(limit)}'}{beside}")

    def of(self, number: float, whole: float) -> None:
        """Say how much was tried of what the check asks for; with less than all of it the table does not call it met."""
        self.smaller = self.smaller or number < whole

    def seen(
        self, seen: Seen, control: Seen | None = None, *, p99: float | None = None, most: float | None = None
    ) -> None:
        """What readers got while something was broken, beside what they got while nothing was."""
        self.figure(seen.told())
        self.time("p99", seen.percentile(0.99), limit=p99, control=control and control.percentile(0.99))
        if most is not None:
            self.time("longest", seen.percentile(1), limit=most, control=control and control.percentile(1))


Recording = Callable[..., Row]
"""The fixture `check`: a check's number, and the part of it that is tested here."""


def _shown(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def keep(rows: Mapping[str, Row], file: Path = KEPT, *, load: float | None = None) -> None:
    """Put the rows of a run in the place of the same tests' older ones. `load`: processes that would run, for each
    core; None: those of the last five minutes.
    """
    if not rows:
        return
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    ).stdout.strip()
    waiting = os.getloadavg()[1] / (os.cpu_count() or 1) if load is None else load
    about = {"commit": commit, "at": datetime.now(UTC).isoformat(timespec="minutes"), "load": round(waiting, 1)}
    file.parent.mkdir(exist_ok=True)
    with file.open("a+", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # two runs may end at once
        held.seek(0)
        kept = json.loads(held.read() or "{}")
        kept |= {test: {**asdict(row), **about} for test, row in rows.items()}
        held.truncate(0)
        held.write(json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def kept_rows(file: Path = KEPT) -> dict[str, dict[str, Any]]:
    """All that was kept, of tests whose file is still there."""
    rows = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return {test: row for test, row in rows.items() if (REPOSITORY / test.partition("::")[0]).exists()}


def table(rows: Mapping[str, Mapping[str, Any]], numbers: Collection[int] = CHECKS) -> str:
    """Markdown: a line a check, with what all of its tests reached."""
    lines = ["| `-k` | check | measure | reached | times | |", "|---|---|---|---|---|---|"]
    for number in sorted(numbers):
        check = CHECKS[number]
        mine = [row for _, row in sorted(rows.items()) if row["number"] == number]
        reached, times = ("; ".join(_told(row, what) for row in mine if row[what]) for what in ("figures", "times"))
        lines.append(f"| check_{number:02} | {check.name} | {check.measure} | {reached} | {times} | {verdict(mine)} |")
    return "\n".join(lines)


def verdict(rows: list[Mapping[str, Any]]) -> str:
    """Whether a check is met: all of its tests that ran passed, and some ran."""
    outcomes = {row["outcome"] for row in rows}
    if not outcomes:
        return "not run"
    load = max(row.get("load", 0) for row in rows)
    busy = f" (machine busy: {load:.0f} at work a core)" if load > BUSY else ""
    if outcomes != {"passed"}:
        return f"**not met**{busy}" if "failed" in outcomes else "in part"
    if any(row.get("smaller") for row in rows):
        return "met at a smaller size"
    return f"met but for a time{busy}" if any(row["late"] for row in rows) else "met"


def _told(row: Mapping[str, Any], what: str) -> str:
    part = f"{row['part']}: " if row["part"] else ""
    return part + ", ".join(re.sub(r"\s+", " ", told).replace("|", "/") for told in row[what])
