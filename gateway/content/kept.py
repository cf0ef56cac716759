"""The content index as it is kept between runs: what each file held, so that unchanged files need no reading. Pure.

A kept index that cannot be understood is no index: everything is read anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

import orjson

from gateway.content.article import Facts
from gateway.content.media import Media
from gateway.content.tree import Stamp
from gateway.errors import Problem, Severity

FORMAT = 1
"""Raised whenever the meaning of what is kept changes, front matter rules included."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one file held when it had this stamp: an article's facts or a medium, or why there is none."""

    stamp: Stamp
    facts: Facts | None = None
    media: Media | None = None
    problems: tuple[Problem, ...] = ()


def encode(entries: Mapping[str, Entry]) -> bytes:
    """The index as bytes: a digest, then JSON."""
    files = {path: _entry_out(entry) for path, entry in sorted(entries.items())}
    body = orjson.dumps({"format": FORMAT, "files": files})
    return blake2b(body, digest_size=16).hexdigest().encode() + b"\n" + body


def decode(raw: bytes) -> dict[str, Entry]:
    """The entries of a kept index; none if it is damaged or of another format."""
    digest, _, body = raw.partition(b"\n")
    if digest != blake2b(body, digest_size=16).hexdigest().encode():
        return {}
    try:
        kept = orjson.loads(body)
        if kept["format"] != FORMAT:
            return {}
        return {path: _entry_in(fields) for path, fields in kept["files"].items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


def _entry_out(entry: Entry) -> dict[str, object]:
    out: dict[str, object] = {"stamp": [entry.stamp.mtime_ns, entry.stamp.size]}
    if entry.facts:
        out["facts"] = _facts_out(entry.facts)
    if entry.media:
        media = entry.media
        out["media"] = [media.path, media.content_type, media.size, media.digest]
    if entry.problems:
        out["problems"] = [
            [problem.path, problem.line, problem.column, problem.code, problem.what, problem.remedy, problem.severity]
            for problem in entry.problems
        ]
    return out


def _entry_in(fields: Mapping[str, object]) -> Entry:
    stamp, facts, media, problems = (fields.get(name) for name in ("stamp", "facts", "media", "problems"))
    if not isinstance(stamp, list):
        raise TypeError("an entry without a stamp")
    return Entry(
        stamp=Stamp(*map(int, stamp)),
        facts=_facts_in(facts) if isinstance(facts, dict) else None,
        media=Media(*media) if isinstance(media, list) else None,
        problems=tuple(_problem_in(problem) for problem in problems) if isinstance(problems, list) else (),
    )


def _problem_in(kept: list[object]) -> Problem:
    path, line, column, code, what, remedy, severity = kept
    return Problem(
        str(path), int(str(line)), int(str(column)), str(code), str(what), str(remedy), Severity(str(severity))
    )


def _facts_out(facts: Facts) -> dict[str, object]:
    return {
        "slug": facts.slug,
        "version": facts.version,
        "language": facts.language,
        "section": facts.section,
        "tags": sorted(facts.tags),
        "published": facts.published.isoformat(),
        "updated": facts.updated.isoformat() if facts.updated else None,
        "translation_of": facts.translation_of,
        "parts": sorted(facts.parts),
        "media": facts.media,
        "title": facts.title,
        "kicker": facts.kicker,
        "summary": facts.summary,
        "authors": facts.authors,
    }


def _facts_in(kept: dict[str, object]) -> Facts:
    fields: dict[str, object] = dict(kept)
    updated = fields["updated"]
    fields |= {
        "tags": frozenset(_texts(fields["tags"])),
        "published": datetime.fromisoformat(str(fields["published"])),
        "updated": datetime.fromisoformat(str(updated)) if updated else None,
        "parts": frozenset(_texts(fields["parts"])),
        "media": tuple(_texts(fields["media"])),
        "authors": tuple(_texts(fields["authors"])),
    }
    return Facts(**fields)  # type: ignore[arg-type]  # a kept index is trusted once its digest is right


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return [str(item) for item in value]
