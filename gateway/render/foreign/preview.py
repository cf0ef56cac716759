"""What others show of a page without showing it: descriptions, social metadata, JSON-LD. Changes the document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import escape

import orjson
from selectolax.lexbor import LexborHTMLParser

from gateway.policy.decision import DueNotice
from gateway.render.foreign.document import attribute, parse, writable
from gateway.render.foreign.statements import json_of

DESCRIPTIONS = (
    "description",
    "og:description",
    "twitter:description",
    "dc.description",
    "parsely-description",
    "sailthru.description",
)
TITLES = ("og:title", "twitter:title", "dc.title", "parsely-title", "sailthru.title", "title", "headline")
LONGEST_HEAD = 262_144
_META = re.compile(r"<meta\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE)
_NAME = re.compile(r"\b(?:property|name)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))", re.IGNORECASE)
_CONTENT = re.compile(r"(\bcontent\s*=\s*)(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))", re.IGNORECASE)
_HIDDEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|template|textarea|title|noscript|svg)\b.*?(?:</\1\s*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_HEAD = re.compile(r"<head(?:\s(?:[^>\"']|\"[^\"]*\"|'[^']*')*)?>", re.IGNORECASE)


def spoken(due: Iterable[DueNotice]) -> str:
    """The texts of notices, for those who see nothing but a preview."""
    return writable(" ".join(dict.fromkeys(one.text.text for one in due if one.text.text)))


def tell(tree: LexborHTMLParser, due: Iterable[DueNotice]) -> None:
    """Let every description end with the notices. A page without one gets one: else previews quote its text."""
    text = spoken(due)
    if not text:
        return
    told = False
    for node in tree.css("meta[content]"):
        if _named(attribute(node, "property") or attribute(node, "name")) in DESCRIPTIONS:
            node.attrs["content"] = f"{attribute(node, 'content').strip()} {text}".strip()
            told = told or _named(attribute(node, "property")) == "og:description"
    if not told and tree.head is not None:
        meta = tree.create_node("meta")
        meta.attrs["property"] = "og:description"
        meta.attrs["content"] = text
        tree.head.insert_child(meta)
    each_linked(tree, lambda value: _described(value, text))


def told_in_place(text: str, due: Iterable[DueNotice], encoding: str) -> str | None:
    """The page with the same done to its `<meta>` alone, every other character as it was; None if that cannot be done
    surely, which is found out by parsing both.
    """
    notice = spoken(due)
    if not notice:
        return text
    head = text[:LONGEST_HEAD]
    bare = _HIDDEN.sub(lambda match: " " * len(match[0]), head)
    end = bare.lower().find("<body")
    if end < 0 and len(text) > LONGEST_HEAD:
        return None
    changes: list[tuple[int, int, str]] = []
    og = False
    for tag in _META.finditer(bare, 0, end if end >= 0 else len(bare)):
        name, content = _NAME.search(tag[0]), _CONTENT.search(tag[0])
        if name is None or content is None or _named(next(filter(None, name.groups()), "")) not in DESCRIPTIONS:
            continue
        og = og or _named(next(filter(None, name.groups()), "")) == "og:description"
        said = next((group for group in content.groups()[1:] if group is not None), "")
        words = " ".join(filter(None, (said.strip().replace('"', "&quot;"), _attribute(notice, encoding))))
        quoted = f'{content[1]}"{words}"'
        changes.append((tag.start() + content.start(), tag.start() + content.end(), quoted))
    if not og:
        opening = _HEAD.search(bare)
        if opening is None:
            return None
        meta = f'<meta property="og:description" content="{_attribute(notice, encoding)}">'
        changes.append((opening.end(), opening.end(), meta))
    made = text
    for start, end, replacement in sorted(changes, reverse=True):
        made = made[:start] + replacement + made[end:]
    expected = parse(text)
    tell(expected, due)
    return made if _descriptions(parse(made)) == _descriptions(expected) else None


def each_linked(tree: LexborHTMLParser, change: Callable[[dict[str, object]], None]) -> None:
    """Change every object in the page's JSON-LD. A block that is no JSON is taken out: nobody reads it."""
    for node in tree.css("script[type]"):
        if attribute(node, "type").partition(";")[0].strip().lower() != "application/ld+json":
            continue
        value = json_of(node.text(deep=True) or "")
        if value is None:
            node.decompose()
            continue
        _walk(value, change, 0)
        # "<" cannot be written bare: what ends the block for a browser would be hidden in it
        node.inner_html = orjson.dumps(value).decode().replace("<", "\\u003c")


def _walk(value: object, change: Callable[[dict[str, object]], None], depth: int) -> None:
    if depth > 100:
        return
    if isinstance(value, dict):
        change(value)
        for inner in value.values():
            _walk(inner, change, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _walk(inner, change, depth + 1)


def _described(value: dict[str, object], text: str) -> None:
    said = value.get("description")
    kind = value.get("@type")
    names = kind if isinstance(kind, list) else [kind]
    if isinstance(said, str) and any(
        isinstance(one, str) and one.endswith(("Article", "Posting", "WebPage")) for one in names
    ):
        value["description"] = f"{said.strip()} {text}".strip()


def _descriptions(tree: LexborHTMLParser) -> set[tuple[str, str]]:
    return {
        (name, attribute(node, "content").strip())
        for node in tree.css("meta[content]")
        if (name := _named(attribute(node, "property") or attribute(node, "name"))) in DESCRIPTIONS
    }


def _named(name: str) -> str:
    return name.strip().lower()


def _attribute(text: str, encoding: str) -> str:
    return escape(text).encode(encoding, "xmlcharrefreplace").decode(encoding)
