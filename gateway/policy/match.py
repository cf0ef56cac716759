"""Which articles a policy means. Pure; no pattern here can take more than linear time."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.content.article import Facts
from gateway.policy.model import Articles, Policy, PolicySet, State

MEMO_SIZE = 65_536
_ANY = ("", "")


def candidates(policies: PolicySet, facts: Facts, original: Facts | None = None) -> tuple[Policy, ...]:
    """The policies that are not off and mean this article, in the order of precedence."""
    # a sidecar's rights change without the article's file, which alone `version` names
    key = (facts.slug, facts.version, original.version if original else "", facts.media_rights, facts.paths, facts.kin)
    known = policies.found.get(key)
    if known is None:
        if len(policies.found) >= MEMO_SIZE:
            policies.found.clear()
        positions = _likely(policies, facts, original)
        likely = [policies.policies[position] for position in positions]
        known = tuple(policy for policy in likely if not why_not(policy.articles, facts, original))
        policies.found[key] = known
    return known


def _likely(policies: PolicySet, facts: Facts, original: Facts | None) -> list[int]:
    """Where policies stand that may mean an article. Thousands that name other slugs are not even looked at."""
    if not policies.shelves:
        policies.shelves[_ANY] = []
        for position, policy in enumerate(policies.policies):
            if policy.state is not State.OFF:
                for label in _labels(policy.articles):
                    policies.shelves.setdefault(label, []).append(position)
    family = [facts] if original is None else [facts, original]
    labels = {_ANY, ("slug", facts.original), *(("slug", path) for path in (*facts.paths, *facts.kin))}
    for member in family:
        sections = (member.section, *member.also_in)
        labels |= {
            ("slug", member.slug),
            *(("section", one) for one in sections),
            *(("tag", tag) for tag in member.tags),
        }
    return sorted({position for label in labels for position in policies.shelves.get(label, ())})


def _labels(articles: Articles) -> list[tuple[str, str]]:
    """Under what a policy is found: by its narrowest selector of these three, for all must fit."""
    for kind, values in (("slug", articles.slugs), ("tag", articles.tags), ("section", articles.sections)):
        if values is not None:
            return [(kind, value) for value in values]
    return [_ANY]


def why_not(articles: Articles, facts: Facts, original: Facts | None = None) -> str:
    """Why an article is not meant, as the end of a sentence; "" if it is.

    A translation is taken along with its original unless the selector says otherwise; languages are its own. Without
    `original` (its facts are not at hand) only the original's slug is known.
    """
    reason = next(_differences(articles, facts), "")
    if reason and articles.translations and original is not None:
        reason = next(_differences(articles, original), "") and reason
    if reason:
        return reason
    if articles.languages is not None and not _speaks(facts.language, articles.languages):
        return f"its language is '{facts.language}'"
    if articles.excepted is not None and not why_not(articles.excepted, facts, original):
        return "it is excepted"
    return ""


def media_matching(articles: Articles, facts: Facts) -> frozenset[str]:
    """The media of an article that the policy's media selector means; all of them where it has none."""
    if articles.media_rights is None:
        return frozenset(facts.media)
    return frozenset(path for path, rights in facts.media_rights if rights & articles.media_rights)


def path_matches(pattern: str, path: str) -> bool:
    """Whether a path fits a pattern in which `*` stands for any run of characters."""
    first, *rest = pattern.split("*")
    if not rest:
        return path == pattern
    *middle, last = rest
    if not (path.startswith(first) and path.endswith(last) and len(path) >= len(first) + len(last)):
        return False
    position, end = len(first), len(path) - len(last)
    for piece in middle:
        found = path.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True


def _differences(articles: Articles, facts: Facts) -> Iterator[str]:
    """Every selector, its language left out, that does not fit these facts."""
    family = (facts.original, *facts.kin) if articles.translations else ()
    if articles.slugs is not None and articles.slugs.isdisjoint((facts.slug, *facts.paths, *family)):
        yield "its slug is not named"
    if articles.sections is not None and articles.sections.isdisjoint((facts.section, *facts.also_in)):
        yield f"its section is '{facts.section}'"
    if articles.tags is not None and not facts.tags & articles.tags:
        yield "it has none of the tags"
    if articles.published_from is not None and facts.published < articles.published_from:
        yield "it was published before"
    if articles.published_until is not None and facts.published >= articles.published_until:
        yield "it was published after"
    if articles.paths is not None and not _on_path(articles, facts):
        yield "its path is not named"
    if articles.media_rights is not None and not media_matching(articles, facts):
        yield "none of its media has these rights"


def _on_path(articles: Articles, facts: Facts) -> bool:
    paths = (facts.slug, *facts.paths) if facts.of_origin else (f"/articles/{facts.slug}",)
    if articles.translations:
        paths += facts.kin
    return any(path_matches(pattern, path) for pattern in articles.paths or () for path in paths)


def _speaks(language: str, wanted: frozenset[str]) -> bool:
    return language in wanted or language.partition("-")[0] in wanted
