"""Policies beside the content: selectors that mean nothing, languages that are missing. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.content.source import Index
from gateway.errors import Problem, Severity
from gateway.policy.finding import finding
from gateway.policy.match import candidates, why_not
from gateway.policy.model import (
    ALL_MEDIA,
    Articles,
    Block,
    Notice,
    Policy,
    PolicySet,
    State,
    Substitute,
    Withhold,
)
from gateway.policy.parts import FOREIGN_PARTS
from gateway.pyyaml import nearest

_There = Mapping[str, frozenset[str]]


def lint_content(policies: PolicySet, index: Index) -> Iterator[Problem]:
    """Every finding that needs the articles."""
    meant: dict[str, list[str]] = {}
    for facts in index.facts.values():
        original = index.facts.get(facts.translation_of) if facts.translation_of else None
        for policy in candidates(policies, facts, original):
            meant.setdefault(policy.name, []).append(facts.slug)
    yield from _languages(policies, index, meant)
    there = _there(index)
    for policy in policies.policies:
        if policy.state is not State.OFF:
            yield from _selectors(policy, policy.articles, index, there, "articles")
            if policy.articles.excepted is not None:
                yield from _selectors(policy, policy.articles.excepted, index, there, "articles.except")
            yield from _parts(policy, index, meant.get(policy.name, []))
            if policy.name not in meant:
                yield finding(
                    policy,
                    "articles",
                    "means-nothing",
                    f"policy '{policy.name}' means no article there is",
                    "mend its selectors; if the articles are to come, leave it",
                )


def _there(index: Index) -> _There:
    """Every word by which an article can be selected, by the kind of selector."""
    every = index.facts.values()
    return {
        "slugs": frozenset(index.facts),
        "sections": frozenset(facts.section for facts in every),
        "tags": frozenset(tag for facts in every for tag in facts.tags),
        "languages": frozenset(facts.language for facts in every),
        "rights": frozenset(right for facts in every for _, named in facts.media_rights for right in named),
    }


def _selectors(policy: Policy, articles: Articles, index: Index, there: _There, mark: str) -> Iterator[Problem]:
    wanted = {
        "slugs": articles.slugs, "sections": articles.sections, "tags": articles.tags, "languages": articles.languages,
    }  # fmt: skip
    for kind, words in wanted.items():
        for word in sorted((words or frozenset()) - there[kind]):
            near = nearest(word, there[kind])
            remedy = f"did you mean '{near}'?" if near else "mend it, or leave it if it is to come"
            yield finding(
                policy,
                f"{mark}.{kind}.{word}",
                "dead-selector",
                f"no article has the {kind.removesuffix('s')} '{word}'",
                remedy,
            )
    for right in sorted((articles.media_rights or frozenset()) - there["rights"]):
        near = nearest(right, there["rights"])
        yield finding(
            policy,
            f"{mark}.media.rights.{right}",
            "dead-selector",
            f"no medium's sidecar names the right '{right}'",
            f"did you mean '{near}'?" if near else "write it into media/<file>.yaml, or leave it if it is to come",
        )
    for path in articles.paths or ():
        alone = Articles(paths=(path,), translations=articles.translations)
        if not any(not why_not(alone, facts) for facts in index.facts.values()):
            yield finding(
                policy,
                f"{mark}.paths.{path}",
                "dead-selector",
                f"no article stands at the path '{path}'",
                "articles of this directory stand at /articles/<slug>; mend it, or leave it if they are to come",
            )
    for slug in sorted(articles.slugs or ()):
        facts = index.facts.get(slug)
        if (
            facts is not None
            and facts.translation_of
            and articles.translations
            and facts.translation_of not in (articles.slugs or ())
        ):
            yield finding(
                policy,
                f"{mark}.slugs.{slug}",
                "translation-named",
                f"'{slug}' translates '{facts.translation_of}', which is not named and stays as it is",
                f"name '{facts.translation_of}': its translations are taken along",
                severity=Severity.INFO,
            )


def _parts(policy: Policy, index: Index, slugs: list[str]) -> Iterator[Problem]:
    facts = [index.facts[slug] for slug in slugs]
    for number, action in enumerate(policy.actions):
        mark = f"do.{number}"
        if isinstance(action, Withhold):
            wanted = action.parts
            for path in sorted(action.media - {ALL_MEDIA}):
                if not any(path in one.media for one in facts):
                    yield finding(
                        policy, mark, "dead-media", f"no article that is meant has the medium '{path}'", "mend the path"
                    )
        elif isinstance(action, Substitute) and action.target.startswith("part:"):
            wanted = frozenset({action.target.removeprefix("part:")})
        else:
            continue
        foreign = sorted(part for part in wanted if part.startswith(FOREIGN_PARTS))
        if foreign and facts:
            yield finding(
                policy,
                mark,
                "foreign-part",
                f"'{foreign[0]}' names a part of a CMS's page, but these articles come from a directory",
                "mark the part in the text (`::: part id=p3`) and name that: `parts: [p3]`",
            )
        for part in sorted(wanted.difference(foreign)):
            without = sorted(one.slug for one in facts if part not in one.parts)
            if facts and len(without) == len(facts):
                yield finding(
                    policy,
                    mark,
                    "dead-part",
                    f"no article that is meant has a part '{part}'",
                    "mark it in the text: `::: part id=" + part + "`",
                )
            elif without:
                families = {one.original for one in facts if part in one.parts}
                open_door = [slug for slug in without if index.facts[slug].original in families]
                yield finding(
                    policy,
                    mark,
                    "translation-unmarked" if open_door else "part-missing",
                    f"'{(open_door or without)[0]}' has no part '{part}', and is shown whole"
                    + (", though another language of it has" if open_door else ""),
                    "mark the part in its text too: `::: part id=" + part + "`",
                    severity=Severity.ERROR if open_door else Severity.WARNING,
                )


def _languages(policies: PolicySet, index: Index, meant: dict[str, list[str]]) -> Iterator[Problem]:
    """Notices that some article's readers will see in another language than the article's."""
    needed: dict[str, set[str]] = {}
    for policy in policies.policies:
        languages = {index.facts[slug].language.partition("-")[0] for slug in meant.get(policy.name, [])}
        for action in policy.actions:
            if isinstance(action, (Notice, Block, Withhold)):
                named = action.id if isinstance(action, Notice) else action.notice
                needed.setdefault(named, set()).update(languages)
    for named, languages in sorted(needed.items()):
        there = {language.partition("-")[0] for language in policies.notices[named]}
        for language in sorted(languages - there):
            yield Problem(
                f"notices/{named}",
                0,
                0,
                "missing-translation",
                f"the notice '{named}' is not there in '{language}', a language of articles that show it",
                f"write notices/{named}/{language}.md; until then readers get a fallback",
                Severity.WARNING,
            )
