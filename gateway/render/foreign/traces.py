"""Find words again, however they are written: split by markup, encoded, in another case. Pure.

What is withheld must be in no byte of a page, so a page is searched by words and not by characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote

RUN = 8
"""So many words in the same order are the same text; of a shorter text all its words are."""

_MARKS = "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc"
_ALONE = "\u0e01-\u0e5b\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Alphabets without spaces: each sign is looked at as a word."""
_WORD = re.compile(rf"[{_ALONE}]|(?:(?![{_ALONE}])[^\W_]|(?<=\w)[{_MARKS}])+")
_SILENT = dict.fromkeys(
    map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
)
_UNICODE_ESCAPE = re.compile(
    r"\\u\{([0-9a-fA-F]{1,6})\}|\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\0{0,4}([2-7][0-9a-fA-F])\s|\\[nrt/\"']"
)
_ASCII_WORD = re.compile(r"[a-z0-9]+")


class Word(NamedTuple):
    """A word in its plainest form, and where it stands in the text."""

    plain: str
    start: int
    end: int


def words_in(text: str) -> list[Word]:
    """The words of a text: without case, marks of composition made one, unseen characters left out."""
    if text.isascii() or text.translate(_SILENT) == text:
        return [Word(_plain(match[0]), match.start(), match.end()) for match in _WORD.finditer(text)]
    # unseen characters split no word, but take up places
    places = [at for at, sign in enumerate(text) if ord(sign) not in _SILENT]
    squeezed = "".join(text[at] for at in places)
    return [
        Word(_plain(match[0]), places[match.start()], places[match.end() - 1] + 1) for match in _WORD.finditer(squeezed)
    ]


def plain_words(text: str) -> list[str]:
    """The same without their places."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    return [_plain(match) for match in _WORD.findall(text.translate(_SILENT))]


@dataclass(frozen=True, slots=True)
class Traces:
    """What must not be found: runs of words. `lengths`: how many words they have; `least`: characters without which
    none can stand anywhere, since case and composition at most halve them.
    """

    runs: frozenset[tuple[str, ...]]
    lengths: tuple[int, ...] = field(init=False, compare=False, repr=False)
    least: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lengths", tuple(sorted({len(run) for run in self.runs})))
        object.__setattr__(self, "least", min((sum(map(len, run)) for run in self.runs), default=0) // 2)

    @classmethod
    def of(cls, texts: Iterable[str]) -> Traces:
        """The runs that give a text away."""
        runs: set[tuple[str, ...]] = set()
        for text in texts:
            words = plain_words(text)
            if words:
                length = min(RUN, len(words))
                runs |= {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}
        return cls(frozenset(runs))

    def __bool__(self) -> bool:
        return bool(self.runs)

    def in_words(self, words: list[str]) -> bool:
        """Whether any run stands among these words."""
        return any(
            tuple(words[at : at + length]) in self.runs
            for length in self.lengths
            for at in range(len(words) - length + 1)
        )

    def found_in(self, text: str) -> bool:
        """Whether any run stands in a text, in any way of writing it."""
        if len(text) < self.least:
            return False
        return any(self.in_words(plain_words(form)) for form in spellings_of(text))


def spellings_of(text: str) -> Iterator[str]:
    """A text as it stands, and as programs would read it: entities, percent-encoding and escapes undone."""
    yield text
    bare = text
    for _ in range(2):
        undone = unescape(_UNICODE_ESCAPE.sub(_escaped, unquote(bare, errors="replace")))
        if undone == bare:
            break
        bare = undone
        yield bare
    tagless = re.sub(r"<[^<>]*>", "", bare)
    if tagless != bare:
        yield tagless


def _escaped(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3] or match[4]
    if not digits:
        return {"n": "\n", "r": "\r", "t": "\t"}.get(match[0][1], match[0][1])
    number = int(digits, 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"


def _plain(word: str) -> str:
    return word.lower() if word.isascii() else unicodedata.normalize("NFKC", word).casefold()
