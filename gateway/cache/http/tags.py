"""Under which names a stored response can be purged: Surrogate-Key, Cache-Tag, and groups (RFC 9875). Pure."""

from __future__ import annotations

from gateway.cache.http.structured import strings
from gateway.content.message import Fields, values


def tags_of(fields: Fields) -> tuple[str, ...]:
    """Tags: Surrogate-Key has them between spaces, Cache-Tag between commas."""
    keys = [tag for line in values(fields, "surrogate-key") for tag in line.split()]
    tags = [tag.strip(" \t") for line in values(fields, "cache-tag") for tag in line.split(",")]
    return tuple(dict.fromkeys(tag for tag in keys + tags if tag))


def groups_of(fields: Fields, name: str = "cache-groups") -> tuple[str, ...]:
    """A list of strings (RFC 9875, sections 2 and 3); a field that is none is ignored."""
    return strings(values(fields, name))
