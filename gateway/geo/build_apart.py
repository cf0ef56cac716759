"""The build in a process of its own: it takes half a minute and half a gigabyte, neither of which is the caller's.

`python -m gateway.geo.build_apart OUTPUT SOURCE…` prints a JSON line for each step, and at last the report.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from gateway.errors import EvidenceError
from gateway.geo.build import evidence_file, fuse
from gateway.geo.maxmind import open_database
from gateway.geo.report import Report, SourceReport, report
from gateway.geo.source_cuts import Step, specs
from gateway.geo.verify import verify


def build_apart(arguments: Sequence[str], output: Path, step: Step) -> Report:
    """Fuse the sources into `output`, atomically, and say what each adds. Raises EvidenceError."""
    specs(arguments)  # a mistyped name is better said at once
    command = [sys.executable, "-m", "gateway.geo.build_apart", str(output), *arguments]
    answer: dict[str, object] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            answer = json.loads(line)
            if "step" in answer:
                step(str(answer["step"]), float(str(answer["done"])))
        said = (process.stderr.read() if process.stderr else "").strip().rpartition("\n")[2]
    if process.returncode or "report" not in answer:
        raise EvidenceError(said or "the build died; see whether there is a gigabyte of memory to be had")
    return _report(answer["report"])


def install(data: bytes, output: Path) -> None:
    """Write a file whole or not at all."""
    output.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(output)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _report(value: object) -> Report:
    if not isinstance(value, dict):
        raise EvidenceError("the build gave no report; this is a fault of the gateway")
    value["sources"] = tuple(SourceReport(**source) for source in value["sources"])
    value["pairs"] = tuple(tuple(pair) for pair in value["pairs"])
    return Report(**value)


def _say(**fields: object) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def _work(output: Path, arguments: Sequence[str]) -> None:
    def step(what: str, done: float) -> None:
        _say(step=what, done=done)

    fused = fuse(specs(arguments), step)
    data = evidence_file(fused, step)
    step("reading back", 0)
    with tempfile.NamedTemporaryFile(suffix=".mmdb") as draft:
        draft.write(data)
        draft.flush()
        verify(open_database(draft.name))
    install(data, output)
    step("reading back", 1)
    step("counting", 0)
    _say(report=asdict(report(fused)))


if __name__ == "__main__":
    try:
        _work(Path(sys.argv[1]), sys.argv[2:])
    except (EvidenceError, OSError) as error:
        sys.exit(str(error))
