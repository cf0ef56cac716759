"""What can be proven of a set before a reader meets it: for all kinds of readers, of articles, at all times. Pure.

Nothing is sampled: what `standpoints`, `article_classes` and the boundaries ahead enumerate is tried whole, within
bounds that are work, not seconds, so that the same set has the same findings everywhere. What a bound cut off is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.content.article import Facts
from gateway.content.source import Index
from gateway.errors import Problem, Severity
from gateway.policy.article_classes import OTHER, ArticleClass, classes_of
from gateway.policy.attribution import Clash, Items, Outcome, Share, attribute
from gateway.policy.dues import Dues
from gateway.policy.finding import finding
from gateway.policy.model import Certainty, Policy, PolicySet, Protect, State
from gateway.policy.periods import Periods
from gateway.policy.standpoints import Standpoints, standpoints

MOST_STEPS = 4_000_000
"""How much work there may be: an action to look at is one, an action that is due fifteen, each for all readers."""
MANY_VARIANTS = 32
"""Above this an article's variants crowd out other articles' in the cache."""
MOST_SPLITS = 2_000_000

_WORDS = {
    "block": ("two-blocks", "blocks", "refuse with different notices or bases"),
    "redirect": ("two-redirects", "redirects", "send readers to different places"),
    "substitute": ("two-texts", "substitutions", "put different texts in one place"),
    "header": ("two-headers", "headers", "give a header different values"),
}


@dataclass(frozen=True, slots=True)
class Proven:
    """The findings, how much was tried, and what was left out, a sentence each. `variants`: the most of one article."""

    findings: tuple[Problem, ...]
    readers: int
    classes: int
    moments: int
    variants: int
    left_out: tuple[str, ...]


@dataclass(slots=True)
class _Seen:
    """What was found of one action, over everything tried."""

    due: bool = False
    adds: bool = False
    first: str = ""


@dataclass(slots=True)
class _Ledger:
    """All that was seen so far. `where`: for a sentence: reader, article, moment."""

    points: Standpoints
    seen: dict[tuple[str, int], _Seen] = field(default_factory=dict)
    clashes: dict[tuple[str, str, str], tuple[Clash, str]] = field(default_factory=dict)
    uninformed: dict[str, str] = field(default_factory=dict)
    variants: int = 0
    widest: str = ""
    splits: int = 0
    counted: dict[frozenset[int], int] = field(default_factory=dict)

    def note(self, outcome: Outcome, article: ArticleClass, when: str) -> None:
        """Take an outcome down."""
        about = f"{named(article)}{when}"
        for share in outcome.shares:
            seen = self.seen.setdefault((share.policy.name, share.number), _Seen())
            seen.due = True
            seen.adds = seen.adds or bool(share.adds)
            seen.first = seen.first or share.first
        for clash in outcome.clashes:
            key = (clash.kind, clash.first.name, clash.second.name)
            if key not in self.clashes:
                self.clashes[key] = clash, f"{about}, for a reader {self.points.first(clash.readers)}"
        if outcome.uninformed:
            for share in outcome.shares:
                if _protects(share) and share.due & outcome.uninformed:
                    reader = self.points.first(share.due & outcome.uninformed)
                    self.uninformed.setdefault(share.policy.name, f"{about}, a reader {reader}")
        self._count(outcome.masks, about)

    def _count(self, masks: frozenset[int], about: str) -> None:
        if masks in self.counted or self.splits > MOST_SPLITS:
            return
        pieces = [self.points.everyone]
        for mask in masks:
            self.splits += len(pieces)
            pieces = [part for piece in pieces for part in (piece & mask, piece & ~mask) if part]
        self.counted[masks] = len(pieces)
        if len(pieces) > self.variants:
            self.variants, self.widest = len(pieces), about


def prove(policies: PolicySet, index: Index | None = None, now: datetime | None = None) -> Proven:
    """Every finding that follows from the policies alone. `now`: None: from before the first boundary on."""
    points = standpoints(policies)
    classes, left_out = classes_of(policies, index)
    complete = not left_out
    left_out = [*points.left_out, *left_out]
    ledger, dues, periods = _Ledger(points), Dues(points), Periods(policies, now)
    tried = steps = 0
    cut: set[int] = set()
    items_of = Items()
    for later in (False, True):  # what holds now is looked at for every article, before any of what is to come
        for article in classes:
            if steps > MOST_STEPS:
                cut.add(id(article))
                continue
            items = items_of.of(article.policies, article.facts)
            steps += len(items)
            for moment, open_now in periods.of(article.policies, later=later):
                if steps > MOST_STEPS:
                    cut.add(id(article))
                    break
                outcome = attribute(items, open_now, dues)
                steps += len(items) + 15 * len(outcome.shares) + 1
                tried += 1
                ledger.note(outcome, article, f" from {moment.isoformat(timespec='seconds')} on" if later else "")
    if cut:
        complete = False
        left_out.append(f"Of {len(cut)} kinds of articles not every period between boundaries was tried.")
    if ledger.splits > MOST_SPLITS:
        left_out.append("The number of variants was not counted for every article.")
    found = [*_findings(policies, classes, ledger, dues, periods, complete=complete), *_variants(ledger)]
    return Proven(tuple(found), len(points.readers), len(classes), tried, ledger.variants, tuple(left_out))


def named(article: ArticleClass) -> str:
    """A class in a sentence: an article of it, or what its selectors ask."""
    return f"'{article.slugs[0]}'" if article.slugs else described(article.facts)


def described(facts: Facts) -> str:
    """A made-up article in a sentence."""
    told = [f"{word} '{value}'" for word, value in (("slug", facts.slug), ("section", facts.section)) if value != OTHER]
    told += [f"tag '{tag}'" for tag in sorted(facts.tags)]
    told += [f"language '{facts.language}'"] * (facts.language != OTHER)
    return f"an article with {', '.join(told)}" if told else "any article"


def _findings(
    policies: PolicySet, classes: Sequence[ArticleClass], ledger: _Ledger, dues: Dues, periods: Periods, *,
    complete: bool,
) -> Iterator[Problem]:  # fmt: skip
    meant = {policy.name for article in classes for policy in article.policies}
    for policy in policies.policies:
        if policy.state is State.OFF or policy.name not in meant:
            continue
        if policy.name in ledger.uninformed:
            yield finding(
                policy, f"do.{_first_protection(policy)}", "protected-without-notice",
                f"policy '{policy.name}' protects without telling why: on {ledger.uninformed[policy.name]} gets no "
                "notice",
                "add a notice for articles with the same certainty",
            )  # fmt: skip
        seen = [ledger.seen.get((policy.name, number), _Seen()) for number in range(len(policy.actions))]
        if complete:
            yield from _shadowed(policy, seen)
            yield from _never(policy, seen, dues, periods)
    for (kind, _, _), (clash, about) in sorted(ledger.clashes.items()):
        code, things, verb = _WORDS[kind]
        yield finding(
            clash.second, f"do.{clash.number}", code,
            f"policies '{clash.first.name}' and '{clash.second.name}' {verb}: on {about}; '{clash.first.name}' speaks, "
            "by its name alone",
            f"set `priority`, make the {things} one policy, or let their selectors exclude each other",
        )  # fmt: skip


def _shadowed(policy: Policy, seen: Sequence[_Seen]) -> Iterator[Problem]:
    """Actions that never change anything, for anyone, anywhere, at any time."""
    idle = [number for number, one in enumerate(seen) if one.due and not one.adds]
    if not idle:
        return
    first = seen[idle[0]].first
    before = f"'{first}'" if first != policy.name else "the policy itself"
    if not any(one.adds for one in seen):
        yield finding(
            policy, f"do.{idle[0]}", "shadowed",
            f"policy '{policy.name}' never changes anything: whoever it means, {before} does the same, or more",
            "remove it, narrow the other, or give it a higher `priority`",
        )  # fmt: skip
        return
    for number in idle:
        other = seen[number].first
        before = f"'{other}'" if other != policy.name else "the policy itself"
        yield finding(
            policy, f"do.{number}", "shadowed-action",
            f"the {type(policy.actions[number]).__name__.lower()} of policy '{policy.name}' never changes anything: "
            f"{before} does it already, or leaves nothing to do",
            "remove it, if it is not there for the day on which the other goes",
            severity=Severity.INFO,
        )  # fmt: skip


def _never(policy: Policy, seen: Sequence[_Seen], dues: Dues, periods: Periods) -> Iterator[Problem]:
    """Actions for which no reader can ever be sure enough."""
    windows = [each for later in (False, True) for _, now in periods.of([policy], later=later) for each in now.values()]
    if not windows:
        return  # it is over: another finding
    for number, (action, one) in enumerate(zip(policy.actions, seen, strict=True)):
        if one.due or any(dues.of(policy, action.certainty, each) for each in windows):
            continue
        levels = [level for level in Certainty if level and any(dues.of(policy, level, each) for each in windows)]
        kind = type(action).__name__.lower()
        if levels:
            best = max(levels)
            what = (
                f"the {kind} of policy '{policy.name}' never acts: it needs {action.certainty}, and readers it means "
                f"can be {best} at most"
            )
            remedy = f"write `certainty: {best}`, or name regions of which a reader can be {action.certainty}"
        else:
            what = f"no reader can be meant by policy '{policy.name}': its regions leave nobody"
            remedy = "mend `readers`, or the regions of its windows"
        yield finding(policy, f"do.{number}", "never-acts", what, remedy)


def _variants(ledger: _Ledger) -> Iterator[Problem]:
    if ledger.variants > MANY_VARIANTS:
        yield Problem(
            ".", 0, 0, "many-variants",
            f"an article can have {ledger.variants} variants: {ledger.widest}",
            "gather policies that differ only in their readers: each variant is rendered and stored by itself",
            Severity.WARNING,
        )  # fmt: skip


def _protects(share: Share) -> bool:
    return isinstance(share.policy.actions[share.number], Protect)


def _first_protection(policy: Policy) -> int:
    return next(number for number, action in enumerate(policy.actions) if isinstance(action, Protect))
