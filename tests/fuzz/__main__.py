"""`python -m tests.fuzz TARGET --seconds N`: coverage-guided fuzzing of one reader of foreign bytes, or of all in turn.

It begins with the corpus and adds nothing to it: what breaks a promise is written beside it as `found-…`, to be made
small, mended and kept. Atheris is not among the development packages: pip install atheris==3.0.0
"""

# ruff: noqa: T201  (a command)
from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
ONE_RUN_SECONDS = 10
MEMORY_MB = 1024


def main() -> int:
    """Fuzz; 1 where something was found."""
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    asked.add_argument("target", help="one of the targets, or `all`")
    asked.add_argument("--seconds", type=int, default=60)
    asked.add_argument("--seed", type=int, default=0, help="0: another one each time")
    given = asked.parse_args()
    if given.target == "all":
        return _all(given.seconds, given.seed)
    return _one(given.target, given.seconds, given.seed)


def _all(seconds: int, seed: int) -> int:
    from tests.fuzz.targets import TARGETS  # here, or nothing of it would be instrumented below

    failed = []
    for target in TARGETS:
        command = [sys.executable, "-m", "tests.fuzz", target, "--seconds", str(seconds), "--seed", str(seed)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = [line for line in done.stderr.splitlines() if "cov:" in line or line.startswith("stat::")]
        print(
            f"{target:12} {'FOUND SOMETHING' if done.returncode else 'nothing'}  {lines[-1] if lines else ''}",
            flush=True,
        )
        if done.returncode:
            failed.append(target)
            print(done.stdout[-3000:], done.stderr[-3000:], flush=True)
    return 1 if failed else 0


def _one(name: str, seconds: int, seed: int) -> int:
    import atheris

    # Where a reader is one pattern, what guides is the second reader, written out character by character.
    with atheris.instrument_imports(include=["gateway", "tests", "ipaddress"]):
        from tests.fuzz.targets import TARGETS
    if name not in TARGETS:
        print(f"no such target; there are: {', '.join(TARGETS)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as grown:  # what it learns in this run; the first directory is written to
        atheris.Setup(
            [
                sys.argv[0], f"-max_total_time={seconds}", f"-seed={seed}", f"-timeout={ONE_RUN_SECONDS}",
                f"-rss_limit_mb={MEMORY_MB}", f"-artifact_prefix={CORPUS / name}/found-", "-max_len=4096",
                grown, str(CORPUS / name),
            ],
            TARGETS[name],
        )  # fmt: skip
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
