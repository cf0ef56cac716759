"""The operators' own cases, `tests/*.yaml`: a reader, an article, a moment, and what must come of it. Pure.

A case is a value, and so is its outcome; the command line, JUnit and the console only show them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from ipaddress import ip_address
from types import MappingProxyType

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.content.source import Index, is_published
from gateway.errors import PolicyError, Problem
from gateway.geo.client_address import ClientAddress
from gateway.geo.evidence import Witnesses
from gateway.geo.locate import hypothetical, locate, unknown_location
from gateway.geo.location import Location
from gateway.geo.region import UNKNOWN, Region, Standing
from gateway.geo.territory import is_country, is_subdivision_code
from gateway.policy.builtin import remedy_for
from gateway.policy.decide import decide
from gateway.policy.decision import Decision
from gateway.policy.model import PROTECTIONS, PolicySet
from gateway.pyyaml import Fields, Node, YamlError, nearest, read

FOLDER = "tests/"
DOORS = tuple(door.value for door in Door)
NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `expect` holds only what the case names; lists are compared as sets, and exactly."""

    name: str
    reader: Mapping[str, str]
    article: str
    at: datetime | None
    expect: Mapping[str, int | frozenset[str]]
    door: Door = Door.HTML
    path: str = ""
    line: int = 0
    marks: Mapping[str, tuple[int, int]] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case. `differences`: a sentence each, empty if it passed. `skipped`: why it could not be tried."""

    case: Case
    differences: tuple[str, ...] = ()
    skipped: str = ""
    decision: Decision | None = None

    @property
    def passed(self) -> bool:
        """Whether everything expected came."""
        return not self.differences and not self.skipped


def parse_cases(files: Mapping[str, bytes], regions: Mapping[str, Region]) -> tuple[list[Case], list[Problem]]:
    """Every case of `tests/*.yaml`, and what is wrong with those that are left out."""
    cases: list[Case] = []
    problems: list[Problem] = []
    for path in sorted(files):
        if path.startswith(FOLDER) and path.endswith(".yaml"):
            try:
                root = read(files[path], path)
            except YamlError as error:
                problems.extend(error.problems)
                continue
            with Fields(root, problems, "in the file") as fields:
                nodes = fields.items("cases", required=True) or ()
            cases += [case for node in nodes if (case := _case(node, regions, problems)) is not None]
    return cases, problems


def run_case(
    case: Case, policies: PolicySet, index: Index | None, witnesses: Witnesses | None, now: datetime
) -> Outcome:
    """Try one case. `now` is used where the case names no moment."""
    at = case.at or now
    facts = index.facts.get(case.article) if index is not None else None
    if index is None:
        return Outcome(case, skipped="there is no content to try it on")
    if facts is None:
        return Outcome(case, (no_such_article(case.article, index.facts),))
    if "ip" in case.reader and witnesses is None:
        return Outcome(case, skipped="there is no GeoIP database to look the address up in")
    location = locate_case(case, policies, witnesses, at)
    decision = decide(policies, facts, location, case.door, at, original=original_of(facts, index), whole_trace=True)
    published = is_published(facts, at)
    return Outcome(case, tuple(_differences(case, decision, published=published)), decision=decision)


def original_of(facts: Facts, index: Index) -> Facts | None:
    """The facts of the article that this one translates."""
    return index.facts.get(facts.translation_of) if facts.translation_of else None


def no_such_article(slug: str, known: Iterable[str]) -> str:
    """What to say of a slug that no article has, with the nearest that one has: a near spelling, or a longer slug."""
    near = nearest(slug, known) or min((one for one in known if slug and slug in one), key=len, default=None)
    return f"there is no article '{slug}'" + (f"; did you mean '{near}'?" if near else "")


def locate_case(case: Case, policies: PolicySet, witnesses: Witnesses | None, at: datetime) -> Location:
    """The reader's location."""
    host = case.reader.get("host", "")
    if "ip" in case.reader and witnesses is not None:
        client = ClientAddress(ip_address(case.reader["ip"]), "peer", "")
        return locate(client, host, witnesses, policies.regions, policies.corrections, at)
    if "in" in case.reader:
        location = locate_in(case.reader["in"], policies.regions)
        hosts = {name: _arrival(region, host) for name, region in policies.regions.items() if region.hosts and host}
        return replace(location, standings=MappingProxyType({**location.standings, **hosts}))
    return unknown_location(policies.regions, "hypothetical", host=host)


def locate_in(target: str, regions: Mapping[str, Region]) -> Location:
    """A reader about whom all witnesses agree. Raises PolicyError if `target` is neither a code nor a region."""
    if target in regions or target == UNKNOWN.name or is_country(target) or is_subdivision_code(target):
        return hypothetical(target, regions)
    what = f"there is no region '{target}'; {remedy_for(target, regions)}"
    raise PolicyError(what, [Problem(target, 0, 0, "unknown-region", what, "")])


