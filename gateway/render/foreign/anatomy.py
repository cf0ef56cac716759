"""Where on somebody else's page the headline and the text of an article are: as configured, as known, as inferred."""

from __future__ import annotations

from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gateway.render.foreign.document import ancestors, first
from gateway.render.foreign.rules import Rules

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
    "[class*='PostBody']", ".prose", ".amp-wp-article-content", ".e-content",
)  # fmt: skip
LEAST_TEXT = 200
"""Characters in paragraphs beside each other that make an element the text of an article."""


@dataclass(frozen=True, slots=True)
class Anatomy:
    """The headline and the element that holds the article's text; None where there is none."""

    headline: LexborNode | None
    body: LexborNode | None

    @property
    def core(self) -> set[int]:
        """What no selector may take away, by `mem_id`: these two and what is around them."""
        held = [node for node in (self.headline, self.body) if node is not None]
        return {one.mem_id for node in held for one in (node, *ancestors(node))}


def anatomy(tree: LexborHTMLParser, rules: Rules) -> Anatomy:
    """What of an article is where."""
    body = first(tree, rules.body) if rules.body else None
    if body is None:
        body = next(
            (node for selector in _BODIES for node in tree.css(selector) if _says_much(node)), None
        ) or _densest(tree)
    return Anatomy(first(tree, (*rules.headline, *_HEADLINES)), body)


def _says_much(node: LexborNode) -> bool:
    return len((node.text(deep=True) or "").strip()) >= LEAST_TEXT // 2


def _densest(tree: LexborHTMLParser) -> LexborNode | None:
    """The element with the most text in paragraphs of its own."""
    weights: dict[int, int] = {}
    nodes: dict[int, LexborNode] = {}
    beside = {node.mem_id for node in tree.css("footer p, nav p, aside p, form p, [id^='comment'] p, .comments-area p")}
    for paragraph in tree.css("p"):
        parent = paragraph.parent
        if parent is not None and paragraph.mem_id not in beside:
            nodes[parent.mem_id] = parent
            weights[parent.mem_id] = weights.get(parent.mem_id, 0) + len((paragraph.text(deep=True) or "").strip())
    if not weights:
        return None
    best = max(weights, key=lambda key: weights[key])
    return nodes[best] if weights[best] >= LEAST_TEXT and nodes[best].tag not in ("body", "html") else None
