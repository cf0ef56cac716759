"""Where a reader stands to a region: outside, possible, inside or confirmed. Pure.

The rules are those of the interface's "Where a reader is: standings"; the measurements behind them are in the
operator's manual (`policies/README.md`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from ipaddress import IPv4Network, IPv6Network

Network = IPv4Network | IPv6Network


class Standing(IntEnum):
    """How surely a reader is in a region. Ordered: an action that needs a certainty takes it and all above."""

    OUTSIDE = 0
    POSSIBLE = 1
    INSIDE = 2
    CONFIRMED = 3

    def __str__(self) -> str:
        return self.name.lower()

    def complement(self) -> Standing:
        """The standing in everything but the region: outside and inside swap, possible stays (Kleene's NOT)."""
        return _COMPLEMENT[self]


_COMPLEMENT = {
    Standing.OUTSIDE: Standing.CONFIRMED,
    Standing.POSSIBLE: Standing.POSSIBLE,
    Standing.INSIDE: Standing.OUTSIDE,
    Standing.CONFIRMED: Standing.OUTSIDE,
}


@dataclass(frozen=True, slots=True)
class Place:
    """What one GeoIP source says of an address.

    `country`: ISO 3166-1 alpha-2 (or XK) as the vendor prints it. `subdivision`: ISO 3166-2 after the territory
    vocabulary, whatever country the vendor prints ("RU" + "Crimea" is country "RU", subdivision "UA-43").
    `registered`: the country of registration, kept only where it decides something: Ukraine without subdivision,
    registered in the country that holds a part of it.
    """

    source: str
    country: str
    subdivision: str | None = None
    registered: str | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """Parts of a country that another country holds: ISO 3166-2 codes, since when, and who says so."""

    holder: str
    sovereign: str
    wholly: Mapping[str, str]
    partly: Mapping[str, str]
    source: str

    @property
    def territories(self) -> frozenset[str]:
        """Every subdivision held, wholly or partly."""
        return frozenset(self.wholly) | frozenset(self.partly)


CONTROLLED_BY: Mapping[str, Control] = {
    "RU": Control(
        holder="RU",
        sovereign="UA",
        wholly={"UA-43": "2014-03-18", "UA-40": "2014-03-18"},
        partly={"UA-09": "2014-04-07", "UA-14": "2014-04-07", "UA-23": "2022-02-24", "UA-65": "2022-02-24"},
        source="UN General Assembly resolutions 68/262 and ES-11/4",
    )
}
"""Who holds what, by holder. The dates are those from which the territory, or a part of it, has been held."""

SWALLOWS: Mapping[str, frozenset[str]] = {
    "RU": CONTROLLED_BY["RU"].territories,
    "AL": frozenset({"XK"}),
    "RS": frozenset({"XK"}),
}
"""Country codes that some vendors also print for a territory that others name: the code alone is then no proof."""


@dataclass(frozen=True, slots=True)
class Region:
    """A named area. Exactly one kind of selector is set: codes (wholly, partly), networks, or hosts.

    `kind` of a network region: "" (ordinary) or why its addresses hide their users ("anonymizer", "relay",
    "satellite", "hosting"), which makes every reader there unknown. `sovereign`, `controlled_by` and `since` say whose
    a disputed area is, who holds it, and from which day on: for whoever asks why; `CONTROLLED_BY` is what decides.
    `line`: where it was written, 0 for those built in.
    """

    name: str
    title: str = ""
    wholly: frozenset[str] = frozenset()
    partly: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()
    kind: str = ""
    as_of: str = ""
    source: str = ""
    sovereign: str = ""
    controlled_by: str = ""
    since: str = ""
    line: int = field(default=0, compare=False)

    @property
    def geographic(self) -> bool:
        """Whether GeoIP evidence decides it."""
        return bool(self.wholly or self.partly)


@dataclass(frozen=True, slots=True)
class Correction:
    """Evidence set right for a block of addresses, with a reason and an end."""

    network: Network
    country: str
    subdivision: str | None
    reason: str
    until: datetime


UNKNOWN = Region(name="unknown", title="Readers whose place is unknown")


@dataclass(frozen=True, slots=True)
class Claim:
    """One witness on one region. `answers`: it knows at the needed granularity, as whoever says inside does. `firm`:
    where it says inside, that may help to confirm.
    """

    standing: Standing
    answers: bool = True
    firm: bool = True


def is_subdivision(code: str) -> bool:
    """Tell "UA-43" from "UA"."""
    return "-" in code


def claims(region: Region, evidence: Sequence[Place]) -> list[Claim]:
    """What each witness claims of a geographic region, in the order of the evidence."""
    return [_claim(region, place, evidence) for place in evidence]


def standing(region: Region, evidence: Sequence[Place]) -> Standing:
    """A reader's standing in a geographic region. No evidence means unknown, and unknown is possible everywhere."""
    if not evidence:
        return Standing.POSSIBLE
    heard = claims(region, evidence)
    best = max(claim.standing for claim in heard)
    if best is not Standing.INSIDE:
        return best
    answering = sum(claim.answers for claim in heard)
    confirming = sum(claim.firm and claim.standing is Standing.INSIDE for claim in heard)
    if 2 * confirming > answering or _confirmed_in_a_part(region, evidence):
        return Standing.CONFIRMED
    return Standing.INSIDE


def registered_holders(evidence: Iterable[Place]) -> frozenset[str]:
    """Holders in whose realm a witness puts the reader without saying on which side of the recognised border."""
    return frozenset(place.registered for place in evidence if place.registered)


def covers_realm(regions: Iterable[Region], holder: str) -> bool:
    """Whether a list of regions together holds a country and all that it controls, at least partly."""
    members = list(regions)
    wholly = {code for region in members for code in region.wholly}
    named = wholly | {code for region in members for code in region.partly}
    sovereign = CONTROLLED_BY[holder].sovereign
    return holder in wholly and (sovereign in named or CONTROLLED_BY[holder].territories <= named)


def _claim(region: Region, place: Place, evidence: Sequence[Place]) -> Claim:
    if place.registered and covers_realm((region,), place.registered):
        return Claim(Standing.INSIDE, firm=False)
    on_wholly = [(code, _on_code(code, place, evidence, region)) for code in region.wholly]
    on_partly = [(code, _weaken(_on_code(code, place, evidence, region))) for code in region.partly]
    on_members = [*on_wholly, *on_partly]
    best = max((claim for _, claim in on_members), key=lambda claim: (claim.standing, claim.firm))
    if best.standing is Standing.INSIDE:
        return best
    # A country in the record is an answer about the region's countries, whatever it leaves open about its subdivisions.
    of_countries = any(claim.answers for code, claim in on_members if not is_subdivision(code))
    of_all = all(claim.answers for _, claim in on_members)
    return Claim(best.standing, answers=of_all or of_countries)


def _confirmed_in_a_part(region: Region, evidence: Sequence[Place]) -> bool:
    """Whether a part of the region is confirmed: adding a member to a region never makes its readers less sure. The
    parts are each member alone, and all subdivisions without the countries, of which more witnesses can say no.
    """
    parts = [Region(code, wholly=frozenset({code})) for code in region.wholly] if len(region.wholly) > 1 else []
    below = Region(region.name, wholly=_subdivisions(region.wholly), partly=_subdivisions(region.partly))
    if below.wholly and (below.wholly, below.partly) != (region.wholly, region.partly):
        parts.append(below)
    return any(standing(part, evidence) is Standing.CONFIRMED for part in parts)


def _subdivisions(codes: frozenset[str]) -> frozenset[str]:
    return frozenset(filter(is_subdivision, codes))


def _weaken(claim: Claim) -> Claim:
    """Being in a part that is only partly in the region makes the region possible, and that is an answer."""
    return Claim(min(claim.standing, Standing.POSSIBLE), answers=claim.answers)


def _on_code(code: str, place: Place, evidence: Sequence[Place], region: Region) -> Claim:
    if place.subdivision == code:
        return Claim(Standing.INSIDE)
    if is_subdivision(code):
        return _on_subdivision(code, place, evidence)
    return _on_country(code, place, evidence, region)


def _on_country(code: str, place: Place, evidence: Sequence[Place], region: Region) -> Claim:
    """A country in the record is an answer about every country, even where it cannot exclude this one: what one
    witness says of a country is never confirmed over the heads of others that name another.
    """
    if place.subdivision and place.subdivision.startswith(f"{code}-"):
        return Claim(Standing.INSIDE)  # a parent contains its children, whatever country the vendor prints
    if place.country == code:
        return Claim(Standing.INSIDE, firm=not _swallowed(code, evidence, region))
    if place.registered == code:
        return Claim(Standing.POSSIBLE)
    held = CONTROLLED_BY.get(place.country)
    if held and held.sovereign == code and _unresolved(place, evidence):
        return Claim(Standing.POSSIBLE)  # bare RU cannot exclude Crimea, nor therefore Ukraine
    return Claim(Standing.OUTSIDE)


def _on_subdivision(code: str, place: Place, evidence: Sequence[Place]) -> Claim:
    if place.subdivision:
        return Claim(Standing.OUTSIDE)
    held = CONTROLLED_BY.get(place.country)
    if code.startswith(f"{place.country}-") or (held and code in held.wholly):
        cannot_exclude = _unresolved(place, evidence)
        return Claim(Standing.POSSIBLE if cannot_exclude else Standing.OUTSIDE, answers=False)
    return Claim(Standing.OUTSIDE)


def _unresolved(place: Place, evidence: Sequence[Place]) -> bool:
    """Whether no other witness names the subdivision that this one leaves open: one of its country's, or one that its
    country holds. Under which country the other prints it makes no difference.
    """
    if place.subdivision:
        return False
    prefix = f"{place.country}-"
    held = CONTROLLED_BY.get(place.country)
    territories = held.territories if held else frozenset()
    return not any(
        other.subdivision and (other.subdivision.startswith(prefix) or other.subdivision in territories)
        for other in evidence
    )


def _swallowed(code: str, evidence: Sequence[Place], region: Region) -> bool:
    """Whether a witness names a territory that vendors are known to print under `code`, and that is not in the region
    anyhow: for "Russia and Crimea" together it makes no difference which of the two it is.
    """
    territories = SWALLOWS.get(code, frozenset()) - region.wholly
    return any(place.subdivision in territories or place.country in territories for place in evidence)
