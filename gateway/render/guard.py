"""The last look before a page leaves: each due notice stands in the bytes, once, where a reader can see it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import ParseError, fromstring

import orjson
from selectolax.lexbor import LexborHTMLParser, LexborNode

_UNSEEN_ELEMENTS = frozenset({
    "audio", "canvas", "datalist", "head", "iframe", "math", "noembed", "noframes", "noscript", "object", "option",
    "script", "select", "style", "svg", "template", "textarea", "title", "video",
})  # fmt: skip
_UNSEEN_CLASSES = frozenset({"skip", "visually-hidden"})
"""Classes of ours that move an element out of sight."""
_UNSEEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|content-visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0*)?(?!\.?\d)"
    r"|font-size\s*:\s*0|clip|position\s*:\s*(?:absolute|fixed)|text-indent\s*:\s*-|transform",
    re.IGNORECASE,
)
_ATOM = "{http://www.w3.org/2005/Atom}"


def missing(body: bytes, content_type: str, ids: Iterable[str]) -> set[str]:
    """The due ids that a reader of these bytes would not see exactly once. Empty: the page may be sent.

    HTML: `<aside class="notice" role="note" data-notice="ID" lang=…>` with text in it, nothing around it that hides
    it. JSON: an object in `notices` with that id, HTML and text. Atom: the same as for HTML, within each entry at most
    once and in at least one. What cannot be parsed holds no notice; any other content type must owe none.
    """
    due = set(ids)
    if not due:
        return due
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "text/html":
        return due - _seen_once(_parse(body.decode("utf-8", "replace")))
    if kind == "application/json":
        return due - _in_json(body)
    if kind == "application/atom+xml":
        return due - _in_atom(body)
    return due


def missing_in_fragment(fragment: str, ids: Iterable[str]) -> set[str]:
    """The same for a piece of HTML, as an entry of a feed holds it."""
    return set(ids) - _seen_once(_parse(f"<!doctype html><html><body>{fragment}</body></html>"))


def _parse(text: str) -> LexborHTMLParser:
    return LexborHTMLParser(text)


def _seen_once(tree: LexborHTMLParser) -> set[str]:
    """Ids whose notice is there once and visible."""
    count: dict[str, int] = {}
    seen: set[str] = set()
    for node in tree.css("[data-notice]"):
        notice = node.attributes.get("data-notice") or ""
        count[notice] = count.get(notice, 0) + 1
        if _is_notice(node) and not _hidden(node):
            seen.add(notice)
    return {notice for notice in seen if count[notice] == 1}


def _is_notice(node: LexborNode) -> bool:
    attributes = node.attributes
    return (
        node.tag == "aside"
        and "notice" in (attributes.get("class") or "").split()
        and attributes.get("role") == "note"
        and bool(attributes.get("lang"))
        and _says_something(node)
    )


def _says_something(node: LexborNode) -> bool:
    """Whether some text in the notice is not itself hidden."""
    for inside in node.iter(include_text=True):
        if inside.tag == "-text":
            if (inside.text_content or "").strip():
                return True
        elif not _hides(inside) and _says_something(inside):
            return True
    return False


def _hidden(node: LexborNode) -> bool:
    """Whether the element, or something around it, keeps it from the eye or the ear."""
    at: LexborNode | None = node
    while at is not None:
        if _hides(at):
            return True
        at = at.parent
    return False


def _hides(node: LexborNode) -> bool:
    """Whether an element hides what is in it."""
    attributes: Mapping[str, str | None] = node.attributes or {}
    return (
        node.tag in _UNSEEN_ELEMENTS
        or not {"hidden", "inert", "popover"}.isdisjoint(attributes)
        or (node.tag in ("details", "dialog") and "open" not in attributes)
        or (attributes.get("aria-hidden") or "").lower() == "true"
        or bool(_UNSEEN_STYLE.search(attributes.get("style") or ""))
        or not _UNSEEN_CLASSES.isdisjoint((attributes.get("class") or "").split())
    )


def _in_json(body: bytes) -> set[str]:
    try:
        notices = orjson.loads(body)["notices"]
        ids = [one["id"] for one in notices if one["html"] and one["text"] and one["language"]]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return set()
    return {notice for notice in ids if ids.count(notice) == 1}


def _in_atom(body: bytes) -> set[str]:
    try:
        feed = fromstring(body)  # noqa: S314  # our own bytes, and expat expands nothing without a DTD
    except ParseError:
        return set()
    seen: set[str] = set()
    twice: set[str] = set()
    for content in (*feed.findall(f"{_ATOM}subtitle"), *feed.findall(f"{_ATOM}entry/{_ATOM}content")):
        if content.get("type") != "html" or not content.text:
            continue
        tree = _parse(f"<!doctype html><html><body>{content.text}</body></html>")
        here = _seen_once(tree)
        twice |= {node.attributes.get("data-notice") or "" for node in tree.css("[data-notice]")} - here
        seen |= here
    return seen - twice
