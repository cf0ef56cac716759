"""What a CDN says of the reader's place, in headers of its own: one more witness, heard from that CDN's ranges alone.

Whoever else sends these headers says nothing. A place that the CDN does not know (`XX`) is an abstention; `T1`, Tor, is
a network that hides where its users are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.geo.client_address import TrustedProxies, parse_address
from gateway.geo.evidence import Evidence
from gateway.geo.presets import GeoHeaders, Preset
from gateway.geo.records import PSEUDO_CODE
from gateway.geo.territory import HIDING_CODES, place_of

SILENT = Evidence()
_LONGEST = 64
"""No country, subdivision or time zone is written longer."""


@dataclass(frozen=True, slots=True)
class CdnGeo:
    """One CDN's ranges and headers. `source` is the witness's name ("cdn:cloudflare")."""

    source: str
    ranges: TrustedProxies
    headers: GeoHeaders

    @classmethod
    def of(cls, preset: Preset) -> CdnGeo | None:
        """Of a preset; None for a proxy that does not tell the place."""
        return cls(f"cdn:{preset.name}", TrustedProxies(preset.networks), preset.geo) if preset.geo else None

    def ask(self, peer: str | None, headers: Sequence[tuple[str, str]]) -> Evidence:
        """What it says in these header lines (names in lower case), if `peer` is the CDN's. Never raises.

        A header that stands there twice was not written by the CDN alone, and silences it.
        """
        address = parse_address(peer) if peer else None
        if address is None or not self.ranges.trusts(address):
            return SILENT
        said = {name: self._one(headers, name) for name in self.headers.names}
        if None in said.values():
            return SILENT
        country = (said[self.headers.country] or "").upper()
        if country in HIDING_CODES:
            return Evidence(hidden=HIDING_CODES[country])
        codes = tuple(filter(None, [said[self.headers.subdivision]]))
        place = place_of(self.source, country, codes=codes, time_zone=said[self.headers.time_zone] or "")
        return Evidence((place,)) if place else SILENT

    @staticmethod
    def _one(headers: Sequence[tuple[str, str]], name: str) -> str | None:
        """Its value; "" where it is absent, None where it cannot be the CDN's."""
        values = [value.strip(" \t") for key, value in headers if key == name]
        if len(values) > 1 or (values and len(values[0]) > _LONGEST):
            return None
        return values[0] if values else ""


def together(own: Evidence, cdn: Evidence) -> Evidence:
    """Databases and CDN as one body of evidence: a network that either knows to hide its users does hide them."""
    if not cdn.places and not cdn.hidden:
        return own
    places = (*own.places, *cdn.places)
    return Evidence(places, cdn.hidden or ("" if cdn.places and own.hidden == PSEUDO_CODE else own.hidden))
