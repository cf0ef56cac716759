"""What marks a page as a preview: a line at its top, and links that stay within the preview. Pure.

It is put upon a page that nobody keeps, after all else, so that no page for readers can ever carry it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape, unescape

from gateway.render.language import words

_HEAD_ENDS = re.compile(rb"</head\s*>", re.IGNORECASE)
_BODY = re.compile(rb"<body\b[^>]*>", re.IGNORECASE)
_LINK = re.compile(rb"""(<a\s(?:[^>]*?\s)?href\s*=\s*)("[^"]*"|'[^']*')""", re.IGNORECASE)
_STYLE = "padding:.6rem 1rem;background:#222;color:#fff;font:600 1rem/1.4 sans-serif;text-align:center"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a preview shows. `place`: "" for an unknown one; `at`: the moment of the decision; `ends`: of the link."""

    place: str
    at: datetime
    revision: str
    ends: datetime


def banner(shown: Shown, language: str, *, styled: bool) -> str:
    """The line. `styled`: it brings its look along, for a page of a CMS; ours has it in the style sheet."""
    spoken = words(language)
    text = spoken["preview"].format(
        place=shown.place or spoken["preview_unknown"],
        at=f"{shown.at:%Y-%m-%d %H:%M:%S} UTC",
        revision=shown.revision,
        ends=f"{shown.ends:%Y-%m-%d %H:%M} UTC",
    )
    style = f' style="{_STYLE}"' if styled else ""
    attributes = f'class="preview" role="note" lang="{spoken.language}" dir="{spoken.direction}"{style}'
    return f"<aside {attributes}>{escape(text)}</aside>"


def marked(html: bytes, line: str, within: Callable[[str], str]) -> bytes:
    """The page with the line first in its body, and with the links that `within` gives; it gives "" for those that are
    to stay. Whatever charset the page is in, the line is written in ASCII.
    """

    def link(found: re.Match[bytes]) -> bytes:
        inner = found[2][1:-1].decode("utf-8", "surrogateescape")
        address = within(unescape(inner))
        return found[1] + b'"' + escape(address).encode("utf-8", "surrogateescape") + b'"' if address else found[0]

    head = _HEAD_ENDS.search(html)
    begins = head.end() if head else 0
    body = _BODY.search(html, begins)
    at = body.end() if body else begins
    return html[:at] + line.encode("ascii", "xmlcharrefreplace") + _LINK.sub(link, html[at:])
