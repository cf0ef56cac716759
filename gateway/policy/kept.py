"""What the state directory keeps of policies: the last good set and those before it, signed, and who activated what.

A kept set is its files' bytes, so it is checked again, whole, when it is used; the signature says that it was good.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from gateway.errors import PolicyError, Problem
from gateway.policy.author import Author, difference

KEPT = 50
HOW_ALONE = ("start", "watch")
"""Where nobody asked for it."""
_PURPOSE = b"gateway policy set\0"


@dataclass(frozen=True, slots=True)
class Kept:
    """A set that was in force: its files, and the directory from which they came."""

    revision: str
    directory: str
    policies: tuple[str, ...]
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Activation:
    """One line of the history: when, who, how and what. `actor`: a person, "" where none can be known; `known_by`: as
    in Author. `how`: `start`, `watch`, `reload` or `rollback`. What: which revision, instead of which, and which files
    that changed.
    """

    at: str
    actor: str
    revision: str
    previous: str
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    action: str = "activate"
    how: str = ""
    known_by: str = ""


class KeptSets:
    """The sets and the history below one directory. Writing never raises for want of a set to write over."""

    def __init__(self, root: Path, key: bytes) -> None:
        self._root = root
        self._key = key

    @property
    def history_path(self) -> Path:
        """The history, a JSON object a line."""
        return self._root / "history.jsonl"

    @property
    def passed_over(self) -> str:
        """The revision of the directory that was rolled back, and is not in force while the directory stays so; "" if
        there is none.
        """
        try:
            return self._passed_over_path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def pass_over(self, revision: str) -> None:
        """Remember it beyond a restart; "" forgets it. Raises OSError where nothing can be written."""
        if revision:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(self._passed_over_path, revision.encode() + b"\n")
        else:
            self._passed_over_path.unlink(missing_ok=True)

    @property
    def _passed_over_path(self) -> Path:
        return self._root / "passed-over"

    def keep(self, kept: Kept) -> None:
        """Keep a set that is now in force as the last good one. Raises OSError where nothing can be written."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        payload = json.dumps(
            {
                "revision": kept.revision,
                "directory": kept.directory,
                "policies": kept.policies,
                "files": {path: base64.b64encode(raw).decode() for path, raw in kept.files.items()},
            }
        ).encode()
        signed = self._sign(payload).encode() + b"\n" + payload
        self._write(self._root / f"set-{kept.revision}.json", signed)
        self._write(self._root / "last-good.json", signed)
        for old in sorted(self._root.glob("set-*.json"), key=lambda path: path.stat().st_mtime_ns)[:-KEPT]:
            old.unlink(missing_ok=True)

    def last_good(self) -> Kept | None:
        """The set that was last in force; None where there is none. Raises PolicyError if it was tampered with."""
        return self._read(self._root / "last-good.json")

    def revision(self, revision: str) -> Kept | None:
        """A set that was once in force. Raises PolicyError if it was tampered with."""
        if not revision.isalnum():
            return None
        return self._read(self._root / f"set-{revision}.json")

    def record(self, kept: Kept, before: Kept | None, *, author: Author, how: str, now: datetime) -> Activation:
        """Add a line to the history. Raises OSError where nothing can be written."""
        added, changed, removed = difference(before.files if before else {}, kept.files)
        activation = Activation(
            at=now.isoformat(timespec="seconds"),
            actor=author.name,
            revision=kept.revision,
            previous=before.revision if before else "",
            added=added,
            changed=changed,
            removed=removed,
            action="rollback" if how == "rollback" else "activate",
            how=how,
            known_by=author.known_by,
        )
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        line = json.dumps(asdict(activation), ensure_ascii=False) + "\n"
        descriptor = os.open(self.history_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)
        return activation

    def history(self) -> Sequence[Activation]:
        """Every activation, the oldest first. A line that is no activation (a torn write) is passed over."""
        found = []
        try:
            lines = self.history_path.read_text("utf-8", "replace").splitlines()
        except OSError:
            return []
        for line in lines:
            try:
                found.append(_activation(json.loads(line)))
            except (ValueError, TypeError, KeyError):
                continue
        return found

    def _read(self, path: Path) -> Kept | None:
        try:
            signature, _, payload = path.read_bytes().partition(b"\n")
        except OSError:
            return None
        if not hmac.compare_digest(signature, self._sign(payload).encode()):
            what = "the signature of the kept policy set does not fit"
            problem = Problem(str(path), 0, 0, "bad-signature", what, "was GATEWAY_SIGNING_KEY changed? else remove it")
            raise PolicyError(str(problem), [problem])
        data = json.loads(payload)
        files = {name: base64.b64decode(text) for name, text in data["files"].items()}
        return Kept(data["revision"], data["directory"], tuple(data["policies"]), files)

    def _sign(self, payload: bytes) -> str:
        return hmac.new(self._key, _PURPOSE + payload, hashlib.sha256).hexdigest()

    def _write(self, path: Path, raw: bytes) -> None:
        """Whole or not at all, also when the machine stops in between."""
        with NamedTemporaryFile(dir=self._root, prefix=".", delete=False) as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)


def _activation(fields: Mapping[str, Any]) -> Activation:
    added, changed, removed = (tuple(map(str, fields[name])) for name in ("added", "changed", "removed"))
    at, actor, revision, previous, action = (
        str(fields[name]) for name in ("at", "actor", "revision", "previous", "action")
    )
    how, known_by = str(fields.get("how", "")), str(fields.get("known_by", ""))
    if not how:  # a line of a version that wrote how in the place of who
        how = "rollback" if action == "rollback" else actor if actor in HOW_ALONE else "reload"
        actor, known_by = ("", "") if actor in HOW_ALONE else (actor, "command")
    return Activation(at, actor, revision, previous, added, changed, removed, action, how, known_by)
