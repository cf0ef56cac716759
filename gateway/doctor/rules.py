"""Are the policies on disk fit, reviewed, and what comes next?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from gateway.doctor.check import Check, failed, ok, warning
from gateway.errors import Problem, Severity
from gateway.policy.calendar import calendar
from gateway.policy.decide import next_boundary
from gateway.policy.lint_regions import OLD_LIST, is_old
from gateway.policy.model import PolicySet

NAME = "policies"


def policies(found: PolicySet | None, problems: Sequence[Problem], path: str, now: datetime) -> Iterator[Check]:
    """The set on disk; None, with the problems, where it cannot be used."""
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if found is None or errors:
        yield failed(
            NAME,
            f"{errors[0] if errors else path}" + (f" (and {len(errors) - 1} more)" if errors[1:] else ""),
            "The last good set stays in force; a new node has none.",
            "`gateway check` names file, line and remedy of each mistake",
        )
        return
    if not found.policies:
        yield failed(NAME, f"there is no policy in {path}", "Every article goes to everybody, without a warning.",
                     "see that GATEWAY_POLICIES names the right directory, and that it is mounted")  # fmt: skip
        return
    boundary = next_boundary(found, now)
    coming = f"next change at {boundary:%Y-%m-%d %H:%M:%S %Z}" if boundary else "no change ahead"
    yield ok(NAME, f"revision {found.revision}, {len(found.policies)} policies; {coming}")
    yield from _lists(found, now)
    for entry in calendar(found, now):
        if entry.overdue:
            yield warning(
                f"policy {entry.policy}",
                f"should have been reviewed by {entry.at:%Y-%m-%d} (owner: {entry.owner})",
                "It stays in force, whether its reason still holds or not.",
                "review it and set a new `review_by`, or `state: off`",
            )


def _lists(found: PolicySet, now: datetime) -> Iterator[Check]:
    """How old the lists are of networks whose users may be elsewhere."""
    for region in found.regions.values():
        if not region.kind:
            continue
        name, what = f"networks {region.name}", f"{len(region.networks)} {region.kind} networks"
        if not region.as_of:
            yield warning(name, f"{what}, of no known day", "An old list takes strangers for people at a known place.",
                          "write the day into its file: `# as of 2026-11-01`")  # fmt: skip
        elif is_old(region, now):
            yield warning(name, f"{what} as of {region.as_of}, more than {OLD_LIST.days} days ago",
                          "Whoever began to hide people since is taken for a known place.",
                          "fetch it anew, and write the day into it")  # fmt: skip
        else:
            yield ok(name, f"{what} as of {region.as_of}")
