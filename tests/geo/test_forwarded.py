"""The Forwarded parser beside a second one, written another way: character by character."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.geo.forwarded import Element, elements

WORD = set("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


def by_hand(line: str) -> list[Element] | None:
    """Split at commas and semicolons outside quotes, then look at each pair."""
    parts: list[tuple[str, str]] = []
    text, quoted, escaped = "", False, False
    for char in line:
        if escaped:
            text, escaped = text + char, False
        elif quoted and char == "\\":
            text, escaped = text + char, True
        elif char == '"':
            text, quoted = text + char, not quoted
        elif not quoted and char in ",;":
            parts.append((text, char))
            text = ""
        else:
            text += char
    if quoted or escaped:
        return None
    parts.append((text, ","))
    found: list[Element] = []
    current: Element = []
    for part, end in parts:
        bare = part.strip(" \t")
        if bare:
            name, equals, value = bare.partition("=")
            if not equals or not name or set(name) - WORD:
                return None
            if value.startswith('"'):
                inside, out, index = value[1:-1], "", 0
                if len(value) < 2 or not value.endswith('"'):
                    return None
                while index < len(inside):
                    if inside[index] == '"':
                        return None
                    index += inside[index] == "\\"
                    if index >= len(inside):
                        return None
                    out += inside[index]
                    index += 1
                value = out
            elif not value or set(value) - WORD:
                return None
            current.append((name.lower(), value))
        if end == "," and current:
            found.append(current)
            current = []
    return found


NAMES = st.sampled_from(["for", "For", "by", "proto", "host"])
VALUES = st.sampled_from(["8.8.8.8", "_hidden", "unknown"]) | st.text('ab.:[];,= \\"', max_size=8).map(
    lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
)
PAIRS = st.builds("{}={}".format, NAMES, VALUES)
LINES = st.lists(st.lists(PAIRS, max_size=3).map(";".join), max_size=4).map(" , ".join)


@given(LINES)
def test_what_the_grammar_makes_is_read_as_a_second_parser_reads_it(line: str) -> None:
    found = elements(line)
    assert found is not None
    assert found == by_hand(line)


@given(st.text('for=8.;, \t"\\_', max_size=30))
def test_neither_parser_takes_what_the_other_refuses(line: str) -> None:
    assert elements(line) == by_hand(line)
