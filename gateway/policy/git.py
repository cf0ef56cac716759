"""A policies directory as it was at a git revision, and who committed it. The only module that calls git."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Collection
from pathlib import Path

from gateway.errors import PolicyError, Problem
from gateway.policy.files import SUFFIXES

SECONDS = 60
SECONDS_FOR_A_NAME = 5


def read_revision(revision: str, directory: Path) -> dict[str, bytes]:
    """Every file's bytes below `directory` at a revision (`main`, `HEAD~1`, a digest), by path below the directory.

    Raises PolicyError where git is not there, or knows no such revision or directory.
    """
    if revision.startswith("-"):
        raise _unknown(revision, "that is an option, not a revision")
    below = _git(revision, directory, "rev-parse", "--show-prefix").decode().strip()
    top = Path(_git(revision, directory, "rev-parse", "--show-toplevel").decode().strip())
    packed = _git(revision, top, "archive", "--format=tar", f"{revision}:{below}")
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            hidden = any(piece.startswith(".") for piece in Path(member.name).parts)
            if file is not None and not hidden and member.name.endswith(SUFFIXES):
                found[member.name] = file.read()
    return found


def last_author(directory: Path, paths: Collection[str]) -> str:
    """The author of the last commit that touched any of the paths; "" where they do not stand as they were committed,
    where this is no checkout, or where git is not there, or will not speak of a directory that is another user's.
    """
    named = ("--", *(f":(literal){path}" for path in sorted(paths)))
    if _line(directory, "status", "--porcelain", "--ignored", "--untracked-files=all", *named) != "":
        return ""
    return _line(directory, "log", "-1", "--format=%an", *named) or ""


def _line(directory: Path, *arguments: str) -> str | None:
    """What git says, and runs nothing that the checkout's own settings name; None where it fails."""
    command = ["git", "-C", str(directory), "-c", "core.fsmonitor=false", "--no-optional-locks", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=SECONDS_FOR_A_NAME)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip()


def _git(revision: str, directory: Path, *arguments: str) -> bytes:
    try:
        command = ["git", "-C", str(directory), *arguments]
        done = subprocess.run(command, capture_output=True, check=False, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise _unknown(revision, str(error)) from error
    if done.returncode:
        raise _unknown(revision, done.stderr.decode("utf-8", "replace").strip())
    return done.stdout


def _unknown(revision: str, reason: str) -> PolicyError:
    what = f"neither a directory nor a git revision: {reason}"
    return PolicyError(f"{revision}: {what}", [Problem(revision, 0, 0, "no-such-revision", what, "name one of them")])
