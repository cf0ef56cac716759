"""Disputed areas: whose they are, who holds them, from when, by which source. For whoever asks why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.geo.region import CONTROLLED_BY, Region
from gateway.geo.territory import name_of
from gateway.policy.builtin import built_in


@dataclass(frozen=True, slots=True)
class Disputed:
    """An area that `controlled_by` holds, since a day, and that belongs to `sovereign`: ISO 3166-1 codes. `partly`: it
    is held in part. `name`: a code, or a region of regions.yaml.
    """

    name: str
    title: str
    sovereign: str
    controlled_by: str
    since: str
    source: str
    partly: bool = False

    def __str__(self) -> str:
        part = "a part of it" if self.partly else "it"
        held = f"; {part} is held by {name_of(self.controlled_by)}" if self.controlled_by else ""
        held += f", since {self.since}" if held and self.since else ""
        source = f" ({self.source})" if self.source else ""
        named = f"{self.title} ({self.name})" if self.title not in ("", self.name) else self.name
        return f"{named} belongs to {name_of(self.sovereign) or 'nobody named'}{held}{source}"


def disputed_among(names: Iterable[str], regions: Mapping[str, Region]) -> list[Disputed]:
    """Those of these codes and regions that are disputed, and the disputed territories of which a region consists; in
    the order of names, each once.
    """
    found: dict[str, Disputed] = {}
    for name in names:
        region = regions.get(name) or built_in(name)
        for code in sorted(region.wholly | region.partly) if region else ():
            if territory := _territory(code):
                found.setdefault(code, territory)
        if region and (region.sovereign or region.controlled_by) and region.line:
            found.setdefault(name, _as_written(region))
    return [found[name] for name in sorted(found)]


def _territory(code: str) -> Disputed | None:
    region = built_in(code)
    if region is None or not region.controlled_by or region.name != code:
        return None
    partly = code in CONTROLLED_BY[region.controlled_by].partly
    return Disputed(
        code, name_of(code), region.sovereign, region.controlled_by, region.since, region.source, partly=partly
    )


def _as_written(region: Region) -> Disputed:
    return Disputed(
        region.name, region.title, region.sovereign, region.controlled_by, region.since, region.source,
        partly=not region.wholly,
    )  # fmt: skip
