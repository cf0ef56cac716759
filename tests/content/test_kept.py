"""The index between runs and between looks: a change is seen, what is kept is believed only when whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.content.files import load_directory
from gateway.errors import ContentError
from tests.content.writing import FRONT, newspaper, write


def test_a_change_is_seen_by_refresh_and_an_old_index_refuses_the_new_text(tmp_path: Path) -> None:
    root = newspaper(tmp_path)
    old = load_directory(root)
    assert old.refresh() is old
    write(root, {"articles/en/the-ledger.md": FRONT + "Another text.\n"})
    new = old.refresh()
    assert new.version != old.version
    assert "Another text." in new.read("the-ledger").html
    with pytest.raises(ContentError, match="has changed"):
        old.read("the-ledger")
    (root / "articles/en/the-ledger.md").unlink()
    assert "the-ledger" not in new.refresh().facts


def test_the_kept_index_spares_reading_and_is_never_believed_when_damaged(tmp_path: Path) -> None:
    root, cache = newspaper(tmp_path / "site"), tmp_path / "index.json"
    for path in root.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    first = load_directory(root, cache=cache)
    # Unreadable now, yet unchanged by its stamp: only the kept index can know what it held.
    kept = cache.read_bytes()
    stamp = (root / "articles/en/the-ledger.md").stat()
    (root / "articles/en/the-ledger.md").write_bytes(b"x" * stamp.st_size)
    os.utime(root / "articles/en/the-ledger.md", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert load_directory(root, cache=cache).facts == first.facts
    for damaged in (b"", kept[:-10], kept.replace(b"Canals", b"Canons"), b"{}", kept.partition(b"\n")[0] + b"\n[]"):
        cache.write_bytes(damaged)
        assert "the-ledger" not in load_directory(root, cache=cache).facts


def test_problems_are_kept_too(tmp_path: Path) -> None:
    root, cache = write(tmp_path / "site", {"articles/en/broken.md": "x"}), tmp_path / "index.json"
    os.utime(root / "articles/en/broken.md", (1_700_000_000, 1_700_000_000))
    first = load_directory(root, cache=cache)
    assert [problem.code for problem in first.problems] == ["no-front-matter"]
    assert load_directory(root, cache=cache).problems == first.problems


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    assert load_directory(newspaper(tmp_path), cache=tmp_path / "no" / "such" / "index.json").facts
