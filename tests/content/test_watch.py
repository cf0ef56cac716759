"""A change in the content is noticed at once where the kernel tells of it, and soon where it does not."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.content.files import DirectoryIndex, load_directory
from gateway.content.look import READ_HERE
from gateway.content.watch import changes, pause_after
from gateway.errors import ContentError
from tests.content.writing import FRONT, SVG, newspaper, write


async def told(watching: AsyncIterator[frozenset[str] | None]) -> frozenset[str]:
    """The next paths that the kernel names."""
    async with asyncio.timeout(10):
        async for paths in watching:
            if paths:
                return paths
    raise AssertionError("the watch ended")


async def test_a_changed_file_is_named_within_a_second_though_looking_is_rare(tmp_path: Path) -> None:
    root = newspaper(tmp_path)
    watching = changes(root, lambda: 100.0)
    waiting = asyncio.create_task(told(watching))
    await asyncio.sleep(0.5)
    write(root, {"articles/en/the-ledger.md": FRONT + "Another text.\n"})
    assert await waiting == {"articles/en/the-ledger.md"}
    await watching.aclose()  # type: ignore[attr-defined]


async def test_without_the_kernels_word_everything_is_looked_at_each_second(tmp_path: Path) -> None:
    watching = changes(tmp_path / "not there", lambda: 0.0)
    began = asyncio.get_running_loop().time()
    async with asyncio.timeout(10):
        assert await anext(watching) is None
        assert await anext(watching) is None
    assert 1.5 < asyncio.get_running_loop().time() - began < 5
    await watching.aclose()  # type: ignore[attr-defined]


def test_looking_at_everything_is_rarer_the_longer_it_takes() -> None:
    assert [pause_after(seconds) for seconds in (0, 0.001, 0.5, 30)] == [1, 1, 50, 60]


CHANGES = {
    "edited": ["articles/en/the-ledger.md"],
    "added": ["articles/en/new.md"],
    "removed": ["articles/de/das-hauptbuch.md"],
    "a medium's rights": ["media/ledger.svg.yaml"],
    "a medium gone": ["media/ledger.svg"],
    "the site": ["site.yaml"],
    "a directory moved": ["articles/en", "articles/uk"],
    "a directory gone": ["articles/de"],
    "a new directory": ["articles/ru"],
    "one more with a slug that is taken": ["articles/ar/the-ledger.md"],
    "a link": ["articles/en/link.md"],
    "the first of two with one slug": ["articles/de/twin.md"],
    "something hidden": ["articles/en/.new.md.swp"],
    "nothing at all": [],
}


def change(root: Path, what: str) -> None:
    match what:
        case "edited":
            write(root, {"articles/en/the-ledger.md": FRONT.replace("Canals", "Locks") + "Another text.\n"})
        case "added":
            write(root, {"articles/en/new.md": FRONT})
        case "removed":
            (root / "articles/de/das-hauptbuch.md").unlink()
        case "a medium's rights":
            write(root, {"media/ledger.svg.yaml": "rights: [US]\n"})
        case "a medium gone":
            (root / "media/ledger.svg").unlink()
        case "the site":
            write(root, {"site.yaml": "title: The Gazette\nmotto: {en: One}\n"})
        case "a directory moved":
            (root / "articles/en").rename(root / "articles/uk")
        case "a directory gone":
            shutil.rmtree(root / "articles/de")
        case "one more with a slug that is taken":
            write(root, {"articles/ar/the-ledger.md": FRONT})
        case "a new directory":
            write(root, {"articles/ru/kniga.md": FRONT.replace("section:", "translation_of: the-ledger\nsection:")})
        case "a link":
            (root / "articles/en/link.md").symlink_to(root / "articles/en/the-ledger.md")
        case "the first of two with one slug":
            (root / "articles/de/twin.md").unlink()
        case "something hidden":
            write(root, {"articles/en/.new.md.swp": FRONT})


def state(index: DirectoryIndex) -> tuple[object, ...]:
    slugs = sorted(index.facts)
    return (
        dict(index.facts), index.version, index.problems, dict(index.all_media), index.site, index.languages,
        index.sections, [index.translations(slug) for slug in slugs], [index.path(slug) for slug in slugs],
        index.showing("ledger.svg"),
    )  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_looking_only_where_something_changed_finds_what_looking_at_everything_finds(tmp_path: Path, what: str) -> None:
    root = newspaper(tmp_path)
    write(root, {"articles/de/twin.md": FRONT, "articles/en/twin.md": FRONT, "articles/en/broken.md": "x"})
    for path in root.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    before = load_directory(root)
    change(root, what)
    after = before.refresh(CHANGES[what])
    assert state(after) == state(load_directory(root))
    if what.startswith("one more"):
        assert after.path("the-ledger") == "articles/ar/the-ledger.md"  # the first path, whichever was found first
    assert (after is before) == (what in ("something hidden", "nothing at all"))


def test_thousands_of_files_are_read_by_others_with_the_same_result(tmp_path: Path) -> None:
    root = newspaper(tmp_path / "site")
    files: dict[str, str | bytes] = {f"articles/en/a{n}.md": FRONT for n in range(READ_HERE)}
    write(root, {**files, "articles/en/broken.md": "x", "media/b.svg": SVG, "media/b.svg.yaml": "rights: [US]\n"})
    many = load_directory(root)
    for path in list(files)[5:]:
        (root / path).unlink()
    few = load_directory(root)
    assert set(many.facts) - set(few.facts) == {f"a{n}" for n in range(5, READ_HERE)}
    assert {slug: many.facts[slug] for slug in few.facts} == dict(few.facts)
    assert many.problems == few.problems
    assert many.all_media == few.all_media


def test_readers_apart_that_cannot_start_leave_the_work_to_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = newspaper(tmp_path)
    write(root, {f"articles/en/a{n}.md": FRONT for n in range(READ_HERE)})
    false = shutil.which("false")
    assert false
    monkeypatch.setattr("sys.executable", false)
    assert len(load_directory(root).facts) == READ_HERE + 3


@pytest.mark.parametrize("files", [10, READ_HERE + 500])
def test_whoever_stops_need_not_wait_for_the_reading(tmp_path: Path, files: int) -> None:
    root = newspaper(tmp_path)
    write(root, {f"articles/en/a{n}.md": FRONT for n in range(files)})
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked == 3

    with pytest.raises(ContentError, match="stopping"):
        load_directory(root, stop=stop)
    assert asked == 3
