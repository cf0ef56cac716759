"""Withhold or replace parts of somebody else's page, named by selector or by their words. Changes the document.

What is named but not found: see `Outcome`. A selector that finds nothing may mean anything by now, so the whole text is
withheld until somebody mends it. Words that stand nowhere any more need no withholding; but words that stand there
almost, or in part, have been edited: then what resembles them goes, or, where that cannot be told, the whole text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gateway.content.markdown import prose
from gateway.policy.decision import Treatments
from gateway.policy.model import NoticeText
from gateway.policy.parts import QUOTE, SELECTOR, part_label
from gateway.render.foreign.anatomy import Anatomy
from gateway.render.foreign.document import ancestors, found, put
from gateway.render.foreign.flow import Flow
from gateway.render.foreign.notices_in import foreign_inline_mark, foreign_mark
from gateway.render.foreign.scrub import Hidden, addresses_in, stem_of, stems_in
from gateway.render.foreign.traces import Traces, plain_words
from gateway.render.foreign.whole_text import whole_text

SIMILAR, RESEMBLING = 0.5, 0.2
"""Of three words in a row, the share that a block must have in common with a quotation to be taken for it, edited; and
the share below which the quotation is taken to be gone.
"""
LEAST_WORDS = 4
"""Words of a part found by selector that are looked for elsewhere, too; fewer stand everywhere."""


@dataclass(slots=True)
class Outcome:
    """What was taken out. `unmatched`: parts that were not found, by label; `inexact`: parts found in an edited form;
    `lost`: the text of the article could not be told from the rest, so nothing of the page may be shown. `uncut`: what
    was taken out may stand elsewhere on the page, too. `addresses`: of the media in it, as they stood there.
    """

    texts: list[str] = field(default_factory=list)
    stems: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    unmatched: list[str] = field(default_factory=list)
    inexact: list[str] = field(default_factory=list)
    lost: bool = False
    uncut: bool = False

    def hidden(self) -> Hidden:
        """What must be found nowhere on the page. Takes time by the length of what was taken out."""
        return Hidden(Traces.of(self.texts), frozenset(self.stems))


def withhold(tree: LexborHTMLParser, treatments: Treatments, parts: Anatomy, language: str) -> Outcome:
    """Take out what is withheld, put in what replaces a part."""
    outcome = Outcome()
    for part, marks in _parts(treatments, language):
        _part(tree, part, parts, outcome, *marks)
    for held in treatments.withheld:
        for path in sorted(held.media):
            stem = stem_of(path)
            if stem:
                _medium(tree, stem, _marks(held.notice, "media", language))
                outcome.stems.add(stem)
    if outcome.uncut:
        for held in treatments.withheld[:1]:
            again = Flow(tree)
            again.cut(again.runs_of(Traces.of(outcome.texts)), *_marks(held.notice, "part", language))
        if not treatments.withheld:
            again = Flow(tree)
            again.cut(again.runs_of(Traces.of(outcome.texts)), "", "")
    return outcome


def withhold_listed(
    tree: LexborHTMLParser, treatments: Treatments, teasers: Sequence[LexborNode], outcome: Outcome, language: str
) -> None:
    """The same of an article of which a list shows something, its `teasers`. A list need not show what is withheld, so
    nothing is missed there: words go where they stand, what a selector or a medium names goes from the teasers.
    """
    for part, marks in _parts(treatments, language):
        if part.startswith(SELECTOR):
            for node in _outermost([one for teaser in teasers for one in found(teaser, part.removeprefix(SELECTOR))]):
                _replace(tree, node, marks[0], outcome)
        elif part.startswith(QUOTE):
            quoted = part.removeprefix(QUOTE)
            flow = Flow(tree)
            flow.cut(flow.runs_of(Traces.of([quoted])), *marks)
            outcome.texts.append(quoted)
    for held in treatments.withheld:
        stems = {stem for path in held.media if (stem := stem_of(path))}
        for stem in sorted(stems):
            _medium(tree, stem, _marks(held.notice, "media", language))
        outcome.stems |= stems


def plain_text_of(html: str) -> list[str]:
    """The words of our own prose as they are read."""
    holder = LexborHTMLParser(f"<body>{html}").body
    return (holder.text(deep=True) if holder is not None else "").split()


def _parts(treatments: Treatments, language: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """What is replaced or withheld, each with what stands there instead: as a block, and among words."""
    for target, text in treatments.substitutes:
        if target.startswith("part:"):
            html = prose(text)
            yield target.removeprefix("part:"), (html, f"<span>{escape(' '.join(plain_text_of(html)))}</span>")
    for held in treatments.withheld:
        for part in sorted(held.parts):
            yield part, _marks(held.notice, f"part:{part_label(part)}", language)


def _part(
    tree: LexborHTMLParser, part: str, parts: Anatomy, outcome: Outcome, block_mark: str, inline_mark: str
) -> None:
    if part.startswith(SELECTOR):
        nodes = _outermost(found(tree, part.removeprefix(SELECTOR)))
        if nodes:
            for node in nodes:
                _replace(tree, node, block_mark, outcome)
            return
        outcome.unmatched.append(part_label(part))
        _whole_text(tree, parts, outcome, block_mark)
        return
    if not part.startswith(QUOTE):
        return
    quoted = part.removeprefix(QUOTE)
    wanted = plain_words(quoted)
    flow = Flow(tree)
    if flow.holds(wanted):
        outcome.texts.append(quoted)
        flow.cut(flow.runs_of(Traces.of([quoted])), block_mark, inline_mark)
        return
    share, block = _most_similar(flow, wanted)
    if share >= SIMILAR and block is not None and block.tag not in ("body", "html", "main"):
        outcome.inexact.append(part_label(part))
        outcome.texts.append(quoted)
        _replace(tree, block, block_mark, outcome)
    elif share >= RESEMBLING:
        outcome.unmatched.append(part_label(part))
        outcome.texts.append(quoted)
        _whole_text(tree, parts, outcome, block_mark)
    else:
        outcome.unmatched.append(part_label(part))
        outcome.texts.append(quoted)  # it is not read on the page, but might stand in its data


def _most_similar(flow: Flow, wanted: Sequence[str]) -> tuple[float, LexborNode | None]:
    """The block that has most of a quotation's runs of three words, and how many of them."""
    runs = {tuple(wanted[at : at + 3]) for at in range(len(wanted) - 2)}
    best, most = None, 0.0
    for block, words in flow.blocks() if runs else []:
        share = len(runs & {tuple(words[at : at + 3]) for at in range(len(words) - 2)}) / len(runs)
        if share > most:
            best, most = block, share
    return most, best


