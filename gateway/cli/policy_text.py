"""How the policy verbs show their results: sentences for people, JSON and JUnit for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from gateway.cli.output import say
from gateway.content.article import Facts
from gateway.errors import Problem
from gateway.geo.location import Location
from gateway.geo.region import Region, Standing
from gateway.policy.cases import Outcome
from gateway.policy.decide import OTHER_ARTICLES
from gateway.policy.decision import Decision
from gateway.policy.disputed import Disputed, disputed_among
from gateway.policy.model import PROTECTIONS

NOT_FOUND = 404
HYPOTHETICAL = "hypothetical"


def problem_json(problem: Problem) -> dict[str, object]:
    """A finding."""
    return {
        "path": problem.path, "line": problem.line, "column": problem.column, "code": problem.code,
        "severity": str(problem.severity), "what": problem.what, "remedy": problem.remedy,
    }  # fmt: skip


def test_json(outcomes: Sequence[Outcome], problems: Sequence[Problem]) -> dict[str, object]:
    """The result of `test`."""
    return {
        "passed": sum(outcome.passed for outcome in outcomes),
        "failed": sum(bool(outcome.differences) for outcome in outcomes),
        "skipped": sum(bool(outcome.skipped) for outcome in outcomes),
        "cases": [
            {
                "name": outcome.case.name,
                "file": outcome.case.path,
                "line": outcome.case.line,
                "result": _result(outcome),
                "differences": list(outcome.differences),
                "skipped": outcome.skipped,
            }
            for outcome in outcomes
        ],
        "problems": [problem_json(problem) for problem in problems],
    }


def show_test(outcomes: Sequence[Outcome], problems: Sequence[Problem]) -> None:
    """Failures with what differs and why; the sum."""
    for problem in problems:
        say(str(problem), style="red")
    for outcome in outcomes:
        case = outcome.case
        if outcome.differences:
            say(f"{case.path}:{case.line}: {case.name}", style="red")
            for difference in outcome.differences:
                say(f"    {difference}", style="red")
            for sentence in _why_briefly(outcome.decision):
                say(f"    {sentence}")
        elif outcome.skipped:
            say(f"{case.path}:{case.line}: {case.name}: not tried; {outcome.skipped}", style="yellow")
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(bool(outcome.differences) for outcome in outcomes)
    skipped = len(outcomes) - passed - failed
    if not outcomes and not problems:
        say("There are no cases. Write some in tests/*.yaml beside the policies.")
        return
    say(f"{count(passed, 'case')} passed, {failed} failed" + (f", {skipped} not tried" if skipped else "") + ".")


def junit(outcomes: Sequence[Outcome], problems: Iterable[Problem]) -> str:
    """A JUnit report: a test case for each case, and one for each file that could not be read."""
    suite = Element("testsuite", name="gateway test")
    for outcome in outcomes:
        case = SubElement(suite, "testcase", name=outcome.case.name, classname=outcome.case.path)
        if outcome.differences:
            SubElement(case, "failure", message=outcome.differences[0]).text = "\n".join(outcome.differences)
        elif outcome.skipped:
            SubElement(case, "skipped", message=outcome.skipped)
    for problem in problems:
        case = SubElement(suite, "testcase", name=str(problem.code), classname=problem.path)
        SubElement(case, "error", message=str(problem))
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(sum(bool(outcome.differences) for outcome in outcomes)))
    suite.set("errors", str(len(suite.findall("./testcase/error"))))
    suite.set("skipped", str(sum(bool(outcome.skipped) for outcome in outcomes)))
    indent(suite)
    return tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def explain_json(
    facts: Facts, location: Location, decision: Decision, now: datetime, regions: Mapping[str, Region], *,
    published: bool,
) -> dict[str, object]:  # fmt: skip
    """The result of `explain`."""
    treatments = decision.treatments
    return {
        "article": facts.slug,
        "at": now.isoformat(),
        "status": treatments.status if published else NOT_FOUND,
        "treatments": list(treatments.names()) if published else [],
        "policies": [
            {
                "policy": reason.policy,
                "matched": reason.matched,
                "standing": str(reason.standing) if reason.standing is not None else None,
                "reason": reason.reason,
                "applied": list(reason.applied),
                "shadow": reason.shadow,
            }
            for reason in decision.trace
        ],
        "valid_until": decision.valid_until.isoformat() if decision.valid_until else None,
        "depends_on_place": decision.depends_on_place,
        "evidence": [
            {"source": place.source, "country": place.country, "subdivision": place.subdivision}
            for place in location.evidence
        ],
        "unknown": location.unknown,
        "corrected": location.corrected,
        "disputed": [asdict(area) for area in disputed_near(location, regions)],
        "regions": {name: str(standing) for name, standing in sorted(location.standings.items())},
    }


def disputed_near(location: Location, regions: Mapping[str, Region]) -> list[Disputed]:
    """The disputed areas that some source names as the reader's place."""
    return disputed_among((place.subdivision for place in location.evidence if place.subdivision), regions)


