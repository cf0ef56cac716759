"""Take every other trace of what is withheld off a page: from attributes, metadata, scripts. Changes the document."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gateway.render.foreign.document import attribute
from gateway.render.foreign.preview import each_linked
from gateway.render.foreign.traces import Traces

_SIZE = re.compile(r"(?:-\d{2,4}x\d{2,4}|-scaled|-rotated|@\dx)?\.[a-zA-Z0-9]{2,5}(?![\w.])")
_WHOLE = "script, style, template, noscript, textarea, iframe[srcdoc], object, svg, select"
_MEDIA = "img, source, video, audio, amp-img, amp-video, track, embed, object, iframe"
_ADDRESSES = frozenset(
    {"href", "src", "srcset", "action", "data-src", "data-srcset", "poster", "content", "cite", "imagesrcset"}
)


@dataclass(frozen=True, slots=True)
class Hidden:
    """What must be found nowhere: words, and the files of media by the stem of their names. `addresses`: also look for
    the words in addresses (a replaced title stays in the address of its page).
    """

    words: Traces
    stems: frozenset[str] = frozenset()
    addresses: bool = True

    def __bool__(self) -> bool:
        return bool(self.words) or bool(self.stems)

    def stands_in(self, text: str) -> bool:
        """Whether any of it stands in a text."""
        return (bool(self.words) and self.words.found_in(text)) or self.names_medium(text)

    def names_medium(self, text: str) -> bool:
        """Whether a text names one of the media."""
        bare = unquote(text, errors="replace").lower() if self.stems else ""
        return any(stem.rstrip(".") in bare and re.search(_named(stem), bare) for stem in self.stems)


def _named(stem: str) -> str:
    """How any size of a medium is named in an address. Without a type, only where an address ends with it."""
    if stem.endswith("."):
        return rf"(?<![\w-]){re.escape(stem[:-1])}{_SIZE.pattern}"
    return rf"(?<=[/=]){re.escape(stem)}(?![\w-])"


def stem_of(address: str) -> str:
    """What all sizes of a picture have in common: its file's name without size and type, but for the dot."""
    name = unquote(address.partition("?")[0].partition("#")[0], errors="replace").rstrip("/").rpartition("/")[2].lower()
    return _SIZE.sub(".", name)


def stems_in(nodes: Iterable[LexborNode]) -> frozenset[str]:
    """The media that stand in these elements."""
    return frozenset(stem for address in addresses_in(nodes) if (stem := stem_of(address)))


def addresses_in(nodes: Iterable[LexborNode]) -> frozenset[str]:
    """The addresses of the media that stand in these elements."""
    found: set[str] = set()
    for node in nodes:
        for medium in [*node.css(_MEDIA), *([node] if node.css_matches(_MEDIA) else [])]:
            found |= {attribute(medium, name) for name in ("src", "data-src", "poster", "data")}
            for name in ("srcset", "data-srcset"):
                found |= {part.strip().partition(" ")[0] for part in attribute(medium, name).split(",")}
    return frozenset(found - {""})


def scrub(tree: LexborHTMLParser, hidden: Hidden) -> None:
    """Take it out wherever it is not read as text."""
    if not hidden:
        return
    each_linked(tree, lambda value: _scrub_object(value, hidden))
    for node in tree.css(_WHOLE):
        if attribute(node, "type").lower().startswith("application/ld+json"):
            continue
        if hidden.stands_in(node.html or ""):
            node.decompose()
    for node in tree.css("*"):
        if node.tag == "title" and hidden.stands_in(node.text(deep=True) or ""):
            node.inner_html = ""
        for name, value in list(node.attributes.items()):
            if value and _betrays(name, value, hidden) and _take(node, name, value, hidden):
                break
    root = tree.root
    for node in list(root.traverse(include_text=True)) if root is not None else []:
        if node.tag == "-comment" and hidden.stands_in(node.comment_content or ""):
            node.decompose()


def _betrays(name: str, value: str, hidden: Hidden) -> bool:
    if name in _ADDRESSES and not hidden.addresses and ("/" in value or name != "content"):
        return hidden.names_medium(value)
    return hidden.stands_in(value)


def _take(node: LexborNode, name: str, value: str, hidden: Hidden) -> bool:
    """Take an attribute away, or the element with it where it is nothing without; whether the element went."""
    if node.tag in ("meta", "link") or (node.css_matches(_MEDIA) and hidden.names_medium(value)):
        figure = node.parent
        node.decompose()
        while (
            figure is not None
            and figure.tag in ("picture", "figure")
            and figure.css_first("img, video, audio, amp-img") is None
        ):
            gone, figure = figure, figure.parent
            gone.decompose()
        return True
    if name == "alt":
        node.attrs["alt"] = ""
    else:
        del node.attrs[name]
    return False


def _scrub_object(value: dict[str, object], hidden: Hidden) -> None:
    for name, inner in list(value.items()):
        if (
            isinstance(inner, str)
            and hidden.stands_in(inner)
            and (hidden.addresses or "://" not in inner or hidden.names_medium(inner))
        ):
            del value[name]
        elif isinstance(inner, list):
            value[name] = [one for one in inner if not (isinstance(one, str) and hidden.stands_in(one))]
