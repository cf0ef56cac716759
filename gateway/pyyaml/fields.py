"""Read a mapping's values with their types; collect every problem, with a remedy, instead of stopping at the first."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date, datetime
from difflib import get_close_matches
from types import TracebackType
from typing import Self

from gateway.errors import Problem, Severity
from gateway.pyyaml.reading import Node

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[Zz]|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_YEARS = range(1900, 9000)  # a moment near the ends of the calendar cannot be carried into another zone
SHOWN = 60
SHORTEST_GUESSED = 3


class Fields:
    """The named values of one mapping. Use it as a context manager: on leaving, names that nobody asked for are
    refused, with the nearest known one.

    Every method returns the default where the value is missing or wrong (and then adds a problem), so that reading
    goes on and all problems are found at once. `about` completes the messages ("of policy 'x'").
    """

    def __init__(self, node: Node, problems: list[Problem], about: str = "") -> None:
        self.node = node
        self.problems = problems
        self._about = f" {about}" if about else ""
        self._asked: set[str] = set()
        if node.kind != "mapping":
            self.refuse(node, "not-a-mapping", f"{_shown(node)} stands where names and values{self._about} belong",
                        "write `name: value`, one a line")  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish()

    def finish(self) -> None:
        """Refuse every name that was not asked for."""
        for name, (key, _) in self.node.entries.items():
            if name not in self._asked:
                near = nearest(name, self._asked)
                remedy = f"did you mean '{near}'?" if near else f"known here: {', '.join(sorted(self._asked))}"
                self.refuse(key, "unknown-key", f"unknown key '{name}'{self._about}", remedy)

    def refuse(self, node: Node, code: str, what: str, remedy: str, severity: Severity = Severity.ERROR) -> None:
        """Add a problem at a node's place."""
        self.problems.append(Problem(node.path, node.line, node.column, code, what, remedy, severity))

    def has(self, name: str) -> bool:
        """Whether it is written."""
        self._asked.add(name)
        return name in self.node.entries

    def get(self, name: str, *, required: bool = False) -> Node | None:
        """The node of a value, of whatever kind."""
        self._asked.add(name)
        entry = self.node.entries.get(name)
        if entry is not None:
            return entry[1]
        if required and self.node.kind == "mapping":
            self.refuse(self.node, "missing-key", f"'{name}' is missing{self._about}", f"add `{name}:`")
        return None

    def key(self, name: str) -> Node:
        """Where a name stands; where the mapping begins if it is not written."""
        entry = self.node.entries.get(name)
        return entry[0] if entry else self.node

    def text(self, name: str, default: str = "", *, required: bool = False) -> str:
        """A text that is not empty."""
        node = self.get(name, required=required)
        return default if node is None else self.text_of(node, f"'{name}'") or default

    def text_of(self, node: Node, what: str) -> str:
        """A node's text; "" and a problem if it has none."""
        if node.kind != "scalar":
            self.refuse(node, "not-a-text", f"{what}{self._about} is a {_KINDS[node.kind]}", "write one text")
            return ""
        if not node.text.strip():
            self.refuse(node, "empty-value", f"{what}{self._about} is empty", "write a value, or remove the line")
            return ""
        return node.text

    def one_of(self, name: str, choices: Collection[str], default: str = "", *, required: bool = False) -> str:
        """One of a closed list of words."""
        node = self.get(name, required=required)
        if node is None:
            return default
        return self.choice(node, f"'{name}'", choices) or default

    def choice(self, node: Node, what: str, choices: Collection[str]) -> str:
        """A node's text if it is one of the choices; else "" and a problem."""
        text = self.text_of(node, what)
        if not text or text in choices:
            return text
        near = None if text.isdecimal() else nearest(text, choices)
        listed = ", ".join(choices)
        self.refuse(node, "unknown-value", f"{what} is {_shown(node)}{self._about}",
                    f"did you mean '{near}'?" if near else f"write one of: {listed}")  # fmt: skip
        return ""

    def texts(self, name: str, *, required: bool = False) -> tuple[str, ...] | None:
        """A list of texts, never empty; None where it is not written (or wrong)."""
        nodes = self.items(name, required=required)
        if nodes is None:
            return None
        return tuple(text for node in nodes if (text := self.text_of(node, f"an item of '{name}'")))

    def items(self, name: str, *, required: bool = False) -> tuple[Node, ...] | None:
        """The nodes of a list; None where it is not written. An empty list is a problem: it never means "all"."""
        node = self.get(name, required=required)
        if node is None:
            return None
        if node.kind != "sequence":
            self.refuse(node, "not-a-list", f"'{name}'{self._about} is {_shown(node)}",
                        f"write a list: `{name}: [{node.text or '…'}]`")  # fmt: skip
            return None
        if not node.items:
            self.refuse(node, "empty-list", f"the list '{name}'{self._about} is empty",
                        "name at least one, or remove it; an empty list never means all")  # fmt: skip
            return None
        return node.items

    def moment(self, name: str, *, required: bool = False) -> datetime | None:
        """A moment as RFC 3339 writes it, with its zone."""
        node = self.get(name, required=required)
        return None if node is None else self.moment_of(node, f"'{name}'")

    def moment_of(self, node: Node, what: str) -> datetime | None:
        """A node's moment; None and a problem if it is none."""
        text = self.text_of(node, what)
        if not text:
            return None
        if _MOMENT.fullmatch(text):
            try:
                moment = datetime.fromisoformat(text.upper())
                if moment.year in _YEARS:
                    return moment
            except ValueError:
                pass
        self.refuse(node, "bad-time", f"{what} is {_shown(node)}, no moment with a zone",
                    "write day, time and zone as 2026-11-01T00:00:00+02:00 or 2026-10-31T22:00:00Z")  # fmt: skip
        return None

    def day(self, name: str, *, required: bool = False) -> date | None:
        """A calendar day."""
        node = self.get(name, required=required)
        if node is None:
            return None
        text = self.text_of(node, f"'{name}'")
        if text and _DATE.fullmatch(text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                pass
        if text:
            self.refuse(node, "bad-date", f"'{name}' is {_shown(node)}, no day of the calendar", "write 2026-11-01")
        return None

    def integer(self, name: str, default: int = 0, *, minimum: int = -1_000_000, maximum: int = 1_000_000) -> int:
        """A whole number within bounds."""
        node = self.get(name)
        if node is None:
            return default
        text = self.text_of(node, f"'{name}'")
        if re.fullmatch(r"[+-]?[0-9]{1,7}", text) and minimum <= int(text) <= maximum:
            return int(text)
        if text:
            self.refuse(node, "bad-number", f"'{name}' is {_shown(node)}",
                        f"write a whole number from {minimum} to {maximum}")  # fmt: skip
        return default

    def flag(self, name: str, *, default: bool = False) -> bool:
        """`true` or `false`; nothing else is either."""
        word = self.one_of(name, ("true", "false"))
        return default if not word else word == "true"


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that was most likely meant; None if none is near, or the word too short to tell."""
    if len(word) < SHORTEST_GUESSED:
        return None
    by_fold = {candidate.casefold(): candidate for candidate in sorted(known)}
    found = get_close_matches(word.casefold(), by_fold, n=1, cutoff=cutoff)
    return by_fold[found[0]] if found else None


_KINDS = {"scalar": "text", "sequence": "list", "mapping": "mapping"}


def _shown(node: Node) -> str:
    if node.kind != "scalar":
        return f"a {_KINDS[node.kind]}"
    return f"'{node.text if len(node.text) <= SHOWN else node.text[:SHOWN] + '…'}'"
