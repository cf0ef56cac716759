"""Where a reader stands, worked out once more from the interface's text alone: places are words, standings numbers.

A witness says `RU`, `RU/UA-43` or `UA~RU` (Ukraine, registered in Russia). 0 outside, 1 possible, 2 inside, 3 confirmed.
"""

from __future__ import annotations

from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any

CRIMEA = ["UA-43", "UA-40"]
FRONT = ["UA-09", "UA-14", "UA-23", "UA-65"]
AREAS: dict[str, tuple[list[str], list[str]]] = {
    **{code: ([code], []) for code in ("RU", "DE", "UA", "FR", "AL", "UA-43", "UA-14")},
    "held": (CRIMEA, FRONT),
    "controlled_by(RU)": (CRIMEA, FRONT),
    "mixed": (["DE", "UA-43"], []),
    "union": (["DE", "FR"], []),
}
"""What each area that policies name is made of: wholly, partly."""

OFFICE = ["198.51.100.0/24", "93.184.216.0/24"]
RELAYS = ["5.45.64.0/24"]
MIRROR = "mirror.example"
NAMES = [*AREAS, "unknown", "mirrors"]

REGIONS = f"""
regions:
  held: {{wholly: [UA-43, UA-40], partly: [UA-09, UA-14, UA-23, UA-65]}}
  mixed: {{wholly: [DE, UA-43]}}
  union: {{countries: [DE, FR]}}
  office: {{networks: [{", ".join(OFFICE)}]}}
  mirrors: {{hosts: [{MIRROR}]}}
  relays: {{networks: [{", ".join(RELAYS)}], kind: anonymizer}}
"""


def whereabouts(reader: dict[str, Any], corrections: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
    """Standings in every area, the registrations that witnesses name, and when a correction ends.

    `reader`: the address that reads (None: nobody can tell), the host it came to, what each witness says of it, and
    `hides` where a source says that the network's users may be elsewhere.
    """
    address, says, until = reader["address"], list(reader["says"]), None
    right = [c for c in corrections if inside([c["network"]], address) and datetime.fromisoformat(c["until"]) > now]
    if address is None or inside(RELAYS, address):
        says = []
    elif right:
        narrowest = max(right, key=lambda c: ip_network(c["network"]).prefixlen)
        until = datetime.fromisoformat(narrowest["until"])
        says = [narrowest["country"] + (f"/{narrowest['subdivision']}" if "subdivision" in narrowest else "")]
    elif reader["hides"] or not ip_address(address).is_global:
        says = []
    return {
        "standings": {
            **{name: standing(*AREAS[name], says) for name in AREAS},
            "unknown": 0 if says else 3,
            "office": 3 if inside(OFFICE, address) else 0,
            "mirrors": 1 if reader["host"].lower().partition(":")[0].rstrip(".") == MIRROR else 0,
        },
        "registered": sorted({one.partition("~")[2] for one in says if "~" in one}),
        "until": until,
    }


def inside(networks: list[str], address: str | None) -> bool:
    return address is not None and any(ip_address(address) in ip_network(network) for network in networks)


def standing(wholly: list[str], partly: list[str], says: list[str]) -> int:
    """Unknown is possible everywhere. Inside where one says so; confirmed where more than half of those do who answer,
    or where one member alone is, or all subdivisions without the countries beside them.
    """
    if not says:
        return 1
    heard = [hear(wholly, partly, one, says) for one in says]
    best = max(level for level, _, _ in heard)
    if best < 2:
        return best
    sure = [one for one in heard if one == (2, True, True)]
    answering = [one for one in heard if one[1]]
    parts = [([code], []) for code in wholly] if len(wholly) + len(partly) > 1 else []
    below = [code for code in wholly if "-" in code], [code for code in partly if "-" in code]
    if below[0] and below != (wholly, partly):
        parts.append(below)
    return 3 if 2 * len(sure) > len(answering) or any(standing(*part, says) == 3 for part in parts) else 2


def hear(wholly: list[str], partly: list[str], one: str, says: list[str]) -> tuple[int, bool, bool]:
    """What one witness says of an area: how much, whether that is an answer, whether it can help to confirm."""
    if (
        one.endswith("~RU")
        and "RU" in wholly
        and ({"UA"} <= {*wholly, *partly} or {*CRIMEA, *FRONT} <= {*wholly, *partly})
    ):
        return 2, True, False
    whole = [(*code_says(code, one, says, wholly), code) for code in wholly]
    part = [(min(1, level), answers, False, code) for level, answers, _, code in
            ((*code_says(code, one, says, wholly), code) for code in partly)]  # fmt: skip
    if any(level == 2 for level, *_ in whole):
        return 2, True, any(firm for level, _, firm, _ in whole if level == 2)
    countries = any("-" not in code for code in [*wholly, *partly])
    return max(level for level, *_ in [*whole, *part]), countries or all(a for _, a, _, _ in [*whole, *part]), True


def code_says(code: str, one: str, says: list[str], wholly: list[str]) -> tuple[int, bool, bool]:
    """The same of one code."""
    country, _, subdivision = one.partition("~")[0].partition("/")
    if code == subdivision or subdivision.startswith(f"{code}-"):
        return 2, True, True
    others = {other.partition("/")[2] for other in says} - {""}
    if code == country:
        taken = {"RU": {*CRIMEA, *FRONT}, "AL": {"XK"}}.get(code, set()) - set(wholly)
        printed = others | {other.partition("~")[0].partition("/")[0] for other in says}
        return 2, True, not taken & printed
    if one == f"{country}~{code}":
        return 1, True, True
    open_to = {"RU": {*CRIMEA, *FRONT}}.get(country, set())
    settled = bool(subdivision) or any(o.startswith(f"{country}-") or o in open_to for o in others)
    if "-" not in code:
        return (1 if country == "RU" and code == "UA" and not settled else 0), True, True
    if subdivision or not (code.startswith(f"{country}-") or (country == "RU" and code in CRIMEA)):
        return 0, True, True
    return (0 if settled else 1), False, True
