"""A bad edit never reaches a reader: directories are read whole, guarded, kept, watched, and rolled back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.errors import PolicyError
from gateway.policy.author import Author
from gateway.policy.files import changes, read_directory, signature
from gateway.policy.kept import KEPT
from gateway.policy.loading import Loaded, PolicyLoader
from gateway.policy.parse import parse
from tests.policy.world import files, policy

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def write(directory: Path, made: dict[str, bytes]) -> None:
    for path, raw in made.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(raw)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "policies"
    write(made, files(*(policy("notice: warn", name=f"p{number}") for number in range(6))))
    return made


@pytest.fixture
def loader(directory: Path, tmp_path: Path) -> PolicyLoader:
    return PolicyLoader(directory, tmp_path / "state", b"key")


async def activated(loader: PolicyLoader, actor: str = "ann", **options: bool) -> Loaded:
    loaded = await loader.load(**options)
    loader.activated(loaded, author=Author(actor, "command"), how="reload", now=NOW)
    return loaded


def problems_of(directory: Path) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        read_directory(directory)
    return [problem.code for problem in caught.value.problems]


def test_a_directory_is_read_whole_by_path(directory: Path) -> None:
    (directory / ".git").mkdir()
    (directory / ".git" / "config.yaml").write_text("x")
    (directory / "p0.yaml~").write_text("x")
    (directory / "photo.png").write_bytes(b"x")
    assert set(read_directory(directory)) == set(files(*["x"] * 6))


def test_a_link_out_of_the_directory_is_refused_and_one_within_is_followed(directory: Path, tmp_path: Path) -> None:
    (directory / "..data").mkdir()
    (directory / "..data" / "more.yaml").write_text("x")
    (directory / "more.yaml").symlink_to("..data/more.yaml")
    assert "more.yaml" in read_directory(directory)
    (tmp_path / "secret.yaml").write_text("x")
    (directory / "out.yaml").symlink_to(tmp_path / "secret.yaml")
    assert problems_of(directory) == ["link-out"]


def test_what_is_no_file_or_cannot_be_read_is_told(directory: Path) -> None:
    os.mkfifo(directory / "pipe.yaml")
    (directory / "dangling.yaml").symlink_to("nowhere.yaml")
    (directory / "huge.yaml").write_bytes(b"#" * (9 << 20))
    assert problems_of(directory) == ["unreadable", "too-large", "no-file"]
    assert problems_of(directory / "nowhere") == ["unreadable"]


async def test_a_set_is_read_in_another_process_with_every_problem(loader: PolicyLoader) -> None:
    assert len((await loader.load()).policies.policies) == 6
    (loader.directory / "p0.yaml").write_text("policy: p0\n")
    with pytest.raises(PolicyError) as caught:
        await loader.load()
    assert {problem.path for problem in caught.value.problems} == {"p0.yaml"}
    assert len(caught.value.problems) > 1


async def test_reading_thousands_of_policies_does_not_hold_the_loop(directory: Path, tmp_path: Path) -> None:
    write(directory, {f"many/p{n}.yaml": policy("notice: warn", name=f"q{n}").encode() for n in range(2000)})
    lags: list[float] = []

    async def measure() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            lags.append(time.perf_counter() - before - 0.005)

    measuring = asyncio.create_task(measure())
    loaded = await PolicyLoader(directory, tmp_path / "state", b"key").load()
    measuring.cancel()
    assert len(loaded.policies.policies) == 2006
    assert len(lags) > 20, "read in this process, the loop would turn once or twice"
    assert sorted(lags)[len(lags) // 2] < 0.05, "a busy machine makes single turns slow, a held loop all of them"


async def test_a_start_without_a_valid_set_falls_back_on_the_last_good_one_and_says_why(loader: PolicyLoader) -> None:
    good = await activated(loader)
    (loader.directory / "p0.yaml").write_text("policy: [")
    started = await loader.start()
    assert started.policies.revision == good.policies.revision
    assert [problem.path for problem in started.refused] == ["p0.yaml"]


async def test_without_any_good_set_a_start_is_refused_with_the_problems(loader: PolicyLoader) -> None:
    (loader.directory / "p0.yaml").write_text("policy: [")
    with pytest.raises(PolicyError, match=r"p0\.yaml:"):
        await loader.start()


async def test_a_kept_set_that_was_tampered_with_is_not_used(loader: PolicyLoader, tmp_path: Path) -> None:
    await activated(loader)
    kept = tmp_path / "state" / "last-good.json"
    kept.write_bytes(kept.read_bytes().replace(b'"revision"', b'"revisiom"'))
    (loader.directory / "p0.yaml").write_text("policy: [")
    with pytest.raises(PolicyError) as caught:
        await loader.start()
    assert "bad-signature" in {problem.code for problem in caught.value.problems}
    other = PolicyLoader(loader.directory, tmp_path / "state", b"another key")
    with pytest.raises(PolicyError):
        await other.start()


@pytest.mark.parametrize(("removed", "accepted"), [(0, True), (1, True), (2, True), (3, False), (5, False), (6, False)])
async def test_more_than_a_fifth_and_at_least_three_cannot_vanish_unconfirmed(
    loader: PolicyLoader, removed: int, accepted: bool
) -> None:
    await activated(loader)
    for number in range(removed):
        (loader.directory / f"p{number}.yaml").unlink()
    with contextlib.nullcontext() if accepted else pytest.raises(PolicyError, match="accept-removals"):
        await loader.load()
    assert len((await loader.load(accept_removals=True)).policies.policies) == 6 - removed


async def test_three_of_many_may_go(loader: PolicyLoader) -> None:
    write(loader.directory, {f"q{n}.yaml": policy("notice: warn", name=f"q{n}").encode() for n in range(14)})
    await activated(loader)
    for number in range(3):
        (loader.directory / f"p{number}.yaml").unlink()
    assert len((await loader.load()).policies.policies) == 17


async def test_an_empty_directory_is_never_taken_for_a_decision(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(PolicyError, match="no policy in the directory"):
        await PolicyLoader(tmp_path / "empty", tmp_path / "fresh", b"key").start()


async def test_the_history_says_who_when_and_what_changed(loader: PolicyLoader) -> None:
    first = await activated(loader, "ann")
    assert not loader.activated(first, author=Author("ann", "command"), how="reload", now=NOW)
    (loader.directory / "p0.yaml").write_bytes(policy("protect: all", name="p0").encode())
    (loader.directory / "p1.yaml").unlink()
    second = await activated(loader, "bob")
    last = loader.kept.history()[-1]
    assert (last.actor, last.at, last.action) == ("bob", "2026-11-23T00:00:00+00:00", "activate")
    assert (last.previous, last.revision) == (first.policies.revision, second.policies.revision)
    assert (last.added, last.changed, last.removed) == ((), ("p0.yaml",), ("p1.yaml",))
    with loader.kept.history_path.open("a") as file:
        file.write('{"at": "torn')
    assert len(loader.kept.history()) == 2


async def test_any_of_the_last_revisions_can_be_brought_back(loader: PolicyLoader) -> None:
    first = await activated(loader)
    (loader.directory / "p0.yaml").write_bytes(policy("protect: all", name="p0").encode())
    second = await activated(loader)
    assert (await loader.roll_back()).policies == first.policies
    assert (await loader.roll_back(second.policies.revision)).policies == second.policies
    with pytest.raises(PolicyError, match="no such revision"):
        await loader.roll_back("../last-good")


async def test_no_more_than_fifty_sets_are_kept(loader: PolicyLoader, tmp_path: Path) -> None:
    loaded = await loader.load()
    for number in range(KEPT + 5):
        files_then = {**loaded.files, "notices/warn/en.long.md": str(number).encode()}
        loader.activated(
            Loaded(parse(files_then).required(), files_then), author=Author("ann", "command"), how="reload", now=NOW
        )
    assert len(list((tmp_path / "state").glob("set-*.json"))) == KEPT


@contextlib.asynccontextmanager
async def watched(directory: Path) -> AsyncIterator[list[float]]:
    seen: list[float] = []

    known = signature(directory)

    async def watch() -> None:
        async for _ in changes(directory, known):
            seen.append(time.monotonic())  # noqa: PERF401  (told one by one, not collected)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.4)
    try:
        yield seen
    finally:
        watching.cancel()


async def until(seen: list[float], count: int, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while len(seen) < count and time.monotonic() < deadline:  # noqa: ASYNC110  (a list is looked at from outside)
        await asyncio.sleep(0.05)
    assert len(seen) == count


async def test_a_change_is_told_once_after_the_directory_rests(directory: Path) -> None:
    async with watched(directory) as seen:
        text = policy("protect: all", name="p0").encode()
        for length in range(0, len(text), 5):
            (directory / "p0.yaml").write_bytes(text[:length])
            await asyncio.sleep(0.02)
        (directory / "p0.yaml").write_bytes(text)
        ended = time.monotonic()
        await until(seen, 1)
        assert seen[0] - ended > 0.15
        await asyncio.sleep(0.6)
        assert len(seen) == 1


async def test_a_directory_that_is_swapped_or_renamed_into_is_seen(directory: Path, tmp_path: Path) -> None:
    link = tmp_path / "current"
    link.symlink_to(directory)
    async with watched(link) as seen:
        new = directory / ".new"
        new.write_bytes(policy("protect: all", name="p0").encode())
        new.replace(directory / "p0.yaml")
        await until(seen, 1)
        other = tmp_path / "other"
        write(other, files(policy("protect: all")))
        (tmp_path / "next").symlink_to(other)
        (tmp_path / "next").replace(link)
        await until(seen, 2)


async def test_a_directory_that_vanishes_and_comes_back_is_seen(directory: Path, tmp_path: Path) -> None:
    async with watched(directory) as seen:
        directory.rename(tmp_path / "away")  # noqa: ASYNC240  (a test may wait)
        await until(seen, 1)
        (tmp_path / "away").rename(directory)
        await until(seen, 2)
