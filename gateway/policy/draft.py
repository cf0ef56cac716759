"""A new policy from a template and answers: its files, and what the parser and the checks say of them. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from gateway.content.article import Facts
from gateway.content.source import Index
from gateway.errors import Problem, Severity
from gateway.policy.cases import original_of
from gateway.policy.draft_cases import Scene, broken_cases, write_cases
from gateway.policy.lint import lint
from gateway.policy.match import why_not
from gateway.policy.model import Policy, PolicySet, Redirect
from gateway.policy.parse import CORRECTIONS, NO_POLICIES, parse
from gateway.policy.template import Answer, Question, Template, render, split

WITHOUT_CONTENT = ("en", "ru", "uk")
"""The languages in which notices are written where no articles say which are needed."""
PLACEHOLDER_SLUG = "the-articles-slug"
NEWEST = 1000
WHOLE = ("title", "article")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a new policy is written beside: the directory's files, the articles, the outlet's name, the moment."""

    files: Mapping[str, bytes]
    index: Index | None
    outlet: str
    now: datetime
    redirect_hosts: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """Files by path; what is wrong with them; and which cases, new or old, do not hold beside all other policies."""

    files: Mapping[str, str]
    problems: tuple[Problem, ...]
    conflicts: tuple[str, ...] = ()


def default_for(question: Question, name: str, answers: Mapping[str, Answer], desk: Desk) -> Answer:
    """What is answered if nothing else is. `answers`: to the questions before it."""
    return split(render(question.default, {**_helpers(desk), "name": name, **answers}), question)


def with_defaults(template: Template, name: str, answers: Mapping[str, Answer], desk: Desk) -> dict[str, Answer]:
    """The answers, and for every question without one its default."""
    whole = dict(answers)
    for question in template.questions:
        if question.name not in whole:
            whole[question.name] = default_for(question, name, whole, desk)
    return whole


def judge(template: Template, name: str, answers: Mapping[str, Answer], desk: Desk) -> list[Problem]:
    """What the parser, and after it the checks, say of the policy with these answers, defaults for the rest."""
    return _judged(_write(template, name, with_defaults(template, name, answers, desk), desk), desk)[1]


def draft(template: Template, name: str, answers: Mapping[str, Answer], desk: Desk) -> Draft:
    """The whole draft: policy, notices in the languages that its articles have, texts, cases."""
    whole = with_defaults(template, name, answers, desk)
    files = _write(template, name, whole, desk)
    policies, problems = _judged(files, desk)
    if policies is None:
        return Draft(files, tuple(problems))
    drawn = [policy for policy in policies.policies if f"{policy.name}.yaml" in files]
    meant = _meant(drawn, desk.index)
    spoken = {facts.language.partition("-")[0] for facts in meant} or set(WITHOUT_CONTENT)
    if any(isinstance(action, Redirect) for policy in drawn for action in policy.actions):
        spoken |= set(template.languages)  # where readers are sent, their browser's language decides, not an article's
    files = {path: text for path, text in files.items() if not path.startswith("notices/") or _spoken(path, spoken)}
    problems = _judged(files, desk)[1]
    values = {**_helpers(desk), **whole, "name": name, "members": _members(template, whole, desk)}
    scene = Scene(name, drawn[0], policies, _published(meant), _published(_others(meant, desk)), desk.now)
    both = parse({**desk.files, **_as_bytes(files)}).policies
    cases, conflicts = write_cases(template.sources["cases.yaml"], values, scene, both, desk.index)
    conflicts += broken_cases(desk.files, scene, both, desk.index)
    files[f"tests/{name}.yaml"] = cases
    return Draft(files, tuple(problems), tuple(conflicts))


def _write(template: Template, name: str, answers: Mapping[str, Answer], desk: Desk) -> dict[str, str]:
    """Policies, notices in every language that there is, and texts."""
    found: dict[str, str] = {}
    for member in _members(template, answers, desk):
        own = name if member is None or not member.translation_of else f"{name}-{member.language.lower()}"
        language = member.language if member else "en"
        values = {**_helpers(desk), **answers, "name": own, "member": member, "language": language}
        found[f"{own}.yaml"] = render(template.sources["policy.yaml"], values)
        text = template.sources.get(f"text.{language.partition('-')[0]}.md") or template.sources.get("text.en.md")
        if text is not None:
            found[f"texts/{own}.{language}.md"] = render(text, values)
    used = "\n".join(found.values())
    if f"notice: {name}" in used or f"id: {name}" in used or f"/-/notices/{name}" in used:
        values = {**_helpers(desk), **answers, "name": name}
        for source, text in template.sources.items():
            if source.startswith("notice."):
                found[f"notices/{name}/{source.removeprefix('notice.')}"] = render(text, values)
    return found


