"""One whole check of a policies directory, as a value: `gateway check` shows it as text, JSON, JUnit or a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gateway.cli.policy_sets import located
from gateway.content.files import DirectoryIndex
from gateway.errors import PolicyError, Problem, Severity
from gateway.geo.codes import codes_in
from gateway.geo.evidence import Witnesses
from gateway.policy.cases import parse_cases
from gateway.policy.lint import examine, unchecked
from gateway.policy.loading import read_and_parse
from gateway.policy.model import PolicySet
from gateway.policy.proofs import Proven
from gateway.settings import Settings


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it. `policies` and `proven` are None where the set cannot be used; `unchecked`: a sentence each."""

    directory: Path
    at: datetime
    policies: PolicySet | None
    problems: tuple[Problem, ...]
    unchecked: tuple[str, ...]
    proven: Proven | None = None
    files: tuple[str, ...] = field(default=(), repr=False)

    def failed(self, *, strict: bool) -> bool:
        """Whether there is an error; `strict`: or a warning."""
        failing = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
        return any(problem.severity in failing for problem in self.problems)


def check_directory(
    directory: Path, settings: Settings, index: DirectoryIndex | None, witnesses: Witnesses | None, now: datetime
) -> Checked:
    """Read, parse and examine a directory. Never raises for what is in it: that becomes problems."""
    problems: list[Problem] = []
    policies: PolicySet | None = None
    files: dict[str, bytes] = {}
    try:
        files, parsed = read_and_parse(directory, frozenset(settings.redirect_hosts))
        policies = parsed.policies
        problems += parsed.problems
    except PolicyError as error:
        problems += error.problems
    databases = witnesses.infos if witnesses else ()
    missed = unchecked(index=index, databases=databases, redirect_hosts=True)
    if settings.origin:
        missed[0] = (
            f"The articles are at {settings.origin}: which of them the policies mean was not checked. "
            "Ask of one with `gateway explain PATH`."
        )
    proven: Proven | None = None
    if policies is None:
        missed.insert(0, "The set cannot be used: what it would do was not checked.")
    else:
        problems += parse_cases(files, policies.regions)[1]
        codes = codes_in(witnesses.databases) if witnesses else None
        examined = examine(policies, index=index, databases=databases, codes=codes, now=now)
        problems += examined.problems
        proven = examined.proven
        missed += proven.left_out
        if databases and codes is None:
            missed.append("The databases are too large to look which places occur in them.")
    found = located(problems, directory)
    if index is not None:
        found += located(index.problems, settings.directory)
    paths = tuple(str(directory / path) for path in sorted(files) if path.endswith((".yaml", ".md")))
    return Checked(directory, now, policies, found, tuple(missed), proven, paths)
