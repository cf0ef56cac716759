"""The gateway's own pages: the explanation of a notice, who sees what and why, errors. Pure.

Readers at risk are sent to these pages, so nothing on them can be shared, donated to or written to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from gateway.policy.decision import Treatments
from gateway.policy.model import (
    Action,
    Basis,
    Block,
    Headers,
    Notice,
    Policy,
    PolicySet,
    Protect,
    Redirect,
    State,
    Substitute,
    Withhold,
)
from gateway.render.language import Words, in_order, words
from gateway.render.notices import once
from gateway.render.page import EVERYTHING, html_page
from gateway.render.rendered import HTML, Rendered
from gateway.render.site import Site

ERRORS = (400, 403, 404, 405, 421, 451, 500, 503)
"""Statuses that have words of their own; any other is worded as 400 or 500."""

_EFFECTS: dict[type[Action], str] = {
    Notice: "effect_notice",
    Protect: "effect_protect",
    Block: "effect_block",
    Withhold: "effect_withhold",
    Redirect: "effect_redirect",
    Substitute: "effect_substitute",
    Headers: "effect_headers",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy as far as it is disclosed."""

    title: str
    basis: tuple[Basis, ...]
    readers: str = ""
    effects: tuple[str, ...] = ()
    review_by: date | None = None


def error_page(site: Site, status: int, language: str, treatments: Treatments) -> Rendered:
    """A fixed page that echoes nothing of the request, with the notices and the protection that are due even here."""
    spoken = words(language)
    known = status if status in ERRORS else (500 if status >= 500 else 400)
    due = once(treatments.notices)
    title, text = spoken[f"error_{known}_title"], spoken[f"error_{known}"]
    body = html_page(
        "plain.html", site, spoken.language, title=title, due=due, protect=treatments.protect, status=status, text=text
    )
    return Rendered(status, HTML, spoken.language, body, due, f"<p>{title}</p>")


def notice_page(site: Site, policies: PolicySet, id: str, language: str) -> Rendered:
    """The long explanation of a notice: why one sees it, and that the place may be wrong. Raises KeyError."""
    texts = policies.notices[id]
    text = policies.notice(id, language, ("en",))
    spoken = words(text.language)
    using = [policy for policy in policies.policies if policy.state is State.ACTIVE and _uses(policy, id)]
    rules, sealed = _disclosed(using, policies, spoken)
    body = html_page(
        "notice.html",
        site,
        text.language,
        title=text.title or spoken["notice"],
        protect=EVERYTHING,
        notice=text,
        rules=rules,
        sealed=sealed,
        others=in_order(set(texts) - {text.language}),
    )
    return Rendered(200, HTML, text.language, body)


def transparency_page(site: Site, policies: PolicySet, language: str) -> Rendered:
    """Every policy in force, on what basis and until when to be reviewed, as far as each discloses it."""
    spoken = words(language)
    active = [policy for policy in policies.policies if policy.state is State.ACTIVE]
    rules, sealed = _disclosed(active, policies, spoken)
    body = html_page(
        "transparency.html",
        site,
        spoken.language,
        title=spoken["transparency"],
        protect=EVERYTHING,
        rules=rules,
        sealed=sealed,
    )
    return Rendered(200, HTML, spoken.language, body)


def _disclosed(found: Iterable[Policy], policies: PolicySet, spoken: Words) -> tuple[list[Rule], int]:
    """What may be said of each policy, and of how many nothing may be said."""
    rules: list[Rule] = []
    sealed = 0
    for policy in found:
        if policy.disclose == "full":
            effects = tuple(dict.fromkeys(spoken[_EFFECTS[type(action)]] for action in policy.actions))
            rules.append(
                Rule(policy.title, policy.basis, _readers(policy, policies, spoken), effects, policy.review_by)
            )
        elif policy.disclose == "authority":
            basis = tuple(Basis(one.kind, one.authority, since=one.since) for one in policy.basis)
            rules.append(Rule("", basis, review_by=policy.review_by))
        else:
            sealed += 1
    return rules, sealed


def _readers(policy: Policy, policies: PolicySet, spoken: Words) -> str:
    if policy.readers.everyone:
        return spoken["everyone"]
    within = ", ".join(_named(name, policies, spoken) for name in policy.readers.within) or spoken["everyone"]
    if not policy.readers.not_in:
        return within
    return f"{within}; {spoken['except']} {', '.join(_named(name, policies, spoken) for name in policy.readers.not_in)}"


def _named(name: str, policies: PolicySet, spoken: Words) -> str:
    """A region's title; for a code that policies name directly, the country's name."""
    region = policies.regions.get(name)
    title = region.title if region else ""
    return title if title and title != name else spoken.territory(name)


def _uses(policy: Policy, id: str) -> bool:
    return any(
        (isinstance(action, Notice) and action.id == id)
        or (isinstance(action, Block | Withhold) and action.notice == id)
        for action in policy.actions
    )
