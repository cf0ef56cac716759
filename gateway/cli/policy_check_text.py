"""How `gateway check` shows its result: sentences for people, JSON and JUnit for programs."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from gateway.cli.output import say
from gateway.cli.policy_check import Checked
from gateway.cli.policy_text import count as count_of
from gateway.cli.policy_text import problem_json
from gateway.errors import Problem, Severity
from gateway.policy.proofs import Proven

_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "dim"}


def check_json(checked: Checked, *, failed: bool) -> dict[str, object]:
    """The result of `check`."""
    policies, proven = checked.policies, checked.proven
    return {
        "directory": str(checked.directory),
        "ok": not failed,
        "revision": policies.revision if policies else None,
        "policies": len(policies.policies) if policies else 0,
        "findings": [problem_json(problem) for problem in checked.problems],
        "tried": proven
        and {
            "readers": proven.readers,
            "articles": proven.classes,
            "periods": proven.moments,
            "variants": proven.variants,
        },
        "unchecked": list(checked.unchecked),
    }


def show_check(checked: Checked) -> None:
    """The findings, what was not checked, the sum."""
    for problem in checked.problems:
        say(identified(problem), style=_STYLES[problem.severity])
    for sentence in checked.unchecked:
        say(f"Not checked: {sentence}", style="dim")
    if checked.proven is not None:
        say(tried(checked.proven), style="dim")
    say(summary(checked))


def identified(problem: Problem) -> str:
    """A finding in a line: place, explanation, remedy; severity and identifier."""
    return f"{problem} [{problem.severity}: {problem.code}]"


def summary(checked: Checked) -> str:
    """The sum of a check, in a sentence."""
    counts = {severity: sum(problem.severity is severity for problem in checked.problems) for severity in Severity}
    found = ", ".join(count_of(number, severity) for severity, number in counts.items() if number) or "nothing found"
    if checked.policies is None:
        return f"{checked.directory} cannot be used: {found}."
    count = count_of(len(checked.policies.policies), "policy")
    return f"{checked.directory}, revision {checked.policies.revision}: {count}; {found}."


def tried(proven: Proven) -> str:
    """How much the proofs rest on."""
    variants = (
        f"an article can have {count_of(proven.variants, 'variant')}" if proven.variants else "no article is treated"
    )
    return (
        f"Tried: {count_of(proven.readers, 'kind')} of readers and {count_of(proven.classes, 'kind')} of articles, in "
        f"{count_of(proven.moments, 'period')} between boundaries; {variants}."
    )


def check_junit(checked: Checked, *, strict: bool) -> str:
    """A JUnit report of `check`: a test case for each file, and in it a failure for each finding that fails."""
    suite = Element("testsuite", name="gateway check")
    failing = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    paths = dict.fromkeys([*checked.files, *(problem.path for problem in checked.problems)])
    for path in paths:
        case = SubElement(suite, "testcase", name=path, classname="gateway check")
        mine = [problem for problem in checked.problems if problem.path == path]
        for problem in mine:
            if problem.severity in failing:
                SubElement(case, "failure", type=problem.code, message=str(problem))
        told = [identified(problem) for problem in mine if problem.severity not in failing]
        if told:
            SubElement(case, "system-out").text = "\n".join(told)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("./testcase/failure"))))
    suite.set("errors", "0")
    indent(suite)
    return tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
