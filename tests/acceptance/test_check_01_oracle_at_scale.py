"""Decisions at scale agree with the oracle that shares nothing with them, from a reader's address to the outcome.

`ORACLE_EXAMPLES` cases, 50,000 where nothing else is said; `ORACLE_SEED` repeats a run.
"""

# ruff: noqa: T201  (progress, for whoever waits)
from __future__ import annotations

import json
import os
import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import pytest

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.geo.client_address import Address, ClientAddress
from gateway.geo.evidence import Evidence
from gateway.geo.locate import locate
from gateway.geo.region import Place
from gateway.policy.decide import decide
from gateway.policy.model import PolicySet
from gateway.policy.parse import parse
from tests.acceptance import generated
from tests.acceptance.recorder import Recording
from tests.acceptance.whereabouts import whereabouts
from tests.policy.test_oracle import observed, oracle, value

WHOLE = 50_000
CASES = int(os.environ.get("ORACLE_EXAMPLES", WHOLE))
SEED = int(os.environ.get("ORACLE_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
CASES_A_SET = 10
EPOCH = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
Case = dict[str, Any]

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(3600)]


class Told:
    """Witnesses who say of every address what they are told to."""

    def __init__(self, reader: Case) -> None:
        self.reader = reader

    def ask(self, _: Address) -> Evidence:
        places = []
        for index, one in enumerate(self.reader["says"]):
            place, _, registered = one.partition("~")
            country, _, subdivision = place.partition("/")
            places.append(Place(f"source-{index}", country, subdivision or None, registered or None))
        return Evidence(tuple(places), "satellite" if self.reader["hides"] else "")


def drawn(r: random.Random) -> Case:
    """A reader, an article, a door and a moment."""
    return {
        "reader": generated.reader(r),
        "family": generated.family(r),
        "door": r.choice(list(Door)).value,
        "now": EPOCH + timedelta(hours=r.randint(-100, 100)),
    }


def read(written: list[Case], corrected: list[Case]) -> PolicySet:
    files = generated.directory(written, corrected)
    return parse({path: text.encode() for path, text in files.items()}).required()


def facts_of(art: Case) -> Facts:
    """Its version names the file that holds it, as it does for real: other facts, another version."""
    return replace(value(art, art["slug"], art["of"]), version=json.dumps(art))


def expected(written: list[Case], corrected: list[Case], case: Case) -> Case:
    here = whereabouts(case["reader"], corrected, case["now"])
    outcome = oracle(written, case["family"], here, case["door"], case["now"])
    ends = [end for end in (outcome["until"], here["until"]) if end is not None]
    return outcome | {"until": min(ends, default=None), "standings": here["standings"]}


def found(policies: PolicySet, case: Case) -> Case:
    reader, (art, *originals) = case["reader"], case["family"]
    address = ip_address(reader["address"]) if reader["address"] else None
    client = ClientAddress(address, "peer" if address else "none", "" if address else "unparsable")
    location = locate(
        client,
        reader["host"],
        Told(reader),  # type: ignore[arg-type]
        policies.regions,
        policies.corrections,
        case["now"],
    )
    original = facts_of(originals[0]) if originals else None
    decision = decide(policies, facts_of(art), location, Door(case["door"]), case["now"], original=original)
    assert not any(reason.failed for reason in decision.trace), decision.trace
    return observed(decision) | {"standings": {name: int(level) for name, level in location.standings.items()}}


def differences(written: list[Case], corrected: list[Case], case: Case, policies: PolicySet | None = None) -> Case:
    """What differs between the decision and the oracle's: (decided, expected) by name."""
    ours, theirs = found(policies or read(written, corrected), case), expected(written, corrected, case)
    theirs["standings"] = {name: level for name, level in theirs["standings"].items() if name in ours["standings"]}
    ours["standings"].pop("relays")
    return {name: (ours[name], theirs[name]) for name in theirs if ours[name] != theirs[name]}


def smallest(written: list[Case], corrected: list[Case], case: Case) -> list[Case]:
    """The policies without which the difference goes away."""
    for one in list(written):
        fewer = [other for other in written if other is not one]
        if fewer and differences(fewer, corrected, case):
            written = fewer
    return written


def test_generated_decisions_agree_with_the_oracle(check: Recording) -> None:
    row = check(1, "decisions")
    row.of(CASES, WHOLE)
    print(f"\n{CASES} cases, ORACLE_SEED={SEED}", flush=True)
    r = random.Random(SEED)
    began = told = time.monotonic()
    done = acted = unknown = 0
    while done < CASES:
        written = generated.policies(r, EPOCH, DAY)
        corrected = generated.corrections(r, generated.ADDRESSES, EPOCH, DAY)
        policies = read(written, corrected)
        for _ in range(min(CASES_A_SET, CASES - done)):
            case = drawn(r)
            differing = differences(written, corrected, case, policies)
            if differing:
                least = smallest(written, corrected, case)
                lines = [json.dumps(one, default=str) for one in ({"case": done}, *least, *corrected, case)]
                pytest.fail("\n".join(["decided and expected differ:", repr(differing), *lines]))
            outcome = expected(written, corrected, case)
            acted += any(outcome[name] for name in ("block", "to", "notices", "protect", "parts", "subs", "headers"))
            unknown += outcome["standings"]["unknown"] == 3
            done += 1
        if time.monotonic() - told > 10:
            told = time.monotonic()
            print(f"  {done} of {CASES} in {told - began:.0f} s", flush=True)
    row.figure(f"0 of {done:,} differ, {acted:,} of them treated, {unknown:,} unknown readers, seed {SEED}")
    print(f"0 of {done} differ ({acted} pages treated, {unknown} unknown readers), {time.monotonic() - began:.1f} s")
    assert acted > done / 5, "the cases say too little: hardly any page is treated"
