"""Regions that need no entry in regions.yaml: ISO codes, continents, EU, EEA, and what a country controls abroad."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.geo.region import CONTROLLED_BY, UNKNOWN, Region
from gateway.geo.territory import is_country, is_subdivision_code, suggest
from gateway.pyyaml import nearest

_MEMBERS = {
    "africa": "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR "
    "MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW",
    "antarctica": "AQ BV GS HM TF",
    "asia": "AE AF AM AZ BD BH BN BT CC CN CX CY GE HK ID IL IN IO IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM "
    "MN MO MV MY NP OM PH PK PS QA SA SG SY TH TJ TL TM TR TW UZ VN YE",
    "europe": "AD AL AT AX BA BE BG BY CH CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV "
    "MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK",
    "north-america": "AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS MX NI PA PM "
    "PR SV SX TC TT US VC VG VI",
    "oceania": "AS AU CK FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS",
    "south-america": "AR BO BR CL CO EC FK GF GY PE PY SR UY VE",
    "EU": "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK AX GF GP MF MQ RE YT",
}  # the EU with the territories under their own codes in which its law applies (TFEU, articles 349 and 355)
_MEMBERS["EEA"] = f"{_MEMBERS['EU']} IS LI NO"

_TITLES = {
    "EU": "European Union, with Åland and the French outermost regions",
    "EEA": "European Economic Area",
}


def _groups() -> Iterator[Region]:
    yield UNKNOWN
    for name, members in _MEMBERS.items():
        title = _TITLES.get(name, name.replace("-", " ").title())
        yield Region(name=name, title=title, wholly=frozenset(members.split()))
    for holder, control in CONTROLLED_BY.items():
        yield Region(
            name=f"controlled_by({holder})",
            title=f"Parts of {control.sovereign} controlled by {holder}",
            wholly=frozenset(control.wholly),
            partly=frozenset(control.partly),
            as_of=max((*control.wholly.values(), *control.partly.values())),
            source=control.source,
            sovereign=control.sovereign,
            controlled_by=holder,
            since=min((*control.wholly.values(), *control.partly.values())),
        )


GROUPS = {region.name: region for region in _groups()}
"""Built-in regions by name, those for single codes left out."""


def built_in(name: str) -> Region | None:
    """The built-in region of this name: a group, or any ISO 3166-1 or 3166-2 code."""
    if name in GROUPS:
        return GROUPS[name]
    if is_country(name) or is_subdivision_code(name):
        return _disputed(name) or Region(name=name, title=name, wholly=frozenset({name}))
    return None


def _disputed(code: str) -> Region | None:
    """A territory that another country holds than the one to which it belongs."""
    for holder, control in CONTROLLED_BY.items():
        since = control.wholly.get(code) or control.partly.get(code)
        if since:
            return Region(
                name=code,
                title=code,
                wholly=frozenset({code}),
                source=control.source,
                sovereign=control.sovereign,
                controlled_by=holder,
                since=since,
            )
    return None


def remedy_for(name: str, regions: Iterable[str] = ()) -> str:
    """What to write instead of a name that is no region: a code by ISO 3166, else the nearest region."""
    meant = suggest(name)
    if meant:
        standard = "3166-2" if "-" in meant else "3166-1"
        return f"ISO {standard} says '{meant}'"
    near = nearest(name, [*regions, *GROUPS], cutoff=0.75)
    if near:
        return f"did you mean '{near}'?"
    return "write an ISO 3166 code (DE, UA-43), or a region of regions.yaml"