def show_explain(
    facts: Facts, location: Location, decision: Decision, now: datetime, regions: Mapping[str, Region], *,
    published: bool,
) -> None:  # fmt: skip
    """The whole trace in sentences."""
    kind = ", ".join(filter(None, (facts.language, facts.section)))
    say(f"{facts.slug} ({kind}), {now.isoformat(timespec='seconds')}", style="bold")
    say(_where(location))
    near = [f"{name} {standing}" for name, standing in location.standings.items() if standing > Standing.OUTSIDE]
    say("Standing: " + (", ".join(near) or "outside every region that policies name") + ".")
    if not published:
        say(f"404: the article is published {facts.published.isoformat()}; until then it does not exist.")
    else:
        done = _shortly(decision.treatments.names())
        say(f"{decision.treatments.status}: {', '.join(done) or 'the page as the newsroom published it'}.")
    for sentence in _why(decision):
        say(f"  {sentence}")
    for area in disputed_near(location, regions):
        say(f"{area}.")
    if decision.valid_until is not None:
        say(f"This can change at {decision.valid_until.isoformat()}.")
    say("The page depends on the reader's place." if decision.depends_on_place else "The page is the same everywhere.")


def _where(location: Location) -> str:
    if location.corrected:
        return f"Evidence set right by corrections.yaml: {location.corrected}."
    if location.unknown:
        return f"The reader's place is unknown ({location.unknown})."
    if [place.source for place in location.evidence] == [HYPOTHETICAL]:
        [place] = location.evidence
        return f"As if every source of evidence said {place.subdivision or place.country}."
    heard = (f"{place.source} says {place.subdivision or place.country}" for place in location.evidence)
    return "Evidence: " + "; ".join(heard) + "."


def _why(decision: Decision | None) -> list[str]:
    if decision is None:
        return []
    sentences = []
    for reason in decision.trace:
        verb = ("would apply, but is in shadow" if reason.shadow else "applies") if reason.matched else "does not apply"
        sentences.append(f"{reason.policy}: {verb}; {reason.reason}.")
    return sentences


def _why_briefly(decision: Decision | None) -> list[str]:
    """The same, but for policies that mean other articles, of which there may be thousands: those are counted."""
    if decision is None:
        return []
    near = [reason for reason in decision.trace if not reason.reason.startswith(OTHER_ARTICLES)]
    far = len(decision.trace) - len(near)
    others = [f"{count(far, 'policy')} more: {OTHER_ARTICLES}."] if far else []
    return [*_why(replace(decision, trace=tuple(near))), *others]


def _shortly(names: Sequence[str]) -> list[str]:
    """`protect:all` where everything is protected: eleven words would hide the rest."""
    protections = {f"protect:{what}" for what in PROTECTIONS}
    if not protections <= set(names):
        return list(names)
    return [name for name in names if name not in protections] + ["protect:all"]


def _result(outcome: Outcome) -> str:
    return "failed" if outcome.differences else "skipped" if outcome.skipped else "passed"


def count(number: int, thing: str) -> str:
    """So many things, in words."""
    if number == 1:
        return f"1 {thing}"
    return f"{number} {thing[:-1]}ies" if thing.endswith("y") else f"{number} {thing}s"
