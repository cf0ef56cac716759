"""What the verbs of `gateway geo` share: which files, which regions, and progress where somebody watches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from gateway.cli.output import err
from gateway.geo.compare import Known
from gateway.geo.location import Location
from gateway.geo.source_cuts import Step
from gateway.policy.builtin import built_in
from gateway.policy.model import Notice, Policy, Protect, Readers, State
from gateway.policy.parse import parse
from gateway.policy.readers import standing_among
from gateway.settings import load_settings

Policies = Annotated[
    Path | None,
    typer.Option("--policies", help="A policies directory [GATEWAY_POLICIES]; without one: RU and its realm."),
]
Geoip = Annotated[str, typer.Option("--geoip", help="GeoIP files, comma separated [GATEWAY_GEOIP, else the embedded].")]

REALM = ("RU", "controlled_by(RU)")


def paths_of(given: str) -> Sequence[str]:
    """The files to ask: those given, else those of the settings; none: the embedded evidence."""
    return [path.strip() for path in given.split(",") if path.strip()] or load_settings({}).geoip


def known_regions(directory: Path | None) -> Known:
    """Regions, corrections and the readers whom the policies warn. Raises PolicyError for a set that is not valid."""
    directory = directory or load_settings({}).policies
    if not directory.is_dir():
        regions = {name: region for name in (*REALM, "UA") if (region := built_in(name))}
        return Known("RU and what it controls", regions, (), lambda reader: any(map(reader.standings.get, REALM)))
    policies = parse(_read(directory)).required()
    warned = [found for policy in policies.policies if policy.state is State.ACTIVE for found in _warned(policy)]

    def warns(reader: Location) -> bool:
        return any(standing_among(reader, readers) >= certainty for readers, certainty in warned)

    return Known(f"the policies in {directory}", policies.regions, policies.corrections, warns)


@contextmanager
def progress() -> Iterator[Step]:
    """Tell a person on a terminal how far it is; say nothing to anything else."""
    if not err.is_terminal:
        yield lambda _what, _done: None
        return
    columns = (TextColumn("{task.description:30}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def step(what: str, done: float) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=1.0)
            bar.update(tasks[what], completed=done)

        yield step


def _warned(policy: Policy) -> Iterator[tuple[Readers, int]]:
    """Whom a policy warns or protects, and from which certainty on."""
    for action in policy.actions:
        if isinstance(action, Notice | Protect):
            yield policy.readers, int(action.certainty)


def _read(directory: Path) -> dict[str, bytes]:
    files = (path for path in sorted(directory.rglob("*")) if path.is_file() and not path.is_symlink())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}
