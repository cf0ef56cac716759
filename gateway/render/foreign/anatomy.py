"""Where on somebody else's page the headline and the text of an article are: as configured, as known, as inferred."""

from __future__ import annotations

from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gateway.render.foreign.document import ancestors, attribute, first, found
from gateway.render.foreign.rules import Rules
from gateway.render.foreign.whole_text import BESIDE, alike

_HEADLINES = (
    "h1.entry-title", "h1[itemprop~='headline']", "h1.wp-block-post-title", "h1.page-title", "h1.article-title",
    "h1.headline", "h1[class*='headline' i]", "article h1", "main h1", "h1", "[itemprop~='headline']",
    "h2.entry-title",
)  # fmt: skip
_BODIES = (
    "[itemprop~='articleBody']", ".entry-content", ".wp-block-post-content", ".post-content", ".post__content",
    ".single-content", ".td-post-content", ".article-body", ".article__body", ".articleBody", ".article-content",
    ".article__content", ".article-text", ".article__text", ".story-body", ".story__body", ".story-content",
    ".post-body", ".content-body", ".c-article-body", "article .field--name-body", ".node__content .field--name-body",
    ".node__content", ".field--name-body", ".field-name-body", "[data-testid='article-body']",
    "[data-component='article-body']", "[class*='ArticleBody']", "[class*='articleBody']", "[class*='article-body']",
    "[class*='PostBody']", ".amp-wp-article-content", ".e-content",
    ".gh-content", ".available-content .body", "[data-hook='post-description']", ".elementor-widget-theme-post-content",
    ".field--name-field-paragraphs", ".field--name-field-content", ".blog-item-content", ".BlogItem .sqs-layout",
    ".tdb_single_content", ".brxe-post-content", ".news-detail", ".full-text", ".fullstory", ".news-text",
    ".news__text", ".story-text", ".article_text", ".article_body", "#article-body", ".w-richtext", ".prose",
)  # fmt: skip
LEAST_TEXT, MUCH_TEXT = 200, 500
"""Characters in paragraphs beside each other that make an element the text of an article; that, near its headline, do
so whatever else is on the page.
"""
_COMPARED = 50
_BESIDE = ", ".join(f"{around} {one}" for around in BESIDE for one in ("p", "div", "section", "article", "td", "pre"))


@dataclass(frozen=True, slots=True)
class Anatomy:
    """The headline and the elements that hold the article's text, in the order of the page; what there is of them."""

    headline: LexborNode | None
    texts: tuple[LexborNode, ...] = ()

    @property
    def core(self) -> set[int]:
        """What no selector may take away, by `mem_id`: these and what is around them."""
        held = self.texts if self.headline is None else (self.headline, *self.texts)
        return {one.mem_id for node in held for one in (node, *ancestors(node))}


def anatomy(tree: LexborHTMLParser, rules: Rules) -> Anatomy:
    """What of an article is where."""
    headline = first(tree, (*rules.headline, *_HEADLINES))
    for configured in rules.body:
        if nodes := found(tree, configured):
            return Anatomy(headline, alike(tree, nodes[0], nodes, headline))
    for selector in _BODIES:
        nodes = tree.css(selector)
        if body := next(filter(_says_much, nodes), None):
            return Anatomy(headline, alike(tree, body, nodes, headline))
    body = _densest(tree, headline)
    return Anatomy(headline, () if body is None else alike(tree, body, _of_its_kind(tree, body), headline))


def _of_its_kind(tree: LexborHTMLParser, body: LexborNode) -> list[LexborNode]:
    """Elements that are called as the one with the text is; where that has no name, those beside it with much text."""
    named = attribute(body, "class")
    kind = [one for one in tree.tags(body.tag or "") if attribute(one, "class") == named]
    if named:
        return kind
    holder = body.parent.mem_id if body.parent is not None else 0
    return [one for one in kind if one.parent is not None and one.parent.mem_id == holder and _says_much(one)]


def _says_much(node: LexborNode) -> bool:
    return _length(node) >= LEAST_TEXT // 2


def _densest(tree: LexborHTMLParser, headline: LexborNode | None) -> LexborNode | None:
    """The element with the most text of its own and in paragraphs of its own, in what is around the headline, if much
    is there: what readers or others write stands further away, and may be more.
    """
    weights: dict[int, int] = {}
    nodes: dict[int, LexborNode] = {}
    beside = {node.mem_id for node in tree.css(_BESIDE)}
    for node in tree.css("p, div, section, article, td, pre"):
        holder = node.parent if node.tag == "p" else node
        length = _length(node) if node.tag == "p" else len((node.text(deep=False) or "").strip())
        if length and holder is not None and node.mem_id not in beside and holder.tag not in ("body", "html"):
            nodes[holder.mem_id] = holder
            weights[holder.mem_id] = weights.get(holder.mem_id, 0) + length
    largest = sorted(weights, key=lambda key: -weights[key])[:_COMPARED]
    nearness = {one.mem_id: at for at, one in enumerate(ancestors(headline))} if headline is not None else {}
    near: dict[int, int] = {}
    for held in largest:
        shared = (nearness[one.mem_id] for one in (nodes[held], *ancestors(nodes[held])) if one.mem_id in nearness)
        if weights[held] >= MUCH_TEXT and (at := next(shared, None)) is not None:
            near.setdefault(at, held)  # of those equally near, the largest
    if near:
        return nodes[near[min(near)]]
    best = largest[0] if largest else 0
    return nodes[best] if best and weights[best] >= LEAST_TEXT else None


def _length(node: LexborNode) -> int:
    return len((node.text(deep=True) or "").strip())
