"""Almost XML made XML, as lenient readers of feeds read it. Whoever gets what was made of it reads it as we did. Pure.

Feeds break at a bare `&`, at HTML that nobody escaped, at an entity of HTML's, at what PHP prints before them, at their
own end. What is mended here has one reading; `doubtful` says that the other readings could hold more of an article.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from gateway.render.foreign.xml_tree import DEEPEST, escaped

_NAME = r"(?:[A-Za-z_][A-Za-z0-9_.-]*:)?[A-Za-z_][A-Za-z0-9_.-]*"
_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(rss|rdf|feed|urlset)(?=[\s/>])", re.IGNORECASE)
_LISTED = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(?:item|entry|url)(?=[\s/>])", re.IGNORECASE)
_MARK = re.compile(rf"<(?:!\[CDATA\[|!--|[?!]|/?{_NAME}(?=[\s/>]))")
_ATTRIBUTE = re.compile(rf"[\s/]*({_NAME})(?:\s*=\s*(?:\"([^\"<]*)\"|'([^'<]*)'|([^\s\"'<>]*)))?")
_OPENING_END = re.compile(r"[\s/]*>")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{0,31});|&")
_ENTRIES = {"rss": "item", "rdf": "item", "feed": "entry", "urlset": "url"}
_AROUND = frozenset({*_ENTRIES, "rdf:rdf", "channel"})
_TEXTS = frozenset({"title", "description", "content", "content:encoded", "summary", "subtitle"})
"""Elements that hold HTML as text: tags in them are what somebody forgot to escape."""
_STRUCTURE = frozenset({*_AROUND, "item", "entry", "url", "link", "guid", "pubdate", "id", "updated"})
_NAMESPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/", "dc": "http://purl.org/dc/elements/1.1/",
    "atom": "http://www.w3.org/2005/Atom", "media": "http://search.yahoo.com/mrss/",
    "slash": "http://purl.org/rss/1.0/modules/slash/", "wfw": "http://wellformedweb.org/CommentAPI/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/", "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd", "news": "http://www.google.com/schemas/sitemap-news/0.9",
    "image": "http://www.google.com/schemas/sitemap-image/1.1", "xhtml": "http://www.w3.org/1999/xhtml",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mended:
    """A document in UTF-8, well-formed as far as this could make it so."""

    raw: bytes
    doubtful: bool


def is_listing(text: str) -> bool:
    """Whether a text means to be a feed or a sitemap, however badly it is written."""
    return bool(_ROOT.search(text) or _LISTED.search(text))


def mended(text: str) -> Mended:
    """The text from where its feed begins; what stands before that, and after its end, is left out. Takes time by the
    text's length. Never raises.
    """
    root = _ROOT.search(text)
    if root is None:
        return Mended(b"", doubtful=True)
    return _Mending(text, _ENTRIES[root[1].lower()]).from_root(root.start())


class _Mending:
    def __init__(self, text: str, entry: str) -> None:
        self._text = text
        self._entry = entry
        self._out: list[str] = []
        self._open: list[str] = []
        self._prefixes: dict[str, None] = {}
        self._declared: set[str] = {"xml"}
        self._doubtful = False

    def from_root(self, at: int) -> Mended:
        text = self._text
        while at < len(text):
            mark = _MARK.search(text, at)
            self._say(text[at : mark.start() if mark else len(text)])
            if mark is None:
                break
            at = self._after(mark)
            if self._out and not self._open:
                break  # the root has ended
        self._doubtful |= any(one.lower() not in _AROUND for one in self._open)  # it was cut off inside an entry
        self._close(0)
        declared = "".join(
            f' xmlns:{one}="{_NAMESPACES.get(one.lower(), f"urn:{one}")}"'
            for one in self._prefixes
            if one not in self._declared
        )
        if self._out:
            name = re.match(rf"<{_NAME}", self._out[0])
            cut = name.end() if name else 0
            self._out[0] = f"{self._out[0][:cut]}{declared}{self._out[0][cut:]}"
        made = f'<?xml version="1.0" encoding="UTF-8"?>\n{"".join(self._out)}'
        return Mended(made.encode("utf-8", "replace"), self._doubtful)

    def _after(self, mark: re.Match[str]) -> int:
        """Deal with a mark; where the text goes on after it."""
        text, start, said = self._text, mark.start(), mark[0]
        if said == "<![CDATA[":
            end = text.find("]]>", mark.end())
            self._doubtful |= end < 0
            self._say(text[mark.end() : end if end >= 0 else len(text)], literal=True)
            return end + 3 if end >= 0 else len(text)
        if said in ("<!--", "<!", "<?"):  # nobody reads these; a document type is taken with what it declares
            ending = {"<!--": "-->", "<?": "?>"}.get(said, ">")
            end = text.find(ending, mark.end())
            opening = text.find("[", mark.end(), max(end, 0))
            if said == "<!" and opening >= 0:
                ending, end = "]>", text.find("]>", opening)
            self._doubtful |= end < 0
            return end + len(ending) if end >= 0 else len(text)
        if said.startswith("</"):
            return self._ending(said[2:], start)
        return self._beginning(said[1:], mark.end())

    def _ending(self, name: str, start: int) -> int:
        after = self._text.find(">", start)
        after = after + 1 if after >= 0 else len(self._text)
        inside = self._open[-1].lower() if self._open else ""
        if inside in _TEXTS and name.lower() != inside:
            if name.lower() not in _STRUCTURE:
                self._say(self._text[start:after], literal=True)
                return after
            self._doubtful = True  # its own end is missing: what was in it may have been more than text
        for depth in range(len(self._open) - 1, -1, -1):
            if self._open[depth].lower() == name.lower():
                self._end(depth)
                return after
        self._doubtful |= name.lower() in _STRUCTURE  # there was an end too early
        return after

    def _beginning(self, name: str, at: int) -> int:
        text, start = self._text, at - len(name) - 1
        attributes: dict[str, str] = {}
        while (found := _ATTRIBUTE.match(text, at)) is not None:
            value = next((one for one in found.groups()[1:] if one is not None), "")
            attributes.setdefault(found[1], value)
            at = found.end()
        closing = _OPENING_END.match(text, at)
        if closing is None:  # a quote or a bracket is missing; what is left of the tag becomes text, where all see it
            self._doubtful = True
        else:
            at = closing.end()
        inside = self._open[-1].lower() if self._open else ""
        if inside in _TEXTS:
            if name.lower() not in _STRUCTURE:
                self._say(text[start:at], literal=True)
                return at
            self._doubtful = True
        if name.lower() == self._entry:
            outer = next((depth for depth, one in enumerate(self._open) if one.lower() == self._entry), None)
            if outer is not None:
                self._end(outer)
        if len(self._open) >= DEEPEST - 1:
            return at  # its text stays, in what is around it
        self._write(name, attributes, empty=closing is not None and "/" in closing[0])
        return at

    def _write(self, name: str, attributes: dict[str, str], *, empty: bool) -> None:
        said = [name]
        for one, value in attributes.items():
            if one == "type" and value == "xhtml" and name.lower() in _TEXTS:
                value = "html"  # noqa: PLW2901  (its tags become text)
            prefix, colon, local = one.rpartition(":")
            if prefix == "xmlns":
                if not value or local in ("xml", "xmlns"):
                    continue
                self._declared.update([local] if not self._open else [])
            elif colon:
                self._prefixes.setdefault(prefix)
            said.append(f'{one}="{escaped(_REFERENCE.sub(_meant, value)).replace(chr(34), "&quot;")}"')
        if ":" in name:
            self._prefixes.setdefault(name.partition(":")[0])
        self._out.append(f"<{' '.join(said)}{'/' if empty else ''}>")
        if not empty:
            self._open.append(name)

    def _say(self, text: str, *, literal: bool = False) -> None:
        """`literal`: nothing in the text means anything but itself."""
        if text and self._open:
            self._out.append(escaped(text if literal else _REFERENCE.sub(_meant, text)))

    def _end(self, depth: int) -> None:
        """End an element; nothing in it but an entry may still be open, or what came since may not be its own."""
        self._doubtful |= any(one.lower() not in (self._entry, "channel") for one in self._open[depth + 1 :])
        self._close(depth)

    def _close(self, depth: int) -> None:
        while len(self._open) > depth:
            self._out.append(f"</{self._open.pop()}>")


def _meant(reference: re.Match[str]) -> str:
    """The character that a reference means, in XML or in HTML; itself where it means none."""
    return unescape(reference[0]) if reference[0] != "&" else "&"
