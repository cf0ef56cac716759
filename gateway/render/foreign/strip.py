"""Take away what endangers a reader: widgets, embeds, links that do what is not to be done. Changes the document."""

from __future__ import annotations

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gateway.render.foreign.document import ancestors, attribute, found
from gateway.render.foreign.hosts import Hosts
from gateway.render.foreign.rules import Rules
from gateway.render.foreign.statements import statements
from gateway.render.foreign.third_party import asks_others
from gateway.render.foreign.traces import plain_words
from gateway.render.foreign.widgets import QUOTED_EMBEDS, Widgets, chosen, widgets_of

_HOLDERS = frozenset(
    {"li", "ul", "ol", "span", "div", "p", "nav", "section", "aside", "figure", "footer", "menu", "center"}
)
"""Elements that mean nothing once they are empty."""
_SHOWS = frozenset({
    "img", "svg", "video", "audio", "picture", "iframe", "canvas", "hr", "input", "textarea", "select", "button",
    "object", "embed", "math", "script", "style", "link", "meta", "template", "noscript", "amp-img",
})  # fmt: skip
_FRAMES = "iframe, embed, object, frame, amp-iframe"
_PRESSED = "a, button, summary, [role='button' i], input[type='submit' i], input[type='button' i]"
_LETTERS = re.compile(r"\w")
_SEPARATORS = re.compile(r"\s*[·|•/—–,-]\s*")
MOST_OF_A_TEXT = 0.5
"""Of an article's text: what holds as much is no widget."""
OF_A_SENTENCE = 12
"""Letters for each link that make what is around links a sentence."""


def strip(
    tree: LexborHTMLParser,
    protect: frozenset[str],
    rules: Rules,
    hosts: Hosts,
    core: set[int],
    texts: Sequence[LexborNode],
) -> None:
    """Remove what the protections name. `core`: the nodes (`mem_id`) that hold the article: no selector takes those.
    `texts`: those that hold its text.
    """
    widgets = widgets_of(protect, chosen(protect, rules.remove), rules.defaults)
    kept = [node for selector in rules.keep for node in found(tree, selector)]
    safe = core | {inner.mem_id for node in kept for inner in (*ancestors(node), *node.css("*"))}
    safe |= _sold(tree)
    most = MOST_OF_A_TEXT * sum(len(one.text(deep=True) or "") for one in texts)
    if "embeds" in protect:
        _quoted(tree)
        for node in tree.css(_FRAMES):
            source = attribute(node, "src") or attribute(node, "data") or attribute(node, "data-src")
            inside = attribute(node, "srcdoc")
            if asks_others(inside, hosts) if inside else not (hosts.is_own(source) and source):
                _remove(node, safe)
    for node in _widgets(tree, widgets):
        if not most or len(node.text(deep=True) or "") < most:  # whatever it is called, it is the article
            _remove(node, safe)
    _links(tree, widgets, safe, core)
    _labelled(tree, widgets, safe)


def _sold(tree: LexborHTMLParser) -> set[int]:
    """What the page says is text that is paid for (schema.org's `hasPart`), often called after the wall before it."""
    sold: set[int] = set()
    for said in statements(tree).linked:
        parts = said.get("hasPart")
        for part in parts if isinstance(parts, list) else [parts]:
            selector = part.get("cssSelector") if isinstance(part, dict) else None
            for node in found(tree, selector) if isinstance(selector, str) else ():
                sold |= {node.mem_id, *(one.mem_id for one in ancestors(node))}
    return sold


def _widgets(tree: LexborHTMLParser, widgets: Widgets) -> list[LexborNode]:
    nodes = [
        node
        for node in tree.css("[class], [id]")
        if attribute(node, "id") in widgets.ids or not widgets.classes.isdisjoint(attribute(node, "class").split())
    ]
    return nodes + [node for selector in widgets.selectors for node in found(tree, selector)]


def _links(tree: LexborHTMLParser, widgets: Widgets, safe: set[int], core: set[int]) -> None:
    for node in tree.css("a[href], area[href], link[href][rel~='alternate'], form[action]"):
        address = attribute(node, "action" if node.tag == "form" else "href").strip()
        gone = widgets.links.search(address)
        if not gone and widgets.links_outside_text.search(address):
            gone = None if _in_text(node, core) else widgets.links_outside_text.search(address)
        if gone:
            if node.tag == "a" and _in_a_sentence(node):
                del node.attrs["href"]
            else:
                _remove(node, safe)
        elif node.tag in ("a", "area") and widgets.unlinked.search(address):
            del node.attrs["href"]


def _labelled(tree: LexborHTMLParser, widgets: Widgets, safe: set[int]) -> None:
    """What says in so many words what it is for; a form goes with its button, but for one by which readers log in."""
    for node in tree.css(_PRESSED) if widgets.labels else ():
        said = (node.text(deep=True), *(attribute(node, name) for name in ("aria-label", "title", "value")))
        if node.parent is None or not any(tuple(plain_words(text)) in widgets.labels for text in said if text):
            continue
        if node.tag == "a" and _in_a_sentence(node):
            if "href" in node.attributes:
                del node.attrs["href"]
            continue
        around = (
            node.parent if node.tag == "summary" else next((one for one in ancestors(node) if one.tag == "form"), None)
        )
        _remove(node if around is None or around.css_first("input[type='password' i]") is not None else around, safe)


def _quoted(tree: LexborHTMLParser) -> None:
    for node in tree.css(QUOTED_EMBEDS):
        for name in list(node.attributes):
            if name not in ("lang", "dir", "cite"):
                del node.attrs[name]


def _in_text(node: LexborNode, core: set[int]) -> bool:
    """Whether a link stands in the article's own text: an element of the article is around it, and a sentence."""
    return _in_a_sentence(node) and any(
        one.mem_id in core and one.tag not in ("html", "body") for one in ancestors(node)
    )


def _in_a_sentence(node: LexborNode) -> bool:
    """Whether the element around holds words of its own beside it."""
    parent = node.parent
    while parent is not None and parent.tag in ("b", "strong", "em", "i", "u", "span", "mark", "small"):
        parent = parent.parent
    if parent is None or parent.tag not in ("p", "li", "blockquote", "td", "dd", "figcaption", "h1", "h2", "h3", "h4"):
        return False
    words = _LETTERS.findall(parent.text(deep=False) or "")
    return len(words) > OF_A_SENTENCE * len(parent.css("a"))  # a list of links has little between them


def _remove(node: LexborNode, safe: set[int]) -> None:
    """Take a node out, and what around it was there for it alone. What holds the article stays."""
    if node.mem_id in safe or node.parent is None or node.tag in ("html", "head", "body", "main"):
        return
    at = node
    while True:
        parent = at.parent
        if parent is None or parent.mem_id in safe or parent.tag not in _HOLDERS or not _empty_but(parent, at):
            break
        at = parent
    for beside in (at.next, at.prev):  # of `A | B` without A, no line stays
        if beside is not None and beside.tag == "-text" and _SEPARATORS.fullmatch(beside.text_content or ""):
            beside.decompose()
            break
    at.decompose()


def _empty_but(parent: LexborNode, child: LexborNode) -> bool:
    for other in parent.iter(include_text=True):
        if other.mem_id == child.mem_id or other.tag == "-comment":
            continue
        if other.tag == "-text":
            if (other.text_content or "").strip(" \t\r\n·|•/—–-,:"):
                return False
        elif (
            other.tag in _SHOWS
            or other.css_first(",".join(_SHOWS)) is not None
            or (other.text(deep=True) or "").strip()
        ):
            return False
    return True
