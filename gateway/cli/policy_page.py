"""`gateway check --html`: one page, who sees what, with the findings, to mail to counsel and to print."""

from __future__ import annotations

from collections.abc import Sequence

from gateway import __version__
from gateway.cli.policy_check import Checked
from gateway.cli.policy_check_text import summary, tried
from gateway.content.source import Index
from gateway.geo.territory import name_of
from gateway.policy.calendar import calendar
from gateway.policy.compare import ELSEWHERE, UNKNOWN_READER, shortly
from gateway.policy.disputed import disputed_among
from gateway.policy.model import Block, Notice, NoticeText, PolicySet, State, Withhold
from gateway.policy.proofs import described
from gateway.policy.standpoints import named_regions
from gateway.policy.who_sees_what import Row, Table, tables
from gateway.render.environment import render
from gateway.render.language import in_order

MOST_COLUMNS = 8
"""How many kinds of articles stand side by side in the overview; more are no longer legible on paper."""
SHOWN_SLUGS = 8
PUBLISHED = "as published"

_SAID = {
    "block": "refused, with the notice “{}”", "notice": "notice “{}”", "withhold": "without “{}”",
    "substitute": "another text for {}", "header": "header {}", "redirect": "sent elsewhere",
}  # fmt: skip
_BRIEFLY = {
    "block": "refused", "notice": "notice", "protect": "protected", "withhold": "part left out",
    "substitute": "text replaced", "header": "header", "redirect": "sent elsewhere",
}  # fmt: skip


def page(checked: Checked, index: Index | None) -> str:
    """The page as text: no script, nothing fetched from anywhere."""
    policies = checked.policies
    found: list[Table] = []
    left_out: list[str] = []
    if policies is not None:
        found, left_out = tables(policies, index, checked.at)
    shown = sorted(found, key=lambda table: (not table.meant, len(table.slugs)))
    body = render(
        "check.html",
        checked=checked,
        version=__version__,
        summary=summary(checked),
        tried=tried(checked.proven) if checked.proven else "",
        unchecked=[*checked.unchecked, *left_out],
        tables=shown,
        overview=_overview(shown),
        columns=shown[:MOST_COLUMNS],
        coming=calendar(policies, checked.at) if policies else [],
        told=_told(policies) if policies else [],
        disputed=disputed_among(named_regions(policies), policies.regions) if policies else [],
        name_of=name_of,
        title_of=title_of,
        articles=articles,
        said=said,
        said_of_shadow=said_of_shadow,
        reader=lambda label: _reader(label, policies),
        PUBLISHED=PUBLISHED,
    )
    return body.decode("utf-8")


def _told(policies: PolicySet) -> list[tuple[str, list[NoticeText]]]:
    """The notices of policies that are not off, each in all its languages: counsel answers for every word."""
    used = {
        action.id if isinstance(action, Notice) else action.notice
        for policy in policies.policies
        if policy.state is not State.OFF
        for action in policy.actions
        if isinstance(action, (Notice, Block, Withhold))
    }
    texts = ((id_, policies.notices[id_]) for id_ in sorted(used))
    return [(id_, [told[language] for language in in_order(told)]) for id_, told in texts]


def title_of(number: int) -> str:
    """The letter under which a kind of articles stands in the overview."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def articles(table: Table) -> str:
    """Which articles, in words."""
    if not table.slugs:
        return described(table.facts)
    more = len(table.slugs) - SHOWN_SLUGS
    return ", ".join(table.slugs[:SHOWN_SLUGS]) + (f" and {more} more" if more > 0 else "")


def said(row: Row) -> list[str]:
    """What is done to the page, in words."""
    return _in_words(row.treatments) or [PUBLISHED]


def said_of_shadow(row: Row) -> list[str]:
    """What policies in shadow would do besides: a text each."""
    by_policy: dict[str, list[str]] = {}
    for each in row.shadow:
        policy, _, treatment = each.partition("=")
        by_policy.setdefault(policy, []).append(treatment)
    return [f"{policy} ({'; '.join(_in_words(shortly(names)))})" for policy, names in by_policy.items()]


def _in_words(treatments: Sequence[str]) -> list[str]:
    found = []
    protected = [name.removeprefix("protect:") for name in treatments if name.startswith("protect:")]
    for name in treatments:
        kind, _, what = name.partition(":")
        if kind in _SAID:
            found.append(_SAID[kind].format(what))
    if protected:
        found.append("protected: " + ("everything" if protected == ["all"] else ", ".join(protected)))
    return found


def _briefly(row: Row) -> str:
    kinds = dict.fromkeys(_BRIEFLY[name.partition(":")[0]] for name in row.treatments)
    status = f"{row.status} " if row.status != 200 else ""
    return status + (", ".join(kinds) or PUBLISHED)


def _overview(shown: Sequence[Table]) -> list[tuple[list[str], list[str]]]:
    """Readers to whom all columns say the same, and what each column says."""
    cells: dict[str, list[str]] = {}
    for table in shown[:MOST_COLUMNS]:
        for row in table.rows:
            for label in row.readers:
                cells.setdefault(label, []).append(_briefly(row))
    rows: dict[tuple[str, ...], list[str]] = {}
    for label, said_of in cells.items():
        rows.setdefault(tuple(said_of), []).append(label)
    return [(labels, list(said_of)) for said_of, labels in rows.items()]


def _reader(label: str, policies: PolicySet | None) -> str:
    """A label with its name: `DE` alone says nothing to somebody who has to swear to it."""
    if label in (ELSEWHERE, UNKNOWN_READER):
        return {ELSEWHERE: "everywhere else", UNKNOWN_READER: "place unknown"}[label]
    region = policies.regions.get(label) if policies else None
    name = region.title if region is not None and region.title not in ("", label) else name_of(label)
    return f"{name} ({label})" if name else label
