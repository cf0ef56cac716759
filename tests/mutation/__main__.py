"""Which faults would no test notice? `python -m tests.mutation [--at-least PERCENT] [MODULE…]`, outside CI.

Works on a copy of the tree, one module after the other, with fixed seeds. Prints each group's score and the mutants
that survived; exits 1 where a group is below the limit.
"""

# ruff: noqa: T201  (a command)
from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.mutation.equivalent import EQUIVALENT
from tests.mutation.modules import MODULES

REPOSITORY = Path(__file__).parents[2]
COPIED = ("gateway", "tests", "policies", "pyproject.toml")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(MODULES)}; none: all")
    parser.add_argument("--at-least", type=float, default=90.0, metavar="PERCENT")
    given = parser.parse_args()
    if unknown := set(given.modules) - set(MODULES):
        parser.error(f"no such module: {', '.join(sorted(unknown))}; there are {', '.join(MODULES)}")
    groups: dict[str, Counter[str]] = {}
    with tempfile.TemporaryDirectory(prefix="mutation-") as copy:
        for name in COPIED:
            source = REPOSITORY / name
            if source.is_dir():
                shutil.copytree(source, Path(copy, name), ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy)
        for name in given.modules or MODULES:
            groups.setdefault(MODULES[name].group, Counter()).update(_try(name, Path(copy)))
    low = False
    for group, counts in groups.items():
        print(f"{group}: {_score(counts)}")
        low = low or _percent(counts) < given.at_least
    return int(low)


def _try(name: str, copy: Path) -> Counter[str]:
    """The verdicts on one module's mutants, printed as they come."""
    counts: Counter[str] = Counter()
    began = time.monotonic()
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONHASHSEED": "7", "ORACLE_EXAMPLES": "15"}
    command = [sys.executable, "-m", "tests.mutation.trial", name]
    excused = dict(EQUIVALENT.get(name, {}))
    with subprocess.Popen(command, cwd=copy, env=environment, stdout=subprocess.PIPE, text=True) as trial:
        assert trial.stdout is not None
        for line in trial.stdout:
            said = json.loads(line)
            if "control" in said:
                print(f"{name}: its tests take {said['seconds']:.1f} s without a fault", flush=True)
                continue
            verdict = said["verdict"]
            if verdict == "survived" and said["name"] in excused:
                verdict = "equivalent"
                print(f"  equivalent {said['line']}: {said['name']}\n    {excused[said['name']]}", flush=True)
            elif verdict == "survived":
                print(f"  SURVIVED {MODULES[name].module}:{said['line']}: {said['name']}", flush=True)
            excused.pop(said["name"], None)
            counts[verdict] += 1
            if sys.stderr.isatty():
                print(f"\r{name}: {counts.total()} mutants", end="\r", file=sys.stderr)
    if trial.returncode:
        raise SystemExit(f"{name}: the trial ended with {trial.returncode}")
    for left in excused:
        print(f"  no longer a mutant, remove it from the table: {left}")
    print(f"{name}: {_score(counts)} in {time.monotonic() - began:.0f} s", flush=True)
    return counts


def _percent(counts: Counter[str]) -> float:
    tried = counts["killed"] + counts["timeout"] + counts["survived"]
    return 100 * (tried - counts["survived"]) / tried if tried else 100.0


def _score(counts: Counter[str]) -> str:
    tried = counts["killed"] + counts["timeout"] + counts["survived"]
    return (
        f"{_percent(counts):.1f} % ({tried - counts['survived']} of {tried} caught, {counts['timeout']} of them by the"
        f" clock; {counts['equivalent']} mean the same)"
    )


if __name__ == "__main__":
    sys.exit(main())
