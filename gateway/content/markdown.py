"""Markdown to HTML, and an article's text to its body with named parts. Pure.

A part is what stands between a line `::: part id=p3` and a line `:::`. Each part is rendered and sanitised by itself,
so nothing that its author writes can reach out of it, and taking it out takes all of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt

from gateway.content.sanitise import clean_article, clean_prose
from gateway.errors import Problem

_OPENING = re.compile(r":{3,}[ \t]*part[ \t]+id=([a-z0-9][a-z0-9-]{0,63})[ \t]*")
_CLOSING = re.compile(r":{3,}[ \t]*")
_LIKE_A_FENCE = re.compile(r"[ \t]*:{3,}")
_CODE_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_REFERENCE = re.compile(r"^ {0,3}\[[^\]\n]+\]:", re.MULTILINE)
MAX_NESTING = 20

_MARKDOWN = MarkdownIt("commonmark", {"html": True, "maxNesting": MAX_NESTING}).enable("table").enable("strikethrough")


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of lines of a text: `part` is the id of the part that it is, "" for what lies between parts."""

    part: str
    text: str


@dataclass(frozen=True, slots=True)
class Body:
    """An article's body, sanitised: the whole, and each part by its id (without the section around it)."""

    html: str
    parts: Mapping[str, str]


def segments(
    text: str, path: str, first_line: int = 1, *, markdown: bool = True
) -> tuple[tuple[Segment, ...], list[Problem]]:
    """Cut a text at its part fences. Inside a Markdown code block they are code. With problems, don't use the cut."""
    if ":::" not in text:
        return ((Segment("", text),) if text else ()), []
    cutter = _Cutter(path, markdown=markdown)
    for number, line in enumerate(text.splitlines(keepends=True), first_line):
        cutter.take(number, line)
    cutter.end()
    return tuple(cutter.found), cutter.problems


class _Cutter:
    """Takes a text line by line. `found` and `problems` are whole after `end`."""

    def __init__(self, path: str, *, markdown: bool) -> None:
        self.found: list[Segment] = []
        self.problems: list[Problem] = []
        self._path = path
        self._markdown = markdown
        self._lines: list[str] = []
        self._part = ""
        self._opened_at = 0
        self._code = ""
        self._seen: set[str] = set()

    def take(self, number: int, line: str) -> None:
        bare = line.rstrip("\r\n")
        if (self._markdown and self._is_code(bare)) or not _LIKE_A_FENCE.match(bare):
            self._lines.append(line)
            return
        opening = _OPENING.fullmatch(bare)
        if opening:
            self._open(number, opening[1])
        elif not _CLOSING.fullmatch(bare):
            what = f"'{bare.strip()[:60]}' begins no part"
            self._refuse(number, "bad-part", what, "write `::: part id=NAME`, in small letters, digits and hyphens")
        elif self._part:
            self._close()
        else:
            what = "`:::` ends a part that was not begun"
            self._refuse(number, "stray-part-end", what, "begin it with `::: part id=NAME`, or remove the line")

    def end(self) -> None:
        if self._part:
            what = f"part '{self._part}' is not ended"
            self._refuse(self._opened_at, "open-part", what, "end it with a line `:::`")
        self._close()

    def _is_code(self, bare: str) -> bool:
        """Whether a line belongs to a fenced code block (CommonMark 4.5), its own fences among them."""
        fence = _CODE_FENCE.match(bare)
        if not self._code:
            self._code = fence[1] if fence else ""
            return bool(fence)
        if fence and fence[1].startswith(self._code) and not bare.strip().strip(self._code[0]):
            self._code = ""
        return True

    def _open(self, number: int, part: str) -> None:
        if self._part:
            what = f"part '{part}' begins inside part '{self._part}'"
            self._refuse(number, "nested-part", what, "end that one first with `:::`")
        if part in self._seen:
            self._refuse(number, "duplicate-part", f"part '{part}' is there twice", "give each part its own id")
        self._close()
        self._part, self._opened_at = part, number
        self._seen.add(part)

    def _close(self) -> None:
        if self._lines or self._part:
            self.found.append(Segment(self._part, "".join(self._lines)))
        self._lines.clear()
        self._part = ""

    def _refuse(self, line: int, code: str, what: str, remedy: str) -> None:
        self.problems.append(Problem(self._path, line, 1, code, what, remedy))


def article_body(text: str, path: str, *, markdown: bool = True) -> Body:
    """The sanitised body of an article whose text has no part problems. `markdown`: false for an HTML file."""
    pieces, _ = segments(text, path, markdown=markdown)
    env: MutableMapping[str, Any] = {}
    if markdown and len(pieces) > 1 and _REFERENCE.search(text):
        _MARKDOWN.parse("\n".join(piece.text for piece in pieces), env)  # link references hold across parts
    whole: list[str] = []
    parts: dict[str, str] = {}
    for piece in pieces:
        clean = clean_article(_MARKDOWN.render(piece.text, env) if markdown else piece.text).strip()
        if piece.part:
            parts[piece.part] = clean
            clean = f"{part_opening(piece.part)}{clean}</section>"
        whole.append(clean)
    return Body("\n".join(piece for piece in whole if piece), parts)


def part_opening(part: str) -> str:
    """The tag with which a part begins in an article's HTML; `</section>` ends it, and stands nowhere else."""
    return f'<section class="part" id="part-{part}">'


def prose(text: str) -> str:
    """An operator's Markdown (a notice, a substitute) as sanitised HTML."""
    return clean_prose(_MARKDOWN.render(text)).strip()
