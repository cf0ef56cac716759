"""Give an article another title wherever its page says the old one. Changes the document."""

from __future__ import annotations

from html import escape

from selectolax.lexbor import LexborHTMLParser

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
    flow = Flow(tree)
    told = Traces.of(text for text in old if len(plain_words(text)) > 1)
    flow.cut(flow.runs_of(told), f"<p>{escape(new)}</p>", escape(new))

    def rename(value: dict[str, object]) -> None:
        for name in ("headline", "name", "alternativeHeadline", "title"):
            text = value.get(name)
            if isinstance(text, str) and (
                plain_words(text) in titles or (is_article(value) and name != "alternativeHeadline")
            ):
                value[name] = new

    each_linked(tree, rename)
    scrub(tree, Hidden(told, addresses=False))
