"""The content index as it is kept between runs: what each file held, so that unchanged files need no reading. Pure.

A line of JSON for each file, so that neither writing nor reading holds more than one of them in memory beside the
entries; then a digest of all lines. A kept index that cannot be understood is no index: everything is read anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson

from gateway.content.article import Facts
from gateway.content.media import Media, Rights
from gateway.content.tree import Stamp
from gateway.errors import Problem, Severity

FORMAT = 3
"""Raised whenever the meaning of what is kept changes, front matter rules included."""
_HEAD = orjson.dumps({"format": FORMAT}) + b"\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one file held when it had this stamp: an article's facts, a medium, a medium's rights; or why nothing."""

    stamp: Stamp
    facts: Facts | None = None
    media: Media | None = None
    rights: Rights | None = None
    problems: tuple[Problem, ...] = ()


class Pool:
    """One copy of what many articles say alike (authors, tags, sections): there may be a hundred thousand."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._lists: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._sets: dict[tuple[str, ...], frozenset[str]] = {}

    def text(self, value: str) -> str:
        """The one copy of a text."""
        return self._texts.setdefault(value, value)

    def list(self, value: Iterable[str]) -> tuple[str, ...]:
        """The one copy of a list."""
        made = tuple(map(self.text, value))
        return self._lists.setdefault(made, made)

    def set(self, value: Iterable[str]) -> frozenset[str]:
        """The one copy of a set, given in the same order each time."""
        listed = self.list(value)
        known = self._sets.get(listed)
        return known if known is not None else self._sets.setdefault(listed, frozenset(listed))


def encode(entries: Mapping[str, Entry]) -> Iterator[bytes]:
    """The index, line by line."""
    digest = blake2b(_HEAD, digest_size=16)
    yield _HEAD
    for path, entry in entries.items():
        line = encode_entry(path, entry)
        digest.update(line)
        yield line
    yield digest.hexdigest().encode() + b"\n"


def decode(lines: Iterable[bytes]) -> dict[str, Entry]:
    """The entries of a kept index; none if it is damaged or of another format."""
    pool, entries, waiting = Pool(), dict[str, Entry](), b""
    digest = blake2b(digest_size=16)
    try:
        for line in lines:
            if not waiting and line != _HEAD:
                return {}
            if waiting:
                digest.update(waiting)
                if waiting is not _HEAD:
                    path, entry = decode_entry(waiting, pool)
                    entries[path] = entry
            waiting = line if waiting else _HEAD
    except (KeyError, TypeError, ValueError, IndexError):
        return {}
    return entries if waiting == digest.hexdigest().encode() + b"\n" else {}


def encode_entry(path: str, entry: Entry) -> bytes:
    """One file's line."""
    stamp, media, rights = entry.stamp, entry.media, entry.rights
    out: list[object] = [path, stamp.mtime_ns, stamp.size, _facts_out(entry.facts) if entry.facts else None]
    if media or rights or entry.problems:
        out.append([media.path, media.content_type, media.size, media.digest] if media else None)
        out.append([sorted(rights.rights), rights.credit, rights.licence] if rights else None)
        out.append([[one.path, one.line, one.column, one.code, one.what, one.remedy, one.severity]
                    for one in entry.problems])  # fmt: skip
    return orjson.dumps(out) + b"\n"


def decode_entry(line: bytes, pool: Pool) -> tuple[str, Entry]:
    """A file's path and entry from its line. Raises ValueError, TypeError, KeyError or IndexError."""
    path, mtime_ns, size, facts, *others = orjson.loads(line)
    stamp = Stamp(int(mtime_ns), int(size))
    if not others:
        return str(path), Entry(stamp, _facts_in(facts, pool) if facts else None)
    media, rights, problems = others
    return str(path), Entry(
        stamp,
        _facts_in(facts, pool) if facts else None,
        Media(*media) if media else None,
        Rights(pool.set(rights[0]), str(rights[1]), str(rights[2])) if rights else None,
        tuple(_problem_in(*one) for one in problems),
    )


def _problem_in(path: str, line: int, column: int, code: str, what: str, remedy: str, severity: str) -> Problem:
    return Problem(path, line, column, code, what, remedy, Severity(severity))


def _facts_out(facts: Facts) -> Sequence[object]:
    return (
        facts.slug,
        facts.version,
        facts.language,
        facts.section,
        sorted(facts.tags),
        facts.published.isoformat(),
        facts.updated.isoformat() if facts.updated else None,
        facts.translation_of,
        sorted(facts.parts),
        facts.media,
        facts.title,
        facts.kicker,
        facts.summary,
        facts.authors,
        [[path, sorted(rights)] for path, rights in facts.media_rights],
        [[path, sorted(parts)] for path, parts in facts.media_parts],
    )


def _facts_in(kept: Sequence[Any], pool: Pool) -> Facts:
    """A kept index is trusted once its digest is right: what stands in each place is what `_facts_out` put there."""
    (
        slug, version, language, section, tags, published, updated, translation_of, parts, media,
        title, kicker, summary, authors, rights, in_parts,
    ) = kept  # fmt: skip
    return Facts(
        slug,
        version,
        pool.text(language),
        pool.text(section),
        pool.set(tags),
        datetime.fromisoformat(published),
        datetime.fromisoformat(updated) if updated else None,
        translation_of,
        pool.set(parts),
        pool.list(media),
        title,
        pool.text(kicker),
        summary,
        pool.list(authors),
        tuple((pool.text(path), pool.set(words)) for path, words in rights),
        tuple((pool.text(path), pool.set(parts)) for path, parts in in_parts),
    )
