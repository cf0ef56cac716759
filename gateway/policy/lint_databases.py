"""Policies beside the GeoIP databases in service: what they ask that none of these can know. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.errors import Problem
from gateway.geo.region import is_subdivision
from gateway.geo.sources import DatabaseInfo
from gateway.policy.finding import finding
from gateway.policy.model import Policy, PolicySet, State


def lint_databases(
    policies: PolicySet, databases: Sequence[DatabaseInfo], codes: frozenset[str] | None
) -> Iterator[Problem]:
    """Every finding. No databases: nothing is checked. `codes`: those that occur in any of them; None: not known."""
    if not databases:
        return
    subdivided = any(database.has_subdivisions for database in databases)
    for policy in policies.policies:
        if policy.state is State.OFF:
            continue
        for name, mark in _asked(policy):
            region = policies.regions[name]
            fine = sorted(code for code in region.wholly | region.partly if is_subdivision(code))
            if fine and not subdivided:
                yield finding(
                    policy,
                    mark,
                    "no-subdivisions",
                    f"'{name}' needs subdivisions ({fine[0]}, …), and no database in service has any",
                    "add a city database to GATEWAY_GEOIP; until then nobody is confirmed there",
                )
            elif codes is not None:
                yield from _absent(policy, name, mark, sorted(region.wholly | region.partly), codes)


def _absent(policy: Policy, name: str, mark: str, wanted: list[str], codes: frozenset[str]) -> Iterator[Problem]:
    countries = {code.partition("-")[0] for code in codes}
    gone = [code for code in wanted if code not in (codes if is_subdivision(code) else countries)]
    if gone:
        whole = len(gone) == len(wanted)
        yield finding(
            policy,
            mark,
            "code-never-occurs",
            f"no address in any database in service is in {_few(gone)}"
            + (f": nobody is ever confirmed in '{name}'" if whole and gone != [name] else ""),
            "mend the code, or add a database that knows the place (`gateway geo status`)",
        )


def _asked(policy: Policy) -> Iterator[tuple[str, str]]:
    """Every region that a policy names, and where."""
    yield from ((name, f"readers.in.{name}") for name in policy.readers.within)
    yield from ((name, f"readers.not_in.{name}") for name in policy.readers.not_in)
    for number, window in enumerate(policy.effective):
        yield from ((name, f"effective.{number}.in.{name}") for name in window.within)


def _few(codes: list[str]) -> str:
    more = len(codes) - 4
    return ", ".join(codes[:4]) + (f" and {more} more" if more > 0 else "")
