"""Doors that a policy leaves open: a medium that it withholds goes out by another article that shows it. Pure.

Translations are taken along, unless the operator says so in words that cannot stand there by mistake; one whose part is
not marked is `lint_content`'s finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.content.article import Facts
from gateway.content.source import Index
from gateway.errors import Problem
from gateway.policy.finding import finding
from gateway.policy.match import candidates
from gateway.policy.merge import Due
from gateway.policy.model import Policy, PolicySet, State, Withhold


def lint_doors(policies: PolicySet, index: Index) -> Iterator[Problem]:
    """Every finding."""
    keeping = {
        policy.name: policy
        for policy in policies.policies
        if policy.state is not State.OFF
        and any(isinstance(action, Withhold) and action.media for action in policy.actions)
    }
    meant: dict[str, dict[str, Facts]] = {}
    for facts in index.facts.values() if keeping else ():
        original = index.facts.get(facts.translation_of) if facts.translation_of else None
        for policy in candidates(policies, facts, original):
            if policy.name in keeping:
                meant.setdefault(policy.name, {})[facts.slug] = facts
    for name, articles in meant.items():
        yield from _media(keeping[name], articles, index)


def _media(policy: Policy, articles: dict[str, Facts], index: Index) -> Iterator[Problem]:
    """The first medium withheld here that stands, too, in an article that is not meant."""
    for number, action in enumerate(policy.actions):
        if not isinstance(action, Withhold) or not action.media:
            continue
        for facts in articles.values():
            for path in sorted(Due(policy, action).media(facts)):
                other = next((one.slug for one in index.showing(path) if one.slug not in articles), "")
                if other:
                    yield finding(
                        policy,
                        f"do.{number}",
                        "medium-elsewhere",
                        f"'{path}' is withheld from '{facts.slug}', but '{other}' shows it too, so it can be fetched",
                        f"mean '{other}' too",
                    )
                    return
