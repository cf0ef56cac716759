"""Articles that no policy of a set tells apart: one stands for all. From the content, or from the selectors. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice, product

from gateway.content.article import Facts
from gateway.content.source import Index
from gateway.policy.match import candidates
from gateway.policy.merge import Due
from gateway.policy.model import ALL_MEDIA, Articles, Policy, PolicySet, State, Substitute, Withhold

MOST_LOOKS = 2_000_000
"""How often an article is held against a policy that means it before the rest are left out."""
MOST_VARIATIONS = 64
"""How many made-up articles one policy's selectors may bring about."""
MOST_INVENTED = 5_000
"""How many all policies' may."""

OTHER = "other"


@dataclass(slots=True)
class ArticleClass:
    """Articles that the same policies mean, and in which these touch the same. `policies`: in order of precedence."""

    policies: tuple[Policy, ...]
    facts: Facts
    slugs: list[str] = field(default_factory=list)

    @property
    def invented(self) -> bool:
        """Whether no article of the content stands behind it."""
        return not self.slugs


def classes_of(policies: PolicySet, index: Index | None) -> tuple[list[ArticleClass], list[str]]:
    """The classes, most articles first, and what was left out, a sentence each."""
    if index is None:
        made = list(islice(_invented(policies), MOST_INVENTED + 1))
        cut = (
            [f"Of the ways in which selectors can meet, {MOST_INVENTED} were tried."]
            if len(made) > MOST_INVENTED
            else []
        )
        return _gather(((policies, facts, None) for facts in made[:MOST_INVENTED]), cut)
    left_out: list[str] = []
    originals = (
        (policies, facts, index.facts.get(facts.translation_of) if facts.translation_of else None)
        for facts in index.facts.values()
    )
    found, missed = _gather(originals, left_out, count=len(index.facts))
    return sorted(found, key=lambda one: -len(one.slugs)), missed


def _gather(
    articles: Iterable[tuple[PolicySet, Facts, Facts | None]], left_out: list[str], *, count: int = 0
) -> tuple[list[ArticleClass], list[str]]:
    found: dict[tuple[object, ...], ArticleClass] = {}
    looks = 0
    for number, (policies, facts, original) in enumerate(articles):
        meant = candidates(policies, facts, original)
        looks += len(meant) + 1
        if looks > MOST_LOOKS:
            left_out.append(f"Of {count or 'all made-up'} articles the first {number} were held against the policies.")
            break
        scopes = tuple(
            Due(policy, action).scope(facts)
            for policy in meant
            for action in policy.actions
            if isinstance(action, (Withhold, Substitute))
        )
        key = (*map(id, meant), scopes)
        known = found.get(key)
        if known is None:
            known = found[key] = ArticleClass(meant, facts)
        if count:
            known.slugs.append(facts.slug)
    return list(found.values()), left_out


def _invented(policies: PolicySet) -> Iterator[Facts]:
    """An article for each way in which a selector, or an exception from one, can be met."""
    acting = [policy for policy in policies.policies if policy.state is not State.OFF]
    withheld = [action for policy in acting for action in policy.actions if isinstance(action, Withhold)]
    parts = {part for action in withheld for part in action.parts}
    parts |= {
        action.target.removeprefix("part:")
        for policy in acting
        for action in policy.actions
        if isinstance(action, Substitute) and action.target.startswith("part:")
    }
    media = {path for action in withheld for path in action.media} - {ALL_MEDIA}
    plain = Facts(
        OTHER, "", OTHER, OTHER, frozenset(), datetime(2000, 1, 1, tzinfo=UTC), None, None,
        frozenset(parts), tuple(sorted(media)),
    )  # fmt: skip
    excepted = [policy.articles.excepted for policy in acting if policy.articles.excepted is not None]
    exceptions = [
        met for articles in dict.fromkeys(excepted) for met in islice(_meeting(articles, plain), MOST_VARIATIONS)
    ]
    seen: set[Facts] = set()
    for facts in (plain, *exceptions):
        for articles in dict.fromkeys(replace(policy.articles, excepted=None) for policy in acting):
            for met in islice(_meeting(articles, facts), MOST_VARIATIONS):
                named = replace(met, version=repr(met))  # what `candidates` remembers articles by
                if named not in seen:
                    seen.add(named)
                    yield named


def _meeting(articles: Articles, facts: Facts) -> Iterator[Facts]:
    """The article as given, changed as little as it takes to be meant; each value of a selector in turn."""
    moments: Iterable[datetime] = (facts.published,)
    if articles.published_from is not None:
        moments = (articles.published_from,)
    elif articles.published_until is not None:
        moments = (articles.published_until - timedelta(seconds=1),)
    slugs = sorted(articles.slugs) if articles.slugs is not None else [facts.slug]
    if articles.paths is not None:
        slugs = [pattern.replace("*", "x") for pattern in articles.paths]
    for slug, section, tag, language, right, moment in product(
        slugs,
        sorted(articles.sections) if articles.sections is not None else [facts.section],
        sorted(articles.tags) if articles.tags is not None else [""],
        sorted(articles.languages) if articles.languages is not None else [facts.language],
        sorted(articles.media_rights) if articles.media_rights is not None else [""],
        moments,
    ):
        rights = facts.media_rights
        if right:
            rights = (*rights, (f"{right}.jpg", frozenset({right})))
        yield replace(
            facts, slug=slug, section=section, tags=facts.tags | ({tag} - {""}), language=language, published=moment,
            media_rights=rights, media=tuple(dict.fromkeys((*facts.media, *(path for path, _ in rights)))),
        )  # fmt: skip