def _arrival(region: Region, host: str) -> Standing:
    return Standing.POSSIBLE if host.lower().rstrip(".") in region.hosts else Standing.OUTSIDE


def _case(node: Node, regions: Mapping[str, Region], problems: list[Problem]) -> Case | None:
    before = len(problems)
    name = node.entries["name"][1].text if "name" in node.entries else ""
    about = f"in case '{name}'" if name else "in a case"
    with Fields(node, problems, about) as fields:
        name = fields.text("name", required=True)
        reader = _reader(fields.get("reader", required=True), about, regions, problems)
        article = fields.text("article", required=True)
        at = fields.moment("at")
        door = Door(fields.one_of("door", DOORS, Door.HTML))
        wanted = fields.get("expect", required=True)
        expect = _expect(wanted, about, problems) if wanted is not None else {}
    marks = {key: (value.line, value.column) for key, (_, value) in (wanted.entries.items() if wanted else ())}
    return (
        Case(name, reader, article, at, expect, door, node.path, node.line, marks) if len(problems) == before else None
    )


def _reader(node: Node | None, about: str, regions: Mapping[str, Region], problems: list[Problem]) -> dict[str, str]:
    if node is None:
        return {}
    with Fields(node, problems, f"of 'reader' {about}") as fields:
        address, region, host = fields.text("ip"), fields.text("in"), fields.text("host")
        unknown = fields.flag("unknown")
        if address:
            try:
                ip_address(address)
            except ValueError:
                what = f"'{address}' is no address {about}"
                fields.refuse(fields.get("ip") or node, "bad-address", what, "write 95.24.0.1 or 2a00:1370::1")
        if region and region not in regions and not (is_country(region) or is_subdivision_code(region)):
            what = f"unknown region '{region}' {about}"
            fields.refuse(fields.get("in") or node, "unknown-region", what, remedy_for(region, regions))
        if node.kind == "mapping" and (
            bool(address) + bool(region) + unknown > 1 or not (address or region or unknown or host)
        ):
            remedy = "write one of `ip: …`, `in: REGION`, `unknown: true`; `host: …` may stand beside it"
            fields.refuse(node, "bad-reader", f"it is not clear who reads {about}", remedy)
    given = {"ip": address, "in": region, "host": host, "unknown": "true" if unknown else ""}
    return {name: value for name, value in given.items() if value}


def _expect(node: Node, about: str, problems: list[Problem]) -> dict[str, int | frozenset[str]]:
    found: dict[str, int | frozenset[str]] = {}
    with Fields(node, problems, f"of 'expect' {about}") as fields:
        if fields.has("status"):
            found["status"] = fields.integer("status", minimum=200, maximum=599)
        for name in ("notices", "protect", "withheld", "policies", "shadow", "substituted", "headers"):
            if not fields.has(name):
                continue
            listed = fields.node.entries[name][1]
            if name == "protect" and listed.kind == "scalar" and listed.text == "all":
                found[name] = frozenset(PROTECTIONS)
            elif listed.kind == "sequence" and not listed.items:
                found[name] = frozenset()  # "none" is something that a case may well expect
            else:
                found[name] = frozenset(fields.texts(name) or ())
        if node.kind == "mapping" and not node.entries:
            fields.refuse(node, "nothing-expected", f"nothing is expected {about}", "name status, notices, protect, …")
    return found


OBSERVED: Mapping[str, Callable[[Decision], frozenset[str]]] = {
    "notices": lambda decision: frozenset(due.id for due in decision.treatments.notices),
    "protect": lambda decision: decision.treatments.protect,
    "withheld": lambda decision: frozenset(
        what for held in decision.treatments.withheld for what in held.parts | held.media
    ),
    "policies": lambda decision: frozenset(decision.policies),
    "shadow": lambda decision: frozenset(
        reason.policy for reason in decision.trace if reason.shadow and reason.matched
    ),
    "substituted": lambda decision: frozenset(target for target, _ in decision.treatments.substitutes),
    "headers": lambda decision: frozenset(name for name, _ in decision.treatments.headers),
}


def _differences(case: Case, decision: Decision, *, published: bool) -> list[str]:
    found: list[str] = []
    for name, wanted in case.expect.items():
        if isinstance(wanted, int):
            status = decision.treatments.status if published else NOT_FOUND
            if status != wanted:
                found.append(f"status: expected {wanted}, got {status}")
            continue
        got = OBSERVED[name](decision) if published else frozenset()
        missing, more = sorted(wanted - got), sorted(got - wanted)
        if missing or more:
            parts = [f"{', '.join(missing)} expected, but not there"] * bool(missing)
            parts += [f"{', '.join(more)} there, but not expected"] * bool(more)
            found.append(f"{name}: {'; '.join(parts)}")
    return found
