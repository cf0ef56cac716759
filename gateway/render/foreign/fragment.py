"""A piece of HTML inside a feed or a JSON body, under its treatments. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.content.article import Facts
from gateway.policy.decision import Decision, DueNotice, Treatments
from gateway.policy.model import NoticePlace
from gateway.render.foreign.anatomy import Anatomy
from gateway.render.foreign.document import parse
from gateway.render.foreign.hosts import Hosts
from gateway.render.foreign.page_treat import Page, betrayed, protected
from gateway.render.foreign.rules import Rules
from gateway.render.foreign.scrub import Hidden, scrub
from gateway.render.foreign.traces import Traces
from gateway.render.foreign.withhold import withhold
from gateway.render.guard import missing_in_fragment
from gateway.render.notices import notice_html, once, withheld_mark


@dataclass(slots=True)
class Entry:
    """An article in a list, and what is done to it. `hidden` grows as parts are found in one of its texts."""

    facts: Facts
    treatments: Treatments
    rules: Rules
    hosts: Hosts
    hidden: Hidden

    @classmethod
    def of(cls, facts: Facts, decision: Decision, page: Page) -> Entry:
        """An entry of a page's list."""
        return cls(facts, decision.treatments, page.rules, page.hosts, cls.nothing())

    @staticmethod
    def nothing() -> Hidden:
        """That nothing is withheld."""
        return Hidden(Traces.of(()))

    @property
    def due(self) -> tuple[DueNotice, ...]:
        """What whoever shows it owes its readers."""
        return once(self.treatments.notices, self.treatments.social)

    @property
    def title(self) -> str | None:
        """What stands in the title's place; None: nothing."""
        return next((text for target, text in self.treatments.substitutes if target == "title"), None)

    @property
    def article(self) -> str | None:
        """What stands in the place of the whole article; None: nothing."""
        return next((text for target, text in self.treatments.substitutes if target == "article"), None)

    def html(self, text: str, *, notices: bool) -> str:
        """A text of the entry treated; `notices`: with those that are due, which stand in one of its texts.

        A list has an article shortened and in other markup: words that do not stand there need no withholding; what a
        selector means cannot be told there, so nothing of the text is shown (`withhold`).
        """
        tree = parse(f"<body>{text}")
        body = tree.body
        if body is None:
            return self._with_notices("", notices=notices)
        parts = Anatomy(None, (body,))
        hidden = withhold(tree, self.treatments, parts, self.facts.language).hidden()
        self.hidden = Hidden(
            Traces(self.hidden.words.runs | hidden.words.runs),
            self.hidden.stems | hidden.stems,
        )
        scrub(tree, hidden)
        protected(tree, Page(text, self.facts, self.treatments, self.rules, self.hosts), Anatomy(None))
        made = (body.inner_html or "") if tree.body is not None else ""
        if self.hidden and betrayed(made, self.hidden):
            made = self.marks()
        return self._with_notices(made, notices=notices)

    def plain(self, text: str) -> str:
        """A text without markup: nothing of it where it holds what is withheld."""
        return "" if self.hidden and self.hidden.stands_in(text) else text

    def marks(self) -> str:
        """What says that something was withheld."""
        return "".join(str(withheld_mark(one.notice, "part", self.facts.language)) for one in self.treatments.withheld)

    def _with_notices(self, made: str, *, notices: bool) -> str:
        if not notices:
            return made
        before = (one for one in self.due if one.place is not NoticePlace.AFTER_BODY)
        after = (one for one in self.due if one.place is NoticePlace.AFTER_BODY)
        whole = f"{_joined(before)}{made}{_joined(after)}"
        if not missing_in_fragment(whole, [one.id for one in self.due]):
            return whole
        return _joined(self.due)  # never an entry without its notices


def _joined(due: Iterable[DueNotice]) -> str:
    return "".join(str(notice_html(one.text)) for one in due)
