"""Pictures, recordings and documents that articles show, with the rights stated beside them. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from gateway.errors import Problem
from gateway.pyyaml import Fields, YamlError, read

CONTENT_TYPES = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ogg": "audio/ogg",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webm": "video/webm",
    ".webp": "image/webp",
}
"""What may be served, by extension. Anything else under media/ is not published."""


@dataclass(frozen=True, slots=True)
class Media:
    """A file under media/. `path` is relative to it; `size` in bytes; `rights` are words that policies ask for."""

    path: str
    content_type: str
    size: int
    digest: str
    rights: frozenset[str] = frozenset()
    credit: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Rights:
    """What the sidecar of a medium states."""

    rights: frozenset[str] = frozenset()
    credit: str = ""
    licence: str = ""


def content_type(path: str) -> str | None:
    """The media type of a path; None for what is not served."""
    return CONTENT_TYPES.get(PurePosixPath(path).suffix.lower())


def parse_rights(raw: bytes, path: str) -> tuple[Rights | None, list[Problem]]:
    """The sidecar `media/<file>.yaml`: `rights` (a list of words), `credit`, `licence`; None where it says wrong."""
    problems: list[Problem] = []
    try:
        node = read(raw, path)
    except YamlError as error:
        return None, list(error.problems)
    with Fields(node, problems) as fields:
        rights = frozenset(fields.texts("rights") or ())
        credit, licence = fields.text("credit"), fields.text("licence")
    return (None if problems else Rights(rights, credit, licence)), problems
