"""Findings about one policy by itself: its basis, its dates, the territories that it leaves out. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

from gateway.errors import Problem, Severity
from gateway.geo.region import CONTROLLED_BY
from gateway.geo.sources import DatabaseInfo
from gateway.policy.finding import finding
from gateway.policy.model import Notice, Policy, PolicySet, State
from gateway.policy.parse_policy import RESTRICTIVE


def lint_policy(
    policy: Policy, policies: PolicySet, databases: Sequence[DatabaseInfo], now: datetime | None
) -> Iterator[Problem]:
    """Every finding about a policy. `databases`: none: not checked. `now`: None: dates are not judged."""
    yield from _basis(policy)
    yield from _protection(policy)
    yield from _territories(policy, policies)
    yield from _feeds(policy, policies)
    if now is not None:
        yield from _dates(policy, now.astimezone(UTC).date(), now)
    if databases:
        yield from _capability(policy, policies, databases)


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


def _protection(policy: Policy) -> Iterator[Problem]:
    kinds = {type(action).__name__ for action in policy.actions}
    if "Protect" in kinds and not kinds & {"Notice", "Block"}:
        yield finding(
            policy,
            "do.0",
            "protected-without-notice",
            f"policy '{policy.name}' protects readers without telling them why",
            "add a notice",
        )


def _territories(policy: Policy, policies: PolicySet) -> Iterator[Problem]:
    """A country that holds parts of another: vendors print those under either, so a rule for one loses readers."""
    regions = [policies.regions[name] for name in policy.readers.within if name in policies.regions]
    wholly = {code for region in regions for code in region.wholly}
    for holder, control in CONTROLLED_BY.items():
        if (
            holder in wholly
            and holder not in policy.readers.realms
            and any(isinstance(action, Notice) for action in policy.actions)
        ):
            yield finding(
                policy,
                f"readers.in.{holder}",
                "territories-left-out",
                f"policy '{policy.name}' means {holder}, but not the parts of {control.sovereign} that it controls",
                f"if they are meant, add 'controlled_by({holder})'",
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


def _capability(policy: Policy, policies: PolicySet, databases: Sequence[DatabaseInfo]) -> Iterator[Problem]:
    """Rules that ask what no database in service knows."""
    if any(database.has_subdivisions for database in databases):
        return
    for name in policy.readers.within:
        region = policies.regions[name]
        fine = sorted(code for code in region.wholly | region.partly if "-" in code)
        if fine:
            yield finding(
                policy,
                f"readers.in.{name}",
                "no-subdivisions",
                f"'{name}' needs subdivisions ({fine[0]}, …), and no database in service has any",
                "add a city database to GATEWAY_GEOIP; until then nobody is confirmed there",
            )
