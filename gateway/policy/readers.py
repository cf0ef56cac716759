"""How surely a reader is one whom a policy means: lists by OR, `in` and `not_in` by Kleene's AND. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from gateway.geo.location import Location
from gateway.geo.region import Standing
from gateway.policy.model import Policy, Readers, Window


def standing_in(location: Location, region: str) -> Standing:
    """The standing in one region. Where none was worked out, an unknown reader may be there, a known one is not."""
    known = location.standings.get(region)
    if known is not None:
        return known
    return Standing.POSSIBLE if location.unknown else Standing.OUTSIDE


def standing_in_any(location: Location, regions: Iterable[str], realms: frozenset[str]) -> Standing:
    """The standing in a list of regions. `realms`: holders whose country, with all that it controls, the list covers;
    a reader registered there is at least inside the list, whichever of its members it may be.
    """
    best = max((standing_in(location, region) for region in regions), default=Standing.OUTSIDE)
    return max(best, Standing.INSIDE) if realms & location.registered_holders else best


def standing_among(location: Location, readers: Readers) -> Standing:
    """The standing among the readers whom a policy means."""
    within = standing_in_any(location, readers.within, readers.realms) if readers.within else Standing.CONFIRMED
    if not readers.not_in:
        return within
    return min(within, standing_in_any(location, readers.not_in, readers.not_in_realms).complement())


def open_windows(policy: Policy, now: datetime) -> tuple[Window, ...]:
    """The windows in which a policy acts now; a policy without windows has one that never closes."""
    if not policy.effective:
        return (Window(),)
    return tuple(window for window in policy.effective if window.is_open(now))


def standing_now(policy: Policy, location: Location, windows: Iterable[Window]) -> Standing:
    """How surely the reader is meant, at a moment at which these windows are open."""
    best = Standing.OUTSIDE
    for window in windows:
        if not window.within:
            best = Standing.CONFIRMED
            break
        best = max(best, standing_in_any(location, window.within, window.realms))
    return min(best, standing_among(location, policy.readers))


def asks_for_place(policy: Policy, windows: Iterable[Window]) -> bool:
    """Whether the standing can differ between readers while these windows are open."""
    return not policy.readers.everyone or all(window.within for window in windows)


def boundaries(policy: Policy, now: datetime) -> Iterable[datetime]:
    """The moments ahead at which the policy begins or ceases to act."""
    for window in policy.effective:
        for moment in (window.start, window.end):
            if moment is not None and moment > now:
                yield moment


def describe(policy: Policy, location: Location) -> str:
    """Where the reader stands to the regions that a policy names, as a sentence without its full stop."""
    readers = policy.readers
    if readers.everyone:
        return "the policy is for all readers"
    said = _where(location, readers) if readers.within else ""
    lifted = max(readers.not_in, key=lambda name: standing_in(location, name), default="")
    if lifted and standing_in(location, lifted) > Standing.OUTSIDE:
        stands = f"{_STANDS[standing_in(location, lifted)]} {lifted}, which 'not_in' leaves out"
        return f"{said}, and {stands}" if said else f"the reader {stands}"
    return said or f"the reader is outside {_listed(readers.not_in)}, which 'not_in' leaves out"


_STANDS = {
    Standing.OUTSIDE: "is outside",
    Standing.POSSIBLE: "may be in",
    Standing.INSIDE: "is inside",
    Standing.CONFIRMED: "is confirmed in",
}


def _where(location: Location, readers: Readers) -> str:
    standing = standing_in_any(location, readers.within, readers.realms)
    named = [name for name in readers.within if standing_in(location, name) is standing]
    if named:
        return f"the reader {_STANDS[standing]} {_listed(named)}"
    return f"the reader is inside {_listed(readers.within)} taken together, by the network's registration"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
