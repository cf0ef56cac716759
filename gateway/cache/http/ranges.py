"""Parts of a body: Range and Content-Range, and how parts are put together (RFC 9110, section 14). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.content.message import Response, values

_SPEC = re.compile(r"(\d*)-(\d*)", re.ASCII)
_CONTENT_RANGE = re.compile(r"[ \t]*bytes[ \t]+(\d{1,18})-(\d{1,18})/(\d{1,18})[ \t]*", re.ASCII | re.IGNORECASE)
_RANGES_LIMIT = 32


@dataclass(frozen=True, slots=True)
class Part:
    """First and last position of a part, both included, counted from 0."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """Bytes."""
        return self.last - self.first + 1

    def within(self, first: int, last: int) -> bool:
        """Whether it lies between these positions, both included."""
        return first <= self.first and self.last <= last


def wanted_part(lines: Sequence[str], length: int) -> Part | bool | None:
    """The part of a body of `length` bytes that Range asks for; False: none of it is there (416). None: send all of
    it, since there is no Range, or one that is no set of bytes, or asks for parts that are not connected; a cache may
    ignore it (section 14.2).
    """
    specs = _specs(lines)
    if specs is None:
        return None
    found = sorted((part.first, part.last) for part in (_resolved(spec, length) for spec in specs) if part)
    if not found:
        return False
    first, last = found[0]
    for next_first, next_last in found[1:]:
        if next_first > last + 1:
            return None
        last = max(last, next_last)
    return Part(first, last)


def _specs(lines: Sequence[str]) -> list[tuple[int | None, int | None]] | None:
    """What stands in one Range line: first and last position, or (None, length of the end)."""
    if len(lines) != 1:
        return None
    unit, _, listed = lines[0].strip(" \t").partition("=")
    if unit.lower() != "bytes":
        return None
    found: list[tuple[int | None, int | None]] = []
    for text in listed.split(","):
        spec = text.strip(" \t")
        if not spec:
            continue
        match = _SPEC.fullmatch(spec)
        if match is None or len(spec) > 40 or not (match[1] or match[2]) or len(found) == _RANGES_LIMIT:
            return None
        first, last = int(match[1]) if match[1] else None, int(match[2]) if match[2] else None
        if first is not None and last is not None and last < first:
            return None
        found.append((first, last))
    return found or None


def _resolved(spec: tuple[int | None, int | None], length: int) -> Part | None:
    first, last = spec
    if first is None:
        first, last = max(0, length - (last or 0)), None
    if first >= length:
        return None
    return Part(first, length - 1 if last is None else min(last, length - 1))


def content_range(response: Response) -> tuple[int, int, int] | None:
    """First and last position and whole length that a 206 with one part names; None where that cannot be read, is
    impossible, or does not fit the body.
    """
    lines = values(response.fields, "content-range")
    match = _CONTENT_RANGE.fullmatch(lines[0]) if len(lines) == 1 else None
    if match is None:
        return None
    first, last, length = int(match[1]), int(match[2]), int(match[3])
    return (first, last, length) if first <= last < length and len(response.body) == last - first + 1 else None


def written(part: Part, length: int) -> str:
    """Content-Range."""
    return f"bytes {part.first}-{part.last}/{length}"


def joined_bodies(one: bytes, at: int, other: bytes, other_at: int) -> tuple[int, bytes] | None:
    """Two parts that overlap or touch as one, with its first position; None where they do neither, or where they
    overlap and differ. `at`, `other_at`: their first positions.
    """
    if other_at < at:
        one, at, other, other_at = other, other_at, one, at
    overlap = at + len(one) - other_at
    if overlap < 0 or one[len(one) - overlap :][: len(other)] != other[:overlap]:
        return None
    return at, one + other[overlap:]
