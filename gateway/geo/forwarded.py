"""The Forwarded header of RFC 7239, taken apart."""

from __future__ import annotations

import re

_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PAIR = re.compile(rf'[ \t]*({_WORD})=(?:"((?:[^"\\]|\\.)*)"|({_WORD}))[ \t]*', re.ASCII)
_BLANK = re.compile(r"[ \t]*")
_ESCAPED = re.compile(r"\\(.)")

Element = list[tuple[str, str]]


def elements(line: str) -> list[Element] | None:
    """The elements of one line, each a list of (name in lower case, value); None if it does not parse (section 4)."""
    found: list[Element] = []
    pairs: Element = []
    at = 0
    while at < len(line):
        pair = _PAIR.match(line, at)
        if pair:
            name, quoted, token = pair.groups()
            pairs.append((name.lower(), token if quoted is None else _ESCAPED.sub(r"\1", quoted)))
            at = pair.end()
        else:
            blank = _BLANK.match(line, at)
            at = blank.end() if blank else at
        if at == len(line):
            break
        if line[at] == ",":
            found += [pairs] if pairs else []
            pairs = []
        elif line[at] != ";":
            return None
        at += 1
    return [*found, pairs] if pairs else found
