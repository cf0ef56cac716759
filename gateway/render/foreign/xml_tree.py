"""XML as elements that know where they stand, so that one can be changed and all others stay as they are. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from xml.parsers.expat import ExpatError, ParserCreate

DEEPEST = 64
_TAG = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class Element:
    """`name`: local name in small letters, with its namespace before a space where it has one. `start` and `end` are
    byte offsets around the element, `inside` those around what is in it (None: an empty tag).
    """

    name: str
    attributes: dict[str, str]
    start: int
    end: int = 0
    inside: tuple[int, int] | None = None
    text: str = ""
    children: list[Element] = field(default_factory=list)

    @property
    def local(self) -> str:
        """The name without its namespace."""
        return self.name.rpartition(" ")[2]

    @property
    def namespace(self) -> str:
        """The namespace, "" for none."""
        return self.name.rpartition(" ")[0]

    def named(self, *names: str) -> Iterator[Element]:
        """The children with one of these local names."""
        return (child for child in self.children if child.local in names)

    def said(self, *names: str) -> str:
        """The text of the first such child that has any."""
        return next((child.text.strip() for child in self.named(*names) if child.text.strip()), "")


def elements(raw: bytes) -> Element | None:
    """The root of a document in UTF-8; None where it is not well-formed, declares entities, or nests too deeply."""
    found: list[Element] = []
    around: list[Element] = []
    texts: list[list[str]] = []
    parser = ParserCreate("utf-8", " ")

    def refuse(*_: object) -> None:
        raise _RefusedError

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(around) >= DEEPEST:
            raise _RefusedError
        one = Element(name.lower(), attributes, parser.CurrentByteIndex)
        (around[-1].children if around else found).append(one)
        around.append(one)
        texts.append([])

    def end(_: str) -> None:
        one, text = around.pop(), texts.pop()
        one.text = "".join(text)
        opening = _TAG.match(raw, one.start)
        if opening is None:
            raise _RefusedError
        if opening[0].endswith(b"/>"):
            one.end = opening.end()
            return
        at = parser.CurrentByteIndex
        one.inside = (opening.end(), at)
        one.end = raw.index(b">", at) + 1

    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda data: texts[-1].append(data) if texts else None
    try:
        parser.Parse(raw, True)
    except (ExpatError, _RefusedError, ValueError):
        return None
    return found[0] if found else None


class _RefusedError(Exception):
    """What no feed needs and attacks are made of."""


@dataclass(slots=True)
class Edits:
    """Changes to a document, all told before any is made."""

    raw: bytes
    spans: list[tuple[int, int, bytes]] = field(default_factory=list)

    def remove(self, one: Element) -> None:
        """Take an element out."""
        self.spans.append((one.start, one.end, b""))

    def fill(self, one: Element, text: str) -> None:
        """Put another text into an element."""
        content = escaped(text).encode("utf-8", "replace")
        if one.inside is not None:
            self.spans.append((*one.inside, content))
            return
        tag = self.raw[one.start : one.end]
        name = re.match(rb"<([^\s/>]+)", tag)
        closing = b"</" + (name[1] if name else b"") + b">"
        self.spans.append((one.start, one.end, tag[:-2].rstrip() + b">" + content + closing))

    def append(self, one: Element, xml: str) -> None:
        """Put an element of ours last into another."""
        if one.inside is not None:
            self.spans.append((one.inside[1], one.inside[1], xml.encode("utf-8", "replace")))

    def made(self) -> bytes:
        """The document with all changes; of two that overlap, the one around the other counts."""
        pieces: list[bytes] = []
        at = 0
        for start, end, content in sorted(self.spans, key=lambda span: (span[0], -span[1])):
            if start < at:
                continue
            pieces += [self.raw[at:start], content]
            at = end
        return b"".join([*pieces, self.raw[at:]])


def escaped(text: str) -> str:
    """A text for an element, without what XML 1.0 cannot hold."""
    return escape(_NOT_XML.sub("", text), quote=False)


def as_utf8(text: str) -> bytes:
    """The document as UTF-8, which its declaration then says too; one without a declaration is UTF-8 already."""
    declaration = _DECLARATION.match(text)
    if declaration:
        ours = re.sub(r"(\sencoding\s*=\s*)(\"[^\"]*\"|'[^']*')", r'\1"UTF-8"', declaration[0])
        text = ours.lstrip() + text[declaration.end() :]
    return text.lstrip("\ufeff").encode("utf-8", "replace")
