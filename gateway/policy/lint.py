"""What is likely wrong with a set that can be used: findings, each with its place and what to do. Pure.

Syntax, references and whatever else stops a set is `parse`'s. Here: dates, languages, the content, the databases.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.content.source import Index
from gateway.errors import Problem, Severity
from gateway.geo.sources import DatabaseInfo
from gateway.policy.lint_content import lint_content
from gateway.policy.lint_databases import lint_databases
from gateway.policy.lint_doors import lint_doors
from gateway.policy.lint_policy import lint_policy
from gateway.policy.lint_regions import lint_regions
from gateway.policy.model import Block, Notice, PolicySet, Redirect, State, Withhold
from gateway.policy.proofs import Proven, prove

OWN_PAGE = "/-/notices/"
"""Where a notice's explanation stands: a redirect may lead there."""


@dataclass(frozen=True, slots=True)
class Examined:
    """Every finding, by file and line, and what was proven on the way."""

    problems: tuple[Problem, ...]
    proven: Proven


def lint(
    policies: PolicySet,
    *,
    index: Index | None = None,
    databases: Sequence[DatabaseInfo] = (),
    now: datetime | None = None,
) -> list[Problem]:
    """Every finding, by file and line. `now`: the moment by which dates are judged; None: they are not."""
    return list(examine(policies, index=index, databases=databases, now=now).problems)


def examine(
    policies: PolicySet,
    *,
    index: Index | None = None,
    databases: Sequence[DatabaseInfo] = (),
    codes: frozenset[str] | None = None,
    now: datetime | None = None,
) -> Examined:
    """`lint`, and what was tried for it. `codes`: every ISO code that occurs in the databases, where that is known."""
    found = [*_of_the_set(policies), *lint_regions(policies, now)]
    for policy in policies.policies:
        if policy.state is not State.OFF:
            found += lint_policy(policy, policies, now)
    found += lint_databases(policies, databases, codes)
    if index is not None:
        found += lint_content(policies, index)
        found += lint_doors(policies, index)
    proven = prove(policies, index, now)
    found += proven.findings
    return Examined(
        tuple(sorted(found, key=lambda problem: (problem.path, problem.line, problem.column, problem.code))), proven
    )


def unchecked(*, index: Index | None, databases: Sequence[DatabaseInfo], redirect_hosts: bool) -> list[str]:
    """What could not be checked, a sentence each."""
    found = []
    if index is None:
        found.append(
            "No content was given: slugs, sections, tags, languages and parts were not compared with articles."
        )
    if not databases:
        found.append("No GeoIP database was given: whether it knows what the policies ask was not checked.")
    if not redirect_hosts:
        found.append("No settings were given: the hosts of redirects were not checked.")
    return found


def _of_the_set(policies: PolicySet) -> Iterator[Problem]:
    if not policies.policies:
        yield Problem(".", 0, 0, "no-policies", "there is no policy", "write one: `gateway new`", Severity.WARNING)
    used = {action.id for policy in policies.policies for action in policy.actions if isinstance(action, Notice)}
    used |= {
        action.notice
        for policy in policies.policies
        for action in policy.actions
        if isinstance(action, (Block, Withhold))
    }
    used |= {
        action.to.removeprefix(OWN_PAGE).partition("?")[0]
        for policy in policies.policies
        for action in policy.actions
        if isinstance(action, Redirect)
    }
    for id in sorted(set(policies.notices) - used):  # noqa: A001
        yield Problem(
            f"notices/{id}",
            0,
            0,
            "unused-notice",
            f"no policy uses the notice '{id}'",
            "remove it, or use it",
            Severity.INFO,
        )
