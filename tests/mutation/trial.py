"""Try the mutants of one module, each in a forked process: started by `python -m tests.mutation` in a copy of the tree.

The process that forks has imported what the tests need from elsewhere and nothing of the gateway, so that a mutant
costs the tests alone. Prints one JSON object a line: the control run, then each mutant with its verdict.
"""

# ruff: noqa: T201  (a command)
from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import importlib.util
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import ModuleType

from tests.mutation.modules import MODULES
from tests.mutation.mutants import mutants

ELSEWHERE = (
    "pytest", "hypothesis.extra._patching", "hypothesis.strategies", "maxminddb", "geoip2.models", "pycountry", "yaml",
    "markdown_it", "nh3", "mmdb_writer", "netaddr", "asyncio", "orjson", "jinja2", "babel.dates",
    "typer", "rich.console", "selectolax.parser", "structlog",
)  # fmt: skip
ALREADY_IMPORTED = "ignore::pytest.PytestAssertRewriteWarning"
LEAST_SECONDS = 30.0


class Instead(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Gives a module another source."""

    def __init__(self, module: str, source: str) -> None:
        self.module, self.source = module, source

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(name, self) if name == self.module else None

    def get_source(self, _: str) -> str:
        return self.source

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, f"<mutant of {self.module}>", "exec"), module.__dict__)  # noqa: S102


def run(module: str, source: str, tests: list[str], seconds: float) -> tuple[str, float]:
    """The verdict of the tests on a source: survived, killed, or timeout; and the seconds that it took."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os.setsid()
        _child(module, source, tests)
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        took = time.monotonic() - began
        if ended:
            return ("survived" if status == 0 else "killed"), took
        if took > seconds:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "timeout", took
        time.sleep(0.01)


def _child(module: str, source: str, tests: list[str]) -> None:
    import hypothesis
    import pytest

    code = 70
    try:
        silence = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(silence, descriptor)
        sys.meta_path.insert(0, Instead(module, source))
        hypothesis.settings.register_profile(
            "mutation", derandomize=True, database=None, deadline=None, max_examples=60
        )
        hypothesis.settings.load_profile("mutation")
        code = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-W", ALREADY_IMPORTED, *tests]))
    finally:
        os._exit(code)


def main(name: str) -> None:
    for needed in ELSEWHERE:
        with contextlib.suppress(ImportError):
            importlib.import_module(needed)
    target = MODULES[name]
    path = Path(*target.module.split(".")).with_suffix(".py")
    source = path.read_text()
    verdict, took = run(target.module, source, list(target.tests), 600)
    print(json.dumps({"control": verdict, "seconds": took}), flush=True)
    if verdict != "survived":
        sys.exit(f"{name}: its tests fail without any fault: {' '.join(target.tests)}")
    limit = max(LEAST_SECONDS, 4 * took)
    for mutant in mutants(source):
        verdict, took = run(target.module, mutant.source, list(target.tests), limit)
        print(json.dumps({"name": mutant.name, "line": mutant.line, "verdict": verdict, "seconds": took}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
