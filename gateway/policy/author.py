"""Who put a change into a policies directory, where a person can be known: from git, or from the files themselves."""

from __future__ import annotations

import pwd
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.policy.git import last_author

Difference = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody's name, and by what it is known: `command` (as they said), `git`, `owner` (of the files); both "" where
    nobody can be known.
    """

    name: str = ""
    known_by: str = ""


def difference(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Difference:
    """The paths of files that are added, changed and removed."""
    changed = sorted(path for path in new.keys() & old.keys() if new[path] != old[path])
    return tuple(sorted(new.keys() - old.keys())), tuple(changed), tuple(sorted(old.keys() - new.keys()))


def author_of(directory: Path, old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Author:
    """Whoever made the new files of the old ones: the author of the last commit that touched any of them, if they stand
    as they were committed; else the owner of those that are there.
    """
    added, changed, removed = difference(old, new)
    if added or changed or removed:
        if name := last_author(directory, (*added, *changed, *removed)):
            return Author(name, "git")
        if name := _owners(directory, (*added, *changed)):
            return Author(name, "owner")
    return Author()


def _owners(directory: Path, paths: Collection[str]) -> str:
    """The users to whom the files belong; a number where a user has no name here."""
    users: dict[int, str] = {}
    for path in paths:
        with suppress(OSError):
            users.setdefault((directory / path).stat().st_uid, "")
    for user in users:
        try:
            users[user] = pwd.getpwuid(user).pw_name
        except KeyError:
            users[user] = f"user {user}"
    return ", ".join(sorted(users.values()))
