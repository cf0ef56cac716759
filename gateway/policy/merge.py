"""Merge what several policies want into one outcome, and name that outcome by its content. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.content.article import Facts
from gateway.policy.decision import DueNotice, Forwarding, Refusal, Treatments, Withheld
from gateway.policy.match import media_matching
from gateway.policy.model import (
    ALL_MEDIA,
    Action,
    Block,
    Headers,
    Notice,
    NoticeText,
    Policy,
    PolicySet,
    Protect,
    Redirect,
    Substitute,
    Withhold,
)
from gateway.policy.parts import parts_of

FALLBACK = ("en",)
"""Languages tried for texts whose action names no fallback of its own."""


@dataclass(frozen=True, slots=True)
class Due:
    """An action that applies, and whose it is."""

    policy: Policy
    action: Action

    def scope(self, facts: Facts) -> tuple[str, ...]:
        """What of this article the action touches; empty if nothing."""
        action = self.action
        if isinstance(action, Withhold):
            return (*sorted(parts_of(action.parts, facts)), *sorted(self.media(facts)))
        if isinstance(action, Substitute):
            kind, _, part = action.target.partition(":")
            return () if kind == "part" and not parts_of({part}, facts) else (action.target,)
        if isinstance(action, Protect):
            return tuple(sorted(action.what))
        return ("page",)

    def media(self, facts: Facts) -> frozenset[str]:
        """The media of this article that a withholding means."""
        if not isinstance(self.action, Withhold):
            return frozenset()
        if ALL_MEDIA in self.action.media:
            return media_matching(self.policy.articles, facts)
        return self.action.media & frozenset(facts.media)


def merge(policies: PolicySet, facts: Facts, due: Sequence[Due], social: Sequence[Due]) -> Treatments:
    """One outcome. `due` and `social` come in the order of precedence: where two differ, the first holds."""
    refusal = next(
        (_refusal(policies, facts, one.policy, one.action) for one in due if isinstance(one.action, Block)), None
    )
    forwarding = None
    if refusal is None:
        forwarding = next(
            (
                Forwarding(one.action.status, one.action.to, one.policy.name)
                for one in due
                if isinstance(one.action, Redirect)
            ),
            None,
        )
    protect = frozenset(what for one in due if isinstance(one.action, Protect) for what in one.action.what)
    if forwarding is not None:
        return Treatments(forwarding=forwarding, protect=protect)  # nobody reads the body of a redirect
    notices = _notices(policies, facts, due)
    shown = _notices(policies, facts, social)
    if refusal is not None:
        return Treatments(refusal=refusal, notices=notices, protect=protect, social=shown)
    withheld = _withheld(policies, facts, due)
    return Treatments(
        notices=notices,
        protect=protect,
        withheld=withheld,
        substitutes=_substitutes(due, frozenset(part for one in withheld for part in one.parts)),
        headers=_headers(due),
        social=shown,
    )


def names_of(policies: PolicySet, facts: Facts, one: Due) -> tuple[str, ...]:
    """What one action does by itself, in the words of `Treatments.names`."""
    return merge(policies, facts, [one], []).names()


def fingerprint(treatments: Treatments) -> str:
    """A digest of all that an outcome shows. Equal outcomes have equal ones, whatever policies brought them about."""
    refusal = treatments.refusal
    content = (
        refusal and (refusal.status, _content(refusal.notice), refusal.basis, refusal.listing),
        treatments.forwarding and (treatments.forwarding.status, treatments.forwarding.location),
        [(due.id, due.place.value, _content(due.text)) for due in treatments.notices],
        sorted(treatments.protect),
        [(sorted(held.parts), sorted(held.media), _content(held.notice)) for held in treatments.withheld],
        treatments.substitutes,
        treatments.headers,
        [(due.id, due.place.value, _content(due.text)) for due in treatments.social],
    )
    return hashlib.sha256(repr(content).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _content(text: NoticeText) -> tuple[str, ...]:
    return (text.id, text.language, text.title, text.html, text.text, text.link_text, text.long_html, text.style)


def _refusal(policies: PolicySet, facts: Facts, policy: Policy, block: Block) -> Refusal:
    notice = policies.notice(block.notice, facts.language, FALLBACK)
    return Refusal(410 if policy.everyone else 451, policy.name, notice, policy.basis, block.listing)


def _notices(policies: PolicySet, facts: Facts, due: Iterable[Due]) -> tuple[DueNotice, ...]:
    """Each notice once, in the place that the first policy gives it."""
    found: dict[str, DueNotice] = {}
    for one in due:
        action = one.action
        if isinstance(action, Notice) and action.id not in found:
            text = policies.notice(action.id, facts.language, action.fallback)
            found[action.id] = DueNotice(action.id, action.place, text)
    return tuple(found.values())


def _withheld(policies: PolicySet, facts: Facts, due: Iterable[Due]) -> tuple[Withheld, ...]:
    """Each part and medium once, under the notice of the first policy that withholds it."""
    found: list[Withheld] = []
    parts: set[str] = set()
    media: set[str] = set()
    for one in due:
        if isinstance(one.action, Withhold):
            more_parts = parts_of(one.action.parts, facts) - parts
            more_media = one.media(facts) - media
            if more_parts or more_media:
                notice = policies.notice(one.action.notice, facts.language, FALLBACK)
                found.append(Withheld(frozenset(more_parts), frozenset(more_media), notice))
                parts |= more_parts
                media |= more_media
    return tuple(found)


def _substitutes(due: Iterable[Due], withheld: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """One text for each target. What is withheld is not replaced: the stricter treatment holds."""
    found: dict[str, str] = {}
    for one in due:
        if isinstance(one.action, Substitute) and one.action.target.removeprefix("part:") not in withheld:
            found.setdefault(one.action.target, one.action.text)
    return tuple(found.items())


def _headers(due: Iterable[Due]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for one in due:
        if isinstance(one.action, Headers):
            for name, value in one.action.values:
                found.setdefault(name, value)
    return tuple(sorted(found.items()))
