"""A file that is being written is left to its writer: what it said before stays until what is new has stood still."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.content.files import DirectoryIndex, load_directory
from gateway.content.settling import PATIENCE_SECONDS, SETTLED_SECONDS, Settling
from gateway.errors import StaleIndexError
from tests.content.writing import BODY, FRONT, newspaper, write

LEDGER = "articles/en/the-ledger.md"
MEDIUM = "media/ledger.svg"


class Looking:
    """Somebody who looks at a directory again and again, at moments of our choosing."""

    def __init__(self, root: Path) -> None:
        self.root, self.now = root, 0.0
        self.settling = Settling(lambda: self.now)
        self.index: DirectoryIndex = load_directory(root)

    def look(self, after: float = 0.0, paths: list[str] | None = None) -> DirectoryIndex:
        self.now += after + 1e-6
        self.index = self.index.refresh(paths, settling=self.settling)
        return self.index


@pytest.fixture
def looking(tmp_path: Path) -> Looking:
    return Looking(newspaper(tmp_path))


def title(index: DirectoryIndex, slug: str = "the-ledger") -> str:
    return index.facts[slug].title


@pytest.mark.parametrize("paths", [None, [LEDGER]], ids=["everything", "one path"])
def test_what_is_new_counts_once_it_has_stood_still(looking: Looking, paths: list[str] | None) -> None:
    before = looking.index
    write(looking.root, {LEDGER: FRONT.replace("ledger\n", "journal\n", 1) + BODY})
    assert looking.look(paths=paths) is before
    assert looking.settling.waiting == {LEDGER}
    assert looking.look(SETTLED_SECONDS / 2, paths) is before
    assert title(looking.look(SETTLED_SECONDS / 2, paths)) == "The lock-keeper's journal"
    assert not looking.settling.waiting


def test_a_file_that_grows_is_waited_for_however_long_it_takes(looking: Looking) -> None:
    before, whole = looking.index, FRONT.replace("ledger\n", "journal\n", 1) + BODY
    for end in range(0, len(whole), 40):
        write(looking.root, {LEDGER: whole[:end]})
        assert looking.look(SETTLED_SECONDS, [LEDGER]) is before
    write(looking.root, {LEDGER: whole})
    looking.look()
    assert "last line" in looking.look(SETTLED_SECONDS).read("the-ledger").html


def test_a_file_that_cannot_be_read_any_more_is_given_more_time_and_then_left_out(looking: Looking) -> None:
    before = looking.index
    write(looking.root, {LEDGER: ""})
    assert looking.look() is before
    assert looking.look(PATIENCE_SECONDS - 0.1) is before
    assert "the-ledger" not in looking.look(0.1).facts
    assert LEDGER in [problem.path for problem in looking.index.problems]


def test_a_file_that_is_taken_away_and_put_back_was_never_gone(looking: Looking) -> None:
    before, raw = looking.index, (looking.root / LEDGER).read_bytes()
    (looking.root / LEDGER).unlink()
    assert looking.look() is before
    write(looking.root, {LEDGER: raw})
    assert title(looking.look(SETTLED_SECONDS)) == title(before)
    looking.look(SETTLED_SECONDS)
    assert not looking.settling.waiting


def test_a_file_that_stays_away_is_gone(looking: Looking) -> None:
    (looking.root / LEDGER).unlink()
    looking.look()
    assert "the-ledger" not in looking.look(SETTLED_SECONDS).facts


def test_a_new_article_appears_whole(looking: Looking) -> None:
    for text in (FRONT, FRONT + BODY[:30], FRONT + BODY):
        write(looking.root, {"articles/en/fresh.md": text})
        assert "fresh" not in looking.look(SETTLED_SECONDS, ["articles/en/fresh.md"]).facts
    assert "last line" in looking.look(SETTLED_SECONDS, ["articles/en/fresh.md"]).read("fresh").html
    (looking.root / "articles/en/brief.md").write_text(FRONT)
    looking.look()
    (looking.root / "articles/en/brief.md").unlink()
    looking.look()
    assert not looking.settling.waiting


def test_a_picture_keeps_its_rights_while_its_sidecar_is_written(looking: Looking) -> None:
    for text in ("", "credit: Own\n", "credit: Own\nrights: []\n"):
        write(looking.root, {f"{MEDIUM}.yaml": text})
        media = looking.look(SETTLED_SECONDS).media("ledger.svg")
        assert media is not None
        assert media.rights == {"worldwide"}


def test_the_site_keeps_its_name_while_its_file_is_written(looking: Looking) -> None:
    write(looking.root, {"site.yaml": "title: The Osterby Courier\n"})
    looking.look()
    assert looking.look(SETTLED_SECONDS).site.title == "The Osterby Courier"
    write(looking.root, {"site.yaml": ""})
    assert looking.look(paths=["site.yaml"]).site.title == "The Osterby Courier"
    write(looking.root, {"site.yaml": "title: The Courier\n"})
    assert looking.look(SETTLED_SECONDS / 2).site.title == "The Osterby Courier"
    assert looking.look(SETTLED_SECONDS).site.title == "The Courier"


def test_a_text_that_was_read_is_there_after_its_file_has_changed(looking: Looking) -> None:
    looking.index.read("the-ledger")
    for slug in ("the-ledger", "das-hauptbuch"):
        path = looking.root / looking.index.path(slug)
        path.write_text(path.read_text().replace("pencil", "chalk"))
    assert "pencil" in looking.look().read("the-ledger").html
    with pytest.raises(StaleIndexError):
        looking.index.read("das-hauptbuch")
    after = looking.look(SETTLED_SECONDS)
    for slug in ("the-ledger", "das-hauptbuch"):
        (looking.root / after.path(slug)).unlink()
        assert "chalk" in after.read(slug).html


def test_files_that_are_written_at_the_same_time_do_not_delay_each_other(looking: Looking) -> None:
    for path in (LEDGER, "articles/en/tomorrow.md"):
        write(looking.root, {path: FRONT.replace("ledger\n", "journal\n", 1)})
        looking.look(SETTLED_SECONDS / 2, [path])
    assert title(looking.look(SETTLED_SECONDS / 2, ["articles/en/tomorrow.md"])) == "The lock-keeper's journal"
    assert looking.settling.waiting == {"articles/en/tomorrow.md"}
