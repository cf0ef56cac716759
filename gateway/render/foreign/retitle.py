"""Give an article another title wherever its page says the old one. Changes the document."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gateway.render.foreign.anatomy import anatomy
from gateway.render.foreign.document import attribute
from gateway.render.foreign.flow import Flow
from gateway.render.foreign.preview import TITLES, each_linked
from gateway.render.foreign.rules import Rules
from gateway.render.foreign.scrub import Hidden, scrub
from gateway.render.foreign.statements import is_article
from gateway.render.foreign.traces import Traces, plain_words


def retitle(tree: LexborHTMLParser, new: str, said: str) -> None:
    """`said`: the title as the page's metadata has it. Addresses keep the words that they are made of."""
    headline = anatomy(tree, Rules()).headline
    old = [text for text in (said, (headline.text(deep=True) or "").strip() if headline is not None else "") if text]
    titles = [plain_words(text) for text in old]
    if headline is not None:
        headline.inner_html = escape(new)
    for node in tree.css("title"):
        node.inner_html = escape(new)
    for node in tree.css("meta[content]"):
        if (
            attribute(node, "property") or attribute(node, "name") or attribute(node, "itemprop")
        ).strip().lower() in TITLES:
            node.attrs["content"] = new
    told = _said_anew(tree, new, old)

    def rename(value: dict[str, object]) -> None:
        for name in ("headline", "name", "alternativeHeadline", "title"):
            text = value.get(name)
            if isinstance(text, str) and (
                plain_words(text) in titles or (is_article(value) and name != "alternativeHeadline")
            ):
                value[name] = new

    each_linked(tree, rename)
    scrub(tree, Hidden(told, addresses=False))


def retitle_listed(tree: LexborHTMLParser, new: str, teasers: Iterable[LexborNode]) -> None:
    """The same for an article of which a list shows something: its headline is what its teasers say largest."""
    old: list[str] = []
    for teaser in teasers:
        largest = max(teaser.css("h1, h2, h3, h4, h5, h6") or teaser.css("a[href]"), key=_length, default=None)
        if largest is not None and _length(largest):
            old.append(largest.text(deep=True) or "")
            (largest.css_first("a[href]") or largest).inner_html = escape(new)
    scrub(tree, Hidden(_said_anew(tree, new, old), addresses=False))


def _length(node: LexborNode) -> int:
    return len((node.text(deep=True) or "").strip())


def _said_anew(tree: LexborHTMLParser, new: str, old: Iterable[str]) -> Traces:
    """Replace an old title where it is read; a single word may mean anything. What stood there."""
    flow = Flow(tree)
    told = Traces.of(text for text in old if len(plain_words(text)) > 1)
    flow.cut(flow.runs_of(told), f"<p>{escape(new)}</p>", escape(new))
    return told
