"""Findings about one policy by itself: its basis, its dates, the territories that it leaves out. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

from gateway.errors import Problem, Severity
from gateway.geo.region import CONTROLLED_BY
from gateway.policy.finding import finding
from gateway.policy.model import Notice, Policy, PolicySet, Protect, State
from gateway.policy.parse_selectors import RESTRICTIVE


def lint_policy(policy: Policy, policies: PolicySet, now: datetime | None) -> Iterator[Problem]:
    """Every finding about a policy. `now`: None: dates are not judged."""
    yield from _basis(policy)
    yield from _territories(policy, policies)
    yield from _feeds(policy, policies)
    yield from _fallbacks(policy, policies)
    if now is not None:
        yield from _dates(policy, now.astimezone(UTC).date(), now)


def _basis(policy: Policy) -> Iterator[Problem]:
    if not policy.basis and any(isinstance(action, RESTRICTIVE) for action in policy.actions):
        yield finding(
            policy,
            "do.0",
            "no-basis",
            f"policy '{policy.name}' takes something from readers without naming a basis",
            "add `basis:` with the order, statute, contract or editorial decision behind it",
        )
    for basis in policy.basis:
        missing = [name for name, value in (("authority", basis.authority), ("act", basis.act)) if not value]
        if basis.kind in ("order", "statute") and missing:
            yield finding(
                policy,
                "basis",
                "thin-basis",
                f"the {basis.kind} of policy '{policy.name}' has no {' and no '.join(missing)}",
                "a 451 page has to say who demands it, and by which act",
            )
    if not policy.owner:
        yield finding(
            policy,
            "",
            "no-owner",
            f"policy '{policy.name}' has no owner",
            "add `owner: legal@…`",
            severity=Severity.INFO,
        )


def _territories(policy: Policy, policies: PolicySet) -> Iterator[Problem]:
    """A country that holds parts of another: vendors print those under either, so a rule for one loses readers."""
    regions = [policies.regions[name] for name in policy.readers.within if name in policies.regions]
    wholly = {code for region in regions for code in region.wholly}
    for holder, control in CONTROLLED_BY.items():
        if holder in wholly and holder not in policy.readers.realms:
            protects = any(isinstance(action, (Notice, Protect)) for action in policy.actions)
            yield finding(
                policy,
                f"readers.in.{holder}",
                "territories-left-out",
                f"policy '{policy.name}' means {holder}, but not the parts of {control.sovereign} that it controls",
                f"if they are meant, add 'controlled_by({holder})'",
                severity=Severity.WARNING if protects else Severity.INFO,
            )


def _feeds(policy: Policy, policies: PolicySet) -> Iterator[Problem]:
    for number, action in enumerate(policy.actions):
        if isinstance(action, Notice) and not policy.everyone:
            blunt = [text.language for text in policies.notices[action.id].values() if not text.self_conditional]
            if blunt:
                yield finding(
                    policy,
                    f"do.{number}",
                    "notice-in-feeds",
                    f"the notice '{action.id}' goes with every feed and JSON copy, but does not say “if”",
                    "word it “if you are in …” and write `self_conditional: true`",
                )


def _fallbacks(policy: Policy, policies: PolicySet) -> Iterator[Problem]:
    """Notices that are there in none of the languages to fall back on: who reads another gets whichever there is."""
    for number, action in enumerate(policy.actions):
        if isinstance(action, Notice):
            there = policies.notices[action.id]
            if not there.keys() & set(action.fallback):
                yield finding(
                    policy,
                    f"do.{number}",
                    "no-fallback",
                    f"the notice '{action.id}' is to fall back on '{action.fallback[0]}', in which it is not there; "
                    f"readers of other languages get '{min(there)}'",
                    f"write notices/{action.id}/{action.fallback[0]}.md, or `fallback: [{min(there)}]`",
                )


def _dates(policy: Policy, today: date, now: datetime) -> Iterator[Problem]:
    if policy.review_by is not None and policy.review_by < today:
        yield finding(
            policy,
            "review_by",
            "review-overdue",
            f"policy '{policy.name}' was to be reviewed by {policy.review_by}",
            "look at it, and set the next date",
        )
    if policy.effective and all(window.end is not None and window.end <= now for window in policy.effective):
        yield finding(
            policy,
            "effective.0",
            "over",
            f"policy '{policy.name}' has ended and will not act again",
            "remove the file, or set `state: off`",
        )
    if policy.review_by is None and policy.state is State.ACTIVE:
        yield finding(
            policy,
            "",
            "no-review",
            f"policy '{policy.name}' has no date of review",
            "add `review_by: 2027-02-20`",
            severity=Severity.INFO,
        )
