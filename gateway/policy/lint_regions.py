"""Findings about regions: unused, a list that is old, or disputed and not as the gateway's release knows them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from gateway.errors import Problem, Severity
from gateway.geo.region import CONTROLLED_BY, Region
from gateway.policy.model import PolicySet

FILE = "regions.yaml"
OLD_LIST = timedelta(days=90)
"""Anonymizers, relays and hosting networks come and go by the week."""


def lint_regions(policies: PolicySet, now: datetime | None = None) -> Iterator[Problem]:
    """Every finding about the regions that were written. `now`: by which lists are judged; None: they are not."""
    named = {name for policy in policies.policies for name in (*policy.readers.within, *policy.readers.not_in)}
    named |= {name for policy in policies.policies for window in policy.effective for name in window.within}
    for name, region in policies.regions.items():
        if not region.line:
            continue
        if name not in named and not region.kind:
            what = f"no policy names the region '{name}'"
            yield _finding(region, "unused-region", what, "remove it, or use it", Severity.INFO)
        yield from _disputed(region)
        if region.kind and now is not None:
            yield from _list(region, now)


def _disputed(region: Region) -> Iterator[Problem]:
    territories = frozenset[str]().union(*(control.territories for control in CONTROLLED_BY.values()))
    if (region.controlled_by or territories & (region.wholly | region.partly)) and not (region.as_of and region.source):
        missing = " and ".join(
            word for word, value in (("as_of", region.as_of), ("source", region.source)) if not value
        )
        yield _finding(
            region, "undated-extent", f"the disputed region '{region.name}' has no {missing}",
            "say on which day somebody last looked at its extent (`as_of`), and who says so (`source`)", Severity.INFO,
        )  # fmt: skip
    control = CONTROLLED_BY.get(region.controlled_by)
    if control is None:
        return
    whole = sorted(region.wholly & frozenset(control.partly))
    if whole:
        yield _finding(
            region, "held-in-part", f"region '{region.name}' has {whole[0]} whole, but {control.holder} holds a part",
            f"write {whole[0]} under 'partly': on which side of a front line a reader is, no database knows",
            Severity.WARNING,
        )  # fmt: skip
    if region.sovereign and region.sovereign != control.sovereign and control.territories & region.wholly:
        yield _finding(
            region, "other-sovereign", f"region '{region.name}' says '{region.sovereign}' is sovereign of what belongs "
            f"to '{control.sovereign}'",
            f"write `sovereign: {control.sovereign}` ({control.source})", Severity.WARNING,
        )  # fmt: skip


def is_old(region: Region, now: datetime) -> bool:
    """Whether a list of networks that hide their users is from too long ago."""
    return bool(region.as_of) and now.date() - date.fromisoformat(region.as_of) > OLD_LIST


def _list(region: Region, now: datetime) -> Iterator[Problem]:
    kind = f"the list of {region.kind} networks '{region.name}'"
    if not region.as_of:
        remedy = "write the day on which it was made: `# as of 2026-11-01` in its file, or `as_of`"
        yield _finding(region, "undated-list", f"{kind} has no date", remedy, Severity.INFO)
    elif is_old(region, now):
        what = f"{kind} is from {region.as_of}, more than {OLD_LIST.days} days ago: whoever came since is located there"
        yield _finding(region, "old-list", what, "fetch it anew, and write the day into it", Severity.WARNING)


def _finding(region: Region, code: str, what: str, remedy: str, severity: Severity) -> Problem:
    return Problem(FILE, region.line, 3, code, what, remedy, severity)
