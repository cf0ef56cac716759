"""Make HTML harmless: what authors and operators may write, nothing else. Pure.

The output is balanced, holds no script, style, form, event handler or foreign resource, and can be put anywhere on a
page. Whatever would make a reader's browser ask another host becomes a plain link (class "embed"), which a decision can
take away.
"""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

import nh3
from selectolax.lexbor import LexborHTMLParser

MEDIA_PREFIX = "/media/"
LINK_SCHEMES = {"http", "https", "mailto", "tel"}

_INLINE = {
    "a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "data", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q",
    "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr",
}  # fmt: skip
_BLOCKS = {"blockquote", "dd", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "ul"}
_TABLES = {"caption", "col", "colgroup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}
_PICTURES = {"audio", "figcaption", "figure", "img", "video"}
_DROPPED_WHOLE = {"script", "style", "template", "noscript", "textarea", "title", "select", "svg", "math", "object"}
_ATTRIBUTES = {
    "*": {"lang", "dir", "title"},
    "a": {"href", "hreflang", "class"},
    "audio": {"src", "controls"},
    "blockquote": {"cite"},
    "col": {"span"},
    "data": {"value"},
    "del": {"datetime"},
    "img": {"src", "alt", "width", "height"},
    "ins": {"datetime"},
    "ol": {"start", "reversed", "type"},
    "q": {"cite"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "video": {"src", "controls", "poster", "width", "height"},
}
_LOCAL_ONLY = {("img", "src"), ("audio", "src"), ("video", "src"), ("video", "poster")}
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_SPACE = re.compile(r"\s+")
_SURROGATE = re.compile("[\ud800-\udfff]")  # no character at all; UTF-8 cannot hold one
_H1 = re.compile(r"<(/?)h1(?=[ >])")
_NO_ALT = re.compile(r"<img(?![^>]* alt=)")
_MAY_EMBED = re.compile(r"<\s*(?:img|iframe|embed|object|video|audio|source|frame)\b", re.IGNORECASE)


def media_path(src: str) -> str | None:
    """The path under `/media/` that an author's `src` means; None if it lies on another host or leaves the directory.

    `ferry.svg`, `media/ferry.svg` and `/media/ferry.svg` are the same picture.
    """
    src = src.strip()
    parts = urlsplit(src) if "\\" not in src else None
    if parts is None or parts.scheme or parts.netloc or not parts.path:
        return None
    path = parts.path.removeprefix("/").removeprefix("media/")
    if not path or path.startswith("/") or any(piece in ("", ".", "..") for piece in path.split("/")):
        return None
    return path


def _keep(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) in _LOCAL_ONLY:
        path = media_path(value)
        return None if path is None else MEDIA_PREFIX + path
    if attribute == "class":
        return "embed" if value == "embed" else None
    if attribute == "lang":
        return value if _LANGUAGE.fullmatch(value) else None
    if attribute == "dir":
        return value if value in ("ltr", "rtl", "auto") else None
    return value


_ARTICLE = nh3.Cleaner(
    tags=_INLINE | _BLOCKS | _TABLES | _PICTURES,
    clean_content_tags=_DROPPED_WHOLE,
    attributes=_ATTRIBUTES,
    attribute_filter=_keep,
    url_schemes=LINK_SCHEMES,
    link_rel="noopener noreferrer",
    set_tag_attribute_values={"img": {"loading": "lazy"}},
)
_PROSE = nh3.Cleaner(
    tags=_INLINE | _BLOCKS,
    clean_content_tags=_DROPPED_WHOLE,
    attributes={tag: names - {"class"} for tag, names in _ATTRIBUTES.items() if tag in _INLINE | _BLOCKS | {"*"}},
    attribute_filter=_keep,
    url_schemes=LINK_SCHEMES,
    link_rel="noopener noreferrer",
)


def clean_article(markup: str) -> str:
    """An author's HTML: prose, tables, local pictures and recordings. Foreign pictures and frames become links."""
    markup = _SURROGATE.sub("\ufffd", markup)
    if _MAY_EMBED.search(markup):
        markup = _unembed(markup)
    clean = _below_the_headline(str(_ARTICLE.clean(markup)))
    return _NO_ALT.sub('<img alt=""', clean)


def clean_prose(markup: str) -> str:
    """An operator's HTML (notices, substitutes): prose without pictures, tables or anything that is fetched."""
    return _below_the_headline(str(_PROSE.clean(_SURROGATE.sub("\ufffd", markup))))


def plain_text(markup: str) -> str:
    """The text of clean HTML, on one line."""
    spaced = re.sub(r"<(?:br|/p|/li|/h\d|/dd|/dt|/td|/blockquote)[^>]*>", " ", markup)
    return _SPACE.sub(" ", html.unescape(re.sub(r"<[^>]*>", "", spaced))).strip()


def _below_the_headline(clean: str) -> str:
    """The page has one h1, and it is not the author's."""
    return _H1.sub(r"<\1h2", clean)


def _unembed(markup: str) -> str:
    """Put a link where a foreign resource would be fetched."""
    tree = LexborHTMLParser(f"<!doctype html><html><body>{markup}</body></html>")
    body = tree.body
    if body is None:
        return ""
    for node in body.css("iframe, embed, object, frame, img, video, audio"):
        source = node.attributes.get("src") or node.attributes.get("data") or ""
        if node.tag in ("img", "video", "audio") and media_path(source) is not None:
            continue
        label = node.attributes.get("alt") or node.attributes.get("title") or urlsplit(source).hostname
        if urlsplit(source).scheme in ("http", "https") and label:
            link = tree.create_node("a")
            link.attrs["href"] = source
            link.attrs["class"] = "embed"
            link.inner_html = html.escape(label)
            node.replace_with(link)
        else:
            node.decompose()
    return body.inner_html or ""
