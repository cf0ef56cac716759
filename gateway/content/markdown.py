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
_CODE_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
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


def segments(text: str, path: str, first_line: int = 1) -> tuple[tuple[Segment, ...], list[Problem]]:
    """Cut a text at its part fences. Fences inside a code block are code. With problems, the cut is not to be used."""
    found: list[Segment] = []
    problems: list[Problem] = []
    lines: list[str] = []
    part, opened_at, code = "", 0, ""
    seen: set[str] = set()

    def refuse(line: int, code: str, what: str, remedy: str) -> None:
        problems.append(Problem(path, line, 1, code, what, remedy))

    def close() -> None:
        if lines or part:
            found.append(Segment(part, "".join(lines)))
        lines.clear()

    for number, line in enumerate(text.splitlines(keepends=True), first_line):
        bare = line.rstrip("\r\n")
        fence = _CODE_FENCE.match(bare)
        if fence and (not code or (bare.strip().startswith(code) and not bare.strip().strip(code[0]))):
            code = "" if code else fence[1]
        if code or fence or not _LIKE_A_FENCE.match(bare):
            lines.append(line)
            continue
        opening = _OPENING.fullmatch(bare)
        if opening:
            if part:
                refuse(
                    number,
                    "nested-part",
                    f"part '{opening[1]}' begins inside part '{part}'",
                    "end that one first with `:::`",
                )
            elif opening[1] in seen:
                refuse(number, "duplicate-part", f"part '{opening[1]}' is there twice", "give each part its own id")
            close()
            part, opened_at = opening[1], number
            seen.add(part)
        elif _CLOSING.fullmatch(bare) and part:
            close()
            part = ""
        elif _CLOSING.fullmatch(bare):
            refuse(
                number,
                "stray-part-end",
                "`:::` ends a part that was not begun",
                "begin it with `::: part id=NAME`, or remove the line",
            )
        else:
            refuse(
                number,
                "bad-part",
                f"'{bare.strip()[:60]}' begins no part",
                "write `::: part id=NAME`, in small letters, digits and hyphens",
            )
    if part:
        refuse(opened_at, "open-part", f"part '{part}' is not ended", "end it with a line `:::`")
    close()
    return tuple(found), problems


def article_body(text: str, path: str, *, markdown: bool = True) -> Body:
    """The sanitised body of an article whose text has no part problems. `markdown`: false for an HTML file."""
    pieces, _ = segments(text, path)
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
