"""The members of a list field, between commas that stand outside of quoted strings (RFC 9110, section 5.6). Pure."""

from __future__ import annotations

import re

_MEMBER = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*")*', re.DOTALL)


def members(value: str) -> list[str]:
    """The members, without whitespace around them and without empty ones. From a quote that is never closed on, every
    comma counts: what stands behind it is not swallowed. Takes time by the length of the value and no more.
    """
    found: list[str] = []
    at = 0
    while at <= len(value):
        match = _MEMBER.match(value, at)
        end = match.end() if match else len(value)
        if end < len(value) and value[end] == '"':
            found += value[at:].split(",")
            break
        found.append(value[at:end])
        at = end + 1
    stripped = (member.strip(" \t") for member in found)
    return [member for member in stripped if member]
