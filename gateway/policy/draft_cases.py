"""The cases of a drafted policy: the template's, told for the articles, the regions and the policies that there are.

A case states the whole outcome, so what the directory's other policies do to the same reader is written into it too.
Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from gateway.content.article import Facts
from gateway.content.source import Index
from gateway.errors import PolicyError
from gateway.geo.locate import hypothetical
from gateway.geo.region import Standing
from gateway.policy.cases import OBSERVED, Case, parse_cases, run_case
from gateway.policy.decision import Decision
from gateway.policy.match import media_matching
from gateway.policy.model import PROTECTIONS, Policy, PolicySet, State
from gateway.policy.readers import standing_in
from gateway.policy.template import flow, quoted, render

ELSEWHERE = ("NG", "UY", "JP", "CA", "KE", "IS", "DE")
"""Where somebody reads whom a policy does not mean: the first that it doesn't."""

Expectation = dict[str, int | frozenset[str]]


@dataclass(frozen=True, slots=True)
class Scene:
    """What cases are told of: the policy, in a set of its own; articles that it means, and others, newest first."""

    name: str
    policy: Policy
    policies: PolicySet
    meant: Sequence[Facts]
    others: Sequence[Facts]
    now: datetime

    def values(self) -> dict[str, object]:
        """What a template's cases may ask for: places, articles, moments ("" where there is none)."""
        start = min((window.start for window in self.policy.effective if window.start), default=None)
        there = (facts for facts in self.meant if facts.published <= (start or self.now))
        article = next(there, next(iter(self.meant), None))
        end = max((window.end for window in self.policy.effective if window.end), default=None)
        moments = [moment for moment in (start, article and article.published) if moment]
        during = max(moments) if start or (article and article.published > self.now) else None
        there_before = start and article and article.published < start
        known = [facts for facts in self.others if facts.published <= (during or self.now)]
        within = [name for name in self.policy.readers.within if self.policies.regions[name].geographic]
        return {
            "inside": within[0] if within else "",
            "outside": self.outside(),
            "article": article.slug if article else "",
            "media": sorted(media_matching(self.policy.articles, article)) if article else [],
            "translation": next((one.slug for one in self.meant if article and one.translation_of == article.slug
                                 and one.published <= (during or self.now)), ""),
            "other": known[0].slug if known else "",
            "during": _written(during),
            "before": _written(start - timedelta(seconds=1)) if start and there_before else "",
            "after": _written(end),
        }  # fmt: skip

    def without(self, policies: PolicySet) -> PolicySet:
        """A set as it is without the draft."""
        drafted = {policy.name for policy in self.policies.policies}
        return replace(policies, policies=tuple(one for one in policies.policies if one.name not in drafted))

    def outside(self) -> str:
        """A country none of whose readers the policy names, in `in` or in `not_in`."""
        named = (*self.policy.readers.within, *self.policy.readers.not_in)
        for code in ELSEWHERE:
            location = hypothetical(code, self.policies.regions)
            if all(standing_in(location, name) is Standing.OUTSIDE for name in named):
                return code
        return ""


def write_cases(
    source: str, values: Mapping[str, object], scene: Scene, both: PolicySet | None, index: Index | None
) -> tuple[str, list[str]]:
    """The file of cases, and a sentence for each that does not hold. `both`: the directory's set, with the draft."""
    rest = both and scene.without(both)
    told = scene.values()
    if not told["article"]:
        told["article"] = _named_article(values)
    text = render(source, {**values, **told})
    cases, problems = parse_cases({"tests/cases.yaml": text.encode()}, scene.policies.regions)
    if problems:
        raise PolicyError("\n".join(map(str, problems)), problems)
    lines = [f"# {scene.policy.title}. Each case says who reads, what, when, and what must come of it.", "cases:"]
    conflicts: list[str] = []
    for case in cases:
        before = _decision(case, rest, index, scene.now)
        final = replace(case, expect=_beside(case, before, scene))
        lines += _lines(final, case if scene.policy.state is not State.ACTIVE and _touched(case) else None)
        if both is not None and index is not None and case.article in index.facts:
            outcome = run_case(final, both, index, None, scene.now)
            conflicts += [f"{case.name}: {difference}" for difference in outcome.differences]
    return "\n".join(lines) + "\n", conflicts


def broken_cases(files: Mapping[str, bytes], scene: Scene, both: PolicySet | None, index: Index | None) -> list[str]:
    """The directory's own cases that held without the draft and don't with it: what it changes for others' promises."""
    if both is None or index is None:
        return []
    found: list[str] = []
    rest = scene.without(both)
    for case in parse_cases(files, both.regions)[0]:
        now, then = (run_case(case, policies, index, None, scene.now) for policies in (both, rest))
        if now.differences and then.passed:
            found.append(f"{case.path}:{case.line}: {case.name}: {now.differences[0]}")
    return found


def _named_article(values: Mapping[str, object]) -> str:
    """The article that was answered: the content has none that the policy means."""
    for word in ("article", "articles"):
        named = values.get(word)
        if named:
            return str(named[0] if isinstance(named, tuple) else named)
    return "an-article-that-is-to-come"


def _decision(case: Case, policies: PolicySet | None, index: Index | None, now: datetime) -> Decision | None:
    if policies is None or index is None or case.article not in index.facts:
        return None
    return run_case(replace(case, expect={}), policies, index, None, now).decision


def _touched(case: Case) -> bool:
    """Whether the case is about somebody whom the policy treats."""
    return bool(case.expect.get("policies"))


def _beside(case: Case, before: Decision | None, scene: Scene) -> Expectation:
    """What to expect in the directory: what the template says, and what other policies do to the same reader."""
    wanted: Expectation = dict(case.expect)
    applied = scene.policy.state is State.ACTIVE
    status = before.treatments.status if before else 200
    found: Expectation = {}
    for name, value in wanted.items():
        if isinstance(value, int):
            found[name] = value if applied or not _touched(case) else status
        elif name != "policies" or (applied and _touched(case)):
            theirs = OBSERVED[name](before) if before else frozenset()
            found[name] = (value if applied else frozenset()) | theirs
    if not _touched(case) and before and found.get("status") == 200:
        found["status"] = status
    if scene.policy.state is State.SHADOW:
        theirs = OBSERVED["shadow"](before) if before else frozenset()
        mine = wanted.get("policies", frozenset())
        found["shadow"] = theirs | (mine if isinstance(mine, frozenset) else frozenset())
    return found


def _lines(case: Case, once_active: Case | None) -> list[str]:
    reader = ", ".join(f"{name}: {quoted(value)}" for name, value in case.reader.items())
    lines = ["", f"  - name: {quoted(case.name)}", f"    reader: {{{reader}}}", f"    article: {quoted(case.article)}"]
    if case.at is not None:
        lines.append(f"    at: {_written(case.at)}")
    lines.append(f"    expect: {_expectation(case.expect)}")
    if once_active is not None:
        lines.append(f"    # once the policy is active: expect: {_expectation(once_active.expect)}")
    return lines if lines[0] else lines[1:]


def _expectation(expect: Mapping[str, int | frozenset[str]]) -> str:
    pieces = []
    for name, value in expect.items():
        if isinstance(value, int):
            pieces.append(f"{name}: {value}")
        elif name == "protect" and value == frozenset(PROTECTIONS):
            pieces.append("protect: all")
        else:
            pieces.append(f"{name}: {flow(sorted(value))}")
    return f"{{{', '.join(pieces)}}}"


def _written(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