def _judged(files: Mapping[str, str], desk: Desk) -> tuple[PolicySet | None, list[Problem]]:
    """The drafted policies by themselves, in the regions of the directory."""
    around = {path: raw for path, raw in desk.files.items() if path != CORRECTIONS and not _is_policy(path)}
    parsed = parse({**around, **_as_bytes(files)}, redirect_hosts=desk.redirect_hosts)
    problems = [problem for problem in parsed.problems if problem.severity is Severity.ERROR]
    if parsed.policies is not None:
        problems = lint(parsed.policies, index=desk.index, now=desk.now)
    own = {*files, *(str(PurePosixPath(path).parent) for path in files if path.startswith("notices/"))}
    return parsed.policies, [problem for problem in problems if problem.path in own]


def _members(template: Template, answers: Mapping[str, Answer], desk: Desk) -> list[Facts | None]:
    """The article with its translations, where each needs a policy of its own; else only None."""
    slug = answers.get("article")
    if not template.per_translation or desk.index is None or not isinstance(slug, str):
        return [None]
    family = desk.index.translations(slug)
    part = answers.get("part")
    return [one for one in family if part in one.parts or part in WHOLE] or list(family[:1]) or [None]


def _meant(drawn: Sequence[Policy], index: Index | None) -> list[Facts]:
    if index is None:
        return []
    return [
        facts
        for facts in index.facts.values()
        if any(not why_not(policy.articles, facts, original_of(facts, index)) for policy in drawn)
    ]


def _others(meant: Iterable[Facts], desk: Desk) -> list[Facts]:
    """Articles that are not meant, nor of a family that is."""
    families = {facts.original for facts in meant}
    return [facts for facts in (desk.index.facts.values() if desk.index else ()) if facts.original not in families]


def _published(found: Iterable[Facts]) -> list[Facts]:
    """Newest first, originals before translations."""
    newest = sorted(found, key=lambda facts: (facts.published, facts.slug), reverse=True)
    return sorted(newest, key=lambda facts: facts.translation_of is not None)


def _spoken(path: str, languages: Collection[str]) -> bool:
    language = PurePosixPath(path).name.partition(".")[0]
    return language == "en" or language in languages


def _helpers(desk: Desk) -> dict[str, object]:
    """What defaults and files may ask for besides the answers."""
    published = [] if desk.index is None else list(desk.index.newest(desk.now))[:NEWEST]
    originals = [facts for facts in published if not facts.translation_of]
    today = desk.now.astimezone(UTC).date()
    by_slug = {} if desk.index is None else desk.index.facts
    return {
        "outlet": desk.outlet,
        "owner": _commonest(_owners(desk.files)) or "legal@newsroom.example",
        "newest": originals[0].slug if originals else PLACEHOLDER_SLUG,
        "tags": sorted({tag for facts in originals for tag in facts.tags}),
        "languages": list(dict.fromkeys(facts.language for facts in published)),
        "tag": _commonest(tag for facts in originals for tag in sorted(facts.tags)),
        "section": _commonest(facts.section for facts in originals),
        "right": _commonest(_rights(published)),
        "part_of": lambda slug: min(by_slug[slug].parts, default="article") if slug in by_slug else "article",
        "with_part": next((facts.slug for facts in originals if facts.parts), originals[0].slug if originals else
                          PLACEHOLDER_SLUG),
        "hosts": sorted(desk.redirect_hosts),
        "day": lambda ahead: (today + timedelta(days=ahead)).isoformat(),
        "midnight": lambda ahead: f"{today + timedelta(days=ahead)}T00:00:00+00:00",
    }  # fmt: skip


def _owners(files: Mapping[str, bytes]) -> Iterator[str]:
    """Who answers for the policies that are there already, valid or not."""
    for path, raw in files.items():
        if _is_policy(path):
            yield from re.findall(r"^owner: +([^\s#]+)", raw.decode("utf-8", "replace"), re.MULTILINE)


def _rights(published: Iterable[Facts]) -> Iterator[str]:
    """Rights that say where: those for one place first."""
    named = [right for facts in published for _, rights in facts.media_rights for right in sorted(rights)]
    return iter([right for right in named if right != "worldwide"] or named)


def _commonest(words: Iterable[str]) -> str:
    counted = Counter(words)
    return max(counted, key=lambda word: (counted[word], word), default="")


def _as_bytes(files: Mapping[str, str]) -> dict[str, bytes]:
    return {path: text.encode() for path, text in files.items()}


def _is_policy(path: str) -> bool:
    return path.endswith(".yaml") and "/" not in path and path != "regions.yaml" and not path.startswith(NO_POLICIES)
