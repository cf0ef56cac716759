"""Who made a change is said where a person can be known, and nobody is made up where none can."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path

import pytest

from gateway.policy.author import Author, author_of
from gateway.policy.kept import Kept, KeptSets

OLD, NEW = {"a.yaml": b"1", "b.yaml": b"1"}, {"a.yaml": b"2", "b.yaml": b"1"}
MINE = Author(getuser(), "owner")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    directory = tmp_path / "newsroom" / "policies"
    directory.mkdir(parents=True)
    git(directory.parent, "init", "-q")
    for files, author in ((OLD, "Ada Quill"), (NEW, "Grace Counsel"), ({"b.yaml": b"1", "c.yaml": b"1"}, "Ida Later")):
        for name, raw in files.items():
            (directory / name).write_bytes(raw)
        git(directory, "add", "-A")
        git(directory, "-c", f"user.name={author}", "-c", "user.email=a@b.example", "commit", "-qm", "A change")
    return directory


def git(directory: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(directory), *arguments], check=True)


def test_the_author_is_that_of_the_last_commit_that_touched_the_changed_files(checkout: Path) -> None:
    assert author_of(checkout, OLD, NEW) == Author("Grace Counsel", "git")
    assert author_of(checkout, {}, OLD) == Author("Grace Counsel", "git"), "all of them are new"
    (checkout / "c.yaml").unlink()
    git(checkout, "-c", "user.name=Eve Editor", "-c", "user.email=a@b.example", "commit", "-qam", "Gone")
    assert author_of(checkout, {**NEW, "c.yaml": b"1"}, NEW) == Author("Eve Editor", "git"), (
        "a removal has an author, too"
    )


def test_what_is_not_committed_as_it_stands_is_its_owners(checkout: Path, tmp_path: Path) -> None:
    (checkout / "a.yaml").write_bytes(b"3")
    assert author_of(checkout, NEW, {**NEW, "a.yaml": b"3"}) == MINE
    (checkout / "new.yaml").write_bytes(b"1")
    assert author_of(checkout, NEW, {**NEW, "new.yaml": b"1"}) == MINE
    (checkout / ".gitignore").write_text("new.yaml\n")
    assert author_of(checkout, NEW, {**NEW, "new.yaml": b"1"}) == MINE, "ignored is not committed"
    (tmp_path / "a.yaml").write_bytes(b"1")
    assert author_of(tmp_path, {}, {"a.yaml": b"1"}) == MINE, "no checkout at all"


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
def test_owners_are_named_and_one_without_a_name_by_number(tmp_path: Path) -> None:
    for name, user in (("a.yaml", 0), ("b.yaml", 65_000)):
        (tmp_path / name).write_bytes(b"1")
        os.chown(tmp_path / name, user, -1)
    assert author_of(tmp_path, {}, OLD) == Author("root, user 65000", "owner")


def test_nobody_is_made_up(tmp_path: Path) -> None:
    assert author_of(tmp_path, NEW, NEW) == Author()
    assert author_of(tmp_path, NEW, {}) == Author(), "of files that are gone nobody is the owner"


def test_lines_of_a_history_that_wrote_how_in_the_place_of_who_are_read(tmp_path: Path) -> None:
    kept = KeptSets(tmp_path, b"key")
    kept.record(Kept("r", "/p", (), NEW), None, author=MINE, how="watch", now=datetime(2026, 11, 1, tzinfo=UTC))
    line = json.loads(kept.history_path.read_text())
    with kept.history_path.open("a") as history:
        for actor, action in (("watch", "activate"), ("ada", "activate"), ("ada", "rollback")):
            old = {key: value for key, value in line.items() if key not in ("how", "known_by")}
            history.write(json.dumps({**old, "actor": actor, "action": action}) + "\n")
    assert [(one.actor, one.known_by, one.how) for one in kept.history()] == [
        (getuser(), "owner", "watch"),
        ("", "", "watch"),
        ("ada", "command", "reload"),
        ("ada", "command", "rollback"),
    ]
