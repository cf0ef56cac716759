"""Under which names a stored response can be purged: its target, Surrogate-Key, Cache-Tag, groups (RFC 9875). Pure."""

from __future__ import annotations

from gateway.cache.http.structured import strings
from gateway.content.message import Fields, values


def target_name(uri: str) -> str:
    """The name of all that is stored for a target."""
    return f"url:{uri}"


def group_name(group: str) -> str:
    """The name of all that belongs to a group (RFC 9875, section 2)."""
    return f"group:{group}"


def names_of(uri: str, fields: Fields) -> tuple[str, ...]:
    """All names of a response. Surrogate-Key has tags between spaces, Cache-Tag between commas; one that does not
    name its kind is a tag, as in `gateway purge --tag`.
    """
    keys = [tag for line in values(fields, "surrogate-key") for tag in line.split()]
    tags = [tag.strip(" \t") for line in values(fields, "cache-tag") for tag in line.split(",")]
    named = [tag if ":" in tag else f"tag:{tag}" for tag in keys + tags if tag]
    groups = [group_name(group) for group in strings(values(fields, "cache-groups"))]
    return (target_name(uri), *dict.fromkeys(named + groups))
