"""A finding: something likely wrong with a policy that can be used, with its place and what to do."""

from __future__ import annotations

from gateway.errors import Problem, Severity
from gateway.policy.model import Policy


def finding(
    policy: Policy, mark: str, code: str, what: str, remedy: str, *, severity: Severity = Severity.WARNING
) -> Problem:
    """A finding at a part of a policy's file; where the part has no mark, at its beginning."""
    line, column = policy.marks.get(mark, (policy.line, 1))
    return Problem(policy.path, line, column, code, what, remedy, severity)
