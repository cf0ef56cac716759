"""Policy sets as a command line names them: a directory, or a git revision. Findings name files as the user typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import typer

from gateway.errors import PolicyError, Problem
from gateway.geo.location import Location
from gateway.policy.cases import locate_in
from gateway.policy.git import read_revision
from gateway.policy.loading import read_and_parse
from gateway.policy.model import PolicySet, State
from gateway.policy.parse import parse


def located(problems: Iterable[Problem], directory: Path) -> tuple[Problem, ...]:
    """Problems with paths that can be opened from here, not only from the directory that they are about."""
    return tuple(replace(problem, path=str(directory / problem.path)) for problem in problems)


def read_set(directory: Path) -> tuple[dict[str, bytes], PolicySet]:
    """A directory's files and what they say. Raises PolicyError with every problem."""
    try:
        files, parsed = read_and_parse(directory)
        return files, parsed.required()
    except PolicyError as error:
        problems = located(error.problems, directory)
        raise PolicyError("\n".join(map(str, problems)), problems) from error


def named_set(named: str, directory: Path) -> PolicySet:
    """A directory's policies, or a git revision's: REV of the directory in service, REV:PATH of another."""
    if Path(named).is_dir():
        return read_set(Path(named))[1]
    revision, _, path = named.partition(":")
    return parse(read_revision(revision, Path(path) if path else directory)).required()


def as_if_active(policies: PolicySet) -> PolicySet:
    """The same set with everything in shadow put into force."""
    return replace(
        policies,
        policies=tuple(
            replace(policy, state=State.ACTIVE) if policy.state is State.SHADOW else policy
            for policy in policies.policies
        ),
    )


def shadow_note(policies: PolicySet) -> str:
    """What to say of policies in shadow where nothing was asked about them; "" if there are none."""
    names = [policy.name for policy in policies.policies if policy.state is State.SHADOW]
    return (
        f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} in shadow, and changes nothing for readers; "
        "what it would do is said with --shadow"
        if names
        else ""
    )


def located_in(region: str, policies: PolicySet) -> Location:
    """A reader certainly in a region or code. Wrong usage, if it is neither."""
    try:
        return locate_in(region, policies.regions)
    except PolicyError as error:
        raise typer.BadParameter(str(error)) from error


def moment(text: str) -> datetime:
    """The moment that is meant; now, where none is. Wrong usage, if it has no zone."""
    if not text:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise typer.BadParameter(f"'{text}' is no moment with a zone; write 2026-11-01T00:00:00+02:00")
    return at
