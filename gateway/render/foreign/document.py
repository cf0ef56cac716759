"""Somebody else's HTML as a tree, and back: what nobody touched means the same to a browser afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

_BEFORE = re.compile(r"(?:\s|<!--.*?-->|<\?xml[^>]*>)*", re.DOTALL)
_DOCTYPE = re.compile(r"<!doctype\b[^>]*>", re.IGNORECASE)
_WHOLE = re.compile(r"<(?:!doctype|html|head|body|frameset)[\s/>]", re.IGNORECASE)
_OPENING = re.compile(rf"\s*{_WHOLE.pattern}", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_FEEDS = "pre, textarea, listing"
"""Elements whose first line feed a parser drops: to keep one, two must be written."""


class Document:
    """A page or a fragment, parsed as a browser with scripting does: in `<noscript>` stands text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.whole = is_whole(text)
        self.tree = parse(text)
        self._padded = False

    def html(self) -> str:
        """The page as it stands now. The doctype is the sender's own: it decides how browsers lay the page out."""
        for node in () if self._padded else self.tree.css(_FEEDS):
            opening = node.first_child
            if any(one.tag in ("svg", "math") for one in ancestors(node)):
                continue  # there they are other elements, of the same name
            if opening is not None and opening.tag == "-text" and (opening.text_content or "").startswith("\n"):
                opening.insert_before("\n")
        self._padded = True
        if not self.whole:
            body = self.tree.body
            return (body.inner_html or "") if body is not None else ""
        made = self.tree.html or ""
        doctype = _DOCTYPE.match(self.text, _BEFORE.match(self.text).end())  # type: ignore[union-attr]
        return _DOCTYPE.sub(lambda _: doctype[0], made, count=1) if doctype else made


def parse(text: str, *, scripting: bool = True) -> LexborHTMLParser:
    """A tree, whatever the text."""
    return LexborHTMLParser(text.encode("utf-8", "replace"), scripting=scripting)


def is_whole(text: str) -> bool:
    """Whether a text is meant as a page, and not as a piece that a script puts into one."""
    return bool(_OPENING.match(text)) or bool(_WHOLE.search(_COMMENT.sub("", text[:20_000])))


def found(tree: LexborHTMLParser | LexborNode, selector: str) -> list[LexborNode]:
    """What a selector finds; nothing where the parser does not understand it."""
    try:
        return tree.css(selector)
    except (SelectolaxError, ValueError):
        return []


def first(tree: LexborHTMLParser, selectors: tuple[str, ...]) -> LexborNode | None:
    """The first that any of the selectors finds, in their order."""
    for selector in selectors:
        nodes = found(tree, selector)
        if nodes:
            return nodes[0]
    return None


def attribute(node: LexborNode, name: str) -> str:
    """An attribute's text; "" where it is missing or empty."""
    return (node.attributes or {}).get(name) or ""


def ancestors(node: LexborNode) -> Iterator[LexborNode]:
    """The elements around a node, from the inside out."""
    at = node.parent
    while at is not None and at.tag != "-document":
        yield at
        at = at.parent


def writable(text: str) -> str:
    """A text without what UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def put(tree: LexborHTMLParser, html: str, beside: LexborNode, how: str) -> None:
    """Put HTML of ours at a place: `before` or `after` a node, `first-in` or `last-in` it, or `instead` of it."""
    holder = tree.create_node("div")
    holder.inner_html = writable(html)
    pieces = list(holder.iter(include_text=True))
    if how in ("first-in", "last-in"):
        inside = beside.first_child if how == "first-in" else None
        for piece in pieces:
            if inside is None:
                beside.insert_child(piece)
            else:
                inside.insert_before(piece)
        return
    for piece in reversed(pieces) if how == "after" else pieces:
        if how == "after":
            beside.insert_after(piece)
        else:
            beside.insert_before(piece)
    if how == "instead":
        beside.decompose()
