"""Structured fields (RFC 9651): the only file that touches http-sf. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import http_sf


def dictionary(lines: Iterable[str]) -> Mapping[str, object] | None:
    """The values of a dictionary's members, parameters dropped; None for a field that is none."""
    members = _parsed(lines, "dictionary")
    return {name: _bare(member) for name, member in members.items()} if isinstance(members, dict) else None


def strings(lines: Iterable[str]) -> tuple[str, ...]:
    """The members of a list of strings, parameters dropped; none where any member is something else."""
    lines = tuple(lines)
    members = _parsed(lines, "list") if lines else None
    found = [_bare(member) for member in members] if isinstance(members, list) else []
    texts = [member for member in found if isinstance(member, str)]
    return tuple(dict.fromkeys(texts)) if len(texts) == len(found) else ()


def _parsed(lines: Iterable[str], kind: str) -> object:
    try:
        return http_sf.parse(", ".join(lines).encode("latin-1"), tltype=kind)
    except (ValueError, UnicodeEncodeError):
        return None


def _bare(member: object) -> object:
    return member[0] if isinstance(member, tuple) else member