def _whole_text(tree: LexborHTMLParser, parts: Anatomy, outcome: Outcome, mark: str) -> None:
    texts = [one for one in parts.texts if one.parent is not None]
    if not texts:
        outcome.lost = True
        return
    nodes = whole_text(tree, parts.headline, texts)
    for node in nodes:
        outcome.texts += _texts(node)
    outcome.uncut = True
    outcome.stems |= stems_in(nodes)
    outcome.addresses |= addresses_in(nodes)
    for node in nodes:
        if node.tag == "-text":
            node.decompose()
            continue
        for inner in list(node.iter(include_text=True)):
            inner.decompose()
    put(tree, mark, texts[0], "first-in")


def _replace(tree: LexborHTMLParser, node: LexborNode, mark: str, outcome: Outcome) -> None:
    outcome.texts += _texts(node)
    outcome.stems |= stems_in([node])
    outcome.addresses |= addresses_in([node])
    outcome.uncut = True
    if node.tag in ("html", "head", "body") or node.parent is None:
        outcome.lost = True
        return
    if node.tag in ("td", "th", "li", "dd", "dt", "tr", "tbody", "option", "main"):
        for inner in list(node.iter(include_text=True)):
            inner.decompose()
        if node.tag not in ("tr", "tbody", "option"):
            put(tree, mark, node, "first-in")
        return
    put(tree, mark, node, "instead")


def _medium(tree: LexborHTMLParser, stem: str, marks: tuple[str, str]) -> None:
    """Take a medium out with its whole figure, since a caption describes it."""
    for node in tree.css("img, video, audio, amp-img, amp-video"):
        if stem not in stems_in([node]) or node.parent is None:
            continue
        at = node
        while at.parent is not None and at.parent.tag in ("picture", "figure", "a"):
            at = at.parent
        put(tree, marks[0] if at.tag == "figure" else marks[1], at, "instead")


def _texts(node: LexborNode) -> list[str]:
    """The texts of a part that give it away elsewhere: of each of its blocks, and what describes its pictures."""
    texts = [
        (piece.text(deep=True) or "")
        for piece in node.css("p, li, blockquote, h1, h2, h3, h4, td, dd, figcaption, pre")
    ]
    texts.append(node.text(deep=True) or "")
    texts += [
        value
        for one in node.css("[alt], [title]")
        for name in ("alt", "title")
        if (value := (one.attributes.get(name) or ""))
    ]
    return [text for text in texts if len(plain_words(text)) >= LEAST_WORDS]


def _outermost(nodes: list[LexborNode]) -> list[LexborNode]:
    kept: list[LexborNode] = []
    within: set[int] = set()
    for node in nodes:  # in the order of the page, so what is around comes first
        if node.mem_id in within or any(one.mem_id in within for one in ancestors(node)):
            continue
        within.add(node.mem_id)
        kept.append(node)
    return kept


def _marks(notice: NoticeText, what: str, language: str) -> tuple[str, str]:
    return foreign_mark(notice, what, language), foreign_inline_mark(notice, what)
