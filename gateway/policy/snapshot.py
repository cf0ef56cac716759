"""Who sees what, as text files beside the cases: reviewed like policies, and compared with what policies do now. Pure.

They depend on the policies alone: not on the content, whose articles come and go, nor on today. A line a reader, so
that a change of a policy is a change of the lines that it means.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from difflib import unified_diff

from gateway.policy.article_classes import ArticleClass, classes_of
from gateway.policy.compare import ELSEWHERE
from gateway.policy.model import PolicySet, State
from gateway.policy.periods import Periods
from gateway.policy.proofs import described
from gateway.policy.who_sees_what import Row, Table, readers_by_label, table_of

FOLDER = "tests/snapshots/"
HEADER = "Who sees what, by `gateway test --snapshot`. Read what changed, then take it with `--update`."
MOST_PERIODS = 40
MOST_ANSWERS = 200_000
LONGEST_NAME = 120


def snapshots(policies: PolicySet) -> tuple[dict[str, str], list[str]]:
    """A text for each class of articles, by its path below the policies directory; and what was left out."""
    classes, left_out = classes_of(policies, None)
    readers = readers_by_label(policies)
    periods = Periods(policies, None)
    found: dict[str, str] = {}
    answers = 0
    for number, article in enumerate(classes):
        if answers > MOST_ANSWERS:
            left_out.append(f"{len(classes) - number} of {len(classes)} kinds of articles have no snapshot.")
            break
        path = _path(article, found)
        lines = [HEADER, "", f"Articles: {described(article.facts)}.", f"Policies: {_policies(article)}."]
        moments = [moment for later in (False, True) for moment, _ in periods.of(article.policies, later=later)]
        for position, moment in enumerate(moments[:MOST_PERIODS]):
            answers += len(readers)
            first = f"before {_utc(moments[1])}" if len(moments) > 1 else "always"
            lines += ["", f"{f'from {_utc(moment)}' if position else first}:"]
            lines += _readers(table_of(policies, article, readers, None, moment))
        if len(moments) > MOST_PERIODS:
            lines += ["", f"{len(moments) - MOST_PERIODS} later periods are not shown."]
        found[path] = "\n".join(lines) + "\n"
    return found, left_out


def differences(before: Mapping[str, bytes], now: Mapping[str, str]) -> list[str]:
    """What differs from the files of the directory, as lines of a unified diff; empty if nothing does."""
    kept = {path: text.decode("utf-8", "replace") for path, text in before.items() if is_snapshot(path, text)}
    found: list[str] = []
    for path in sorted({*kept, *now}):
        old, new = kept.get(path, ""), now.get(path, "")
        names = (path if path in kept else "/dev/null", path if path in now else "/dev/null")
        found += (line.rstrip("\n") for line in unified_diff(old.splitlines(), new.splitlines(), *names, lineterm=""))
    return found


def is_snapshot(path: str, text: bytes) -> bool:
    """Whether a file is one of ours: nothing else in the folder is ever compared or removed."""
    return path.startswith(FOLDER) and path.endswith(".txt") and text.startswith(b"Who sees what, by `gateway test")


def _readers(table: Table) -> list[str]:
    """A line for each reader who gets something else than those elsewhere, and one for these."""
    rest = next((row for row in table.rows if ELSEWHERE in row.readers), None)
    lines = sorted(f"  {label}: {_line(row)}" for row in table.rows if row is not rest for label in row.readers)
    return [*lines, f"  everyone else: {_line(rest)}"] if rest else lines


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _line(row: Row) -> str:
    done = ", ".join(row.treatments) or "as published"
    by = f" (by {', '.join(policy.name for policy in row.policies)})" if row.policies else ""
    shadow = f"; in shadow: {', '.join(row.shadow)}" if row.shadow else ""
    return f"{row.status} {done}{by}{shadow}"


def _policies(article: ArticleClass) -> str:
    return ", ".join(_named(article)) or "none means them"


def _named(article: ArticleClass) -> Iterator[str]:
    return (policy.name + (" (in shadow)" if policy.state is State.SHADOW else "") for policy in article.policies)


def _path(article: ArticleClass, taken: Iterable[str]) -> str:
    """Named by the policies that mean the class, so that the file stays where it is when another comes."""
    name = "+".join(policy.name for policy in article.policies) or "no-policy"
    if len(name) > LONGEST_NAME:
        name = f"{name[: LONGEST_NAME - 13]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    path, count = f"{FOLDER}{name}.txt", 1
    while path in taken:
        count += 1
        path = f"{FOLDER}{name}-{count}.txt"
    return path
