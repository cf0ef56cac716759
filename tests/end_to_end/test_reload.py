"""Promise 4 on a running gateway: whatever is done to the directory, what is in force is a whole set that was meant."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway.policy.parse import parse, revision_of
from tests.running import Running, gateway
from tests.sites import policy, write_content, write_policies

ARTICLE = "/articles/harbour-opens"
FIRST = policy("warn", "notice: {id: first}", "protect: all")
SECOND = policy("warn", "notice: {id: second}", "protect: all")
NOTICES = ("first", "second")


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return write_content(tmp_path / "content")


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    return write_policies(tmp_path / "policies", [FIRST], notices=NOTICES)


def revision(running: Running) -> str:
    """The revision in force, by the log."""
    reloaded = running.events("policy_reloaded")
    return str((reloaded or running.wait_for("gateway_started"))[-1]["gateway.policy.revision"])


def of(policies: Path) -> str:
    """The revision that the directory should make."""
    return revision_of({path.relative_to(policies).as_posix(): path.read_bytes() for path in policies.rglob("*.*")})


def notices(running: Running) -> set[str]:
    """The notices on the page; with them goes the protection, or a part of the policy was lost."""
    text = running.get(ARTICLE, reader="8.8.8.8").text
    assert 'class="share' not in text
    return {name for name in NOTICES if f'data-notice="{name}"' in text}


def write_manifest(policies: Path) -> None:
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(policies).as_posix()}\n"
        for path in sorted(policies.rglob("*.*"))
        if path.name != "manifest.sha256"
    ]
    (policies / "manifest.sha256").write_text("".join(lines))


def test_a_set_with_a_manifest_is_refused_at_every_offset_at_which_a_file_may_end(policies: Path) -> None:
    write_manifest(policies)
    files = {path.relative_to(policies).as_posix(): path.read_bytes() for path in policies.rglob("*.*")}
    assert parse(files).policies is not None
    offsets = 0
    for path, raw in files.items():
        for length in range(len(raw.rstrip())):
            offsets += 1
            assert parse({**files, path: raw[:length]}).policies is None, (path, length)
    assert offsets > 500


def test_a_file_written_byte_by_byte_is_applied_once_and_whole(tmp_path: Path, content: Path, policies: Path) -> None:
    with gateway(tmp_path, content=content, policies=policies) as running:
        text = SECOND.encode()
        with (policies / "warn.yaml").open("wb", buffering=0) as file:
            for offset in range(len(text)):
                file.write(text[offset : offset + 1])
                time.sleep(0.02)
                if offset % 20 == 0:
                    assert notices(running) == {"first"}
        reloaded = running.wait_for("policy_reloaded")
        assert notices(running) == {"second"}
        time.sleep(1)
        assert [event["gateway.policy.revision"] for event in running.events("policy_reloaded")] == [of(policies)]
        assert len(reloaded) == 1
        looks = len(running.events("policy_rejected"))
        assert looks <= 2  # a busy machine may let the writer rest that often


def test_a_half_written_file_is_refused_until_it_is_whole(tmp_path: Path, content: Path, policies: Path) -> None:
    with gateway(tmp_path, content=content, policies=policies) as running:
        (policies / "warn.yaml").write_text(SECOND[: SECOND.index("do:")])
        problems = str(running.wait_for("policy_rejected")[-1]["gateway.problems"])
        assert "warn.yaml" in problems
        assert notices(running) == {"first"}
        (policies / "warn.yaml").write_text(SECOND)
        running.wait_for("policy_reloaded")
        assert notices(running) == {"second"}


def test_what_is_saved_while_the_gateway_starts_comes_into_force(tmp_path: Path, content: Path, policies: Path) -> None:
    with gateway(tmp_path, content=content, policies=policies, wait=False) as running:
        deadline = time.monotonic() + 60
        while not list(running.state.rglob("last-good.json")):  # the policies have been read, the rest has not
            assert time.monotonic() < deadline
            time.sleep(0.001)
        (policies / "warn.yaml").write_text(SECOND)
        running.wait_for("policy_reloaded", seconds=60)
        assert notices(running) == {"second"}


def test_an_editor_that_saves_by_renaming_is_followed(tmp_path: Path, content: Path, policies: Path) -> None:
    with gateway(tmp_path, content=content, policies=policies) as running:
        (policies / ".warn.yaml.swp").write_bytes(b"\0 a swap file")
        (policies / "warn.yaml~").write_text(FIRST)
        (policies / "4913").write_text("an editor's probe")
        (policies / "warn.yaml.tmp").write_text(SECOND)
        (policies / "warn.yaml.tmp").rename(policies / "warn.yaml")
        running.wait_for("policy_reloaded")
        assert notices(running) == {"second"}
        assert not running.events("policy_rejected")


def test_a_directory_swapped_by_moving_is_followed_and_its_absence_refused(
    tmp_path: Path, content: Path, policies: Path
) -> None:
    with gateway(tmp_path, content=content, policies=policies) as running:
        policies.rename(tmp_path / "before")
        assert "cannot be read" in str(running.wait_for("policy_rejected")[-1]["gateway.problems"])
        assert notices(running) == {"first"}
        write_policies(tmp_path / "after", [SECOND], notices=NOTICES)
        (tmp_path / "after").rename(policies)
        running.wait_for("policy_reloaded")
        assert revision(running) == of(policies)
        assert notices(running) == {"second"}


def test_a_link_to_the_directory_may_be_pointed_elsewhere(tmp_path: Path, content: Path, policies: Path) -> None:
    link = tmp_path / "current"
    link.symlink_to(policies)
    with gateway(tmp_path, content=content, policies=link) as running:
        (tmp_path / "next").symlink_to(write_policies(tmp_path / "release-2", [SECOND], notices=NOTICES))
        (tmp_path / "next").replace(link)
        running.wait_for("policy_reloaded")
        assert notices(running) == {"second"}


@pytest.mark.acceptance
def test_a_change_that_moves_neither_size_nor_time_is_found(tmp_path: Path, content: Path, policies: Path) -> None:
    with gateway(tmp_path, content=content, policies=policies) as running:
        file = policies / "notices" / "first" / "en.md"
        before = file.stat()
        with file.open("r+b") as opened:
            opened.write(file.read_bytes().replace(b"If you", b"if you"))
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        running.wait_for("policy_reloaded", seconds=60)
        assert revision(running) == of(policies)


def test_a_partial_copy_of_a_set_with_a_manifest_is_never_in_force(
    tmp_path: Path, content: Path, policies: Path
) -> None:
    write_manifest(policies)
    with gateway(tmp_path, content=content, policies=policies) as running:
        (policies / "warn.yaml").write_text(SECOND.replace("  - protect: all\n", ""))
        assert "manifest" in str(running.wait_for("policy_rejected")[-1]["gateway.problems"])
        assert notices(running) == {"first"}
        (policies / "warn.yaml").write_text(SECOND)
        time.sleep(1)
        assert notices(running) == {"first"}
        write_manifest(policies)
        running.wait_for("policy_reloaded")
        assert notices(running) == {"second"}


def test_more_than_a_fifth_and_at_least_three_go_only_when_that_is_confirmed(tmp_path: Path, content: Path) -> None:
    several = [policy(f"warn-{number}", "notice: {id: first}") for number in range(6)]
    policies = write_policies(tmp_path / "policies", several, notices=NOTICES)
    with gateway(tmp_path, content=content, policies=policies) as running:
        (policies / "warn-0.yaml").unlink()
        running.wait_for("policy_reloaded")
        two_gone = revision(running)
        for number in (1, 2, 3):
            (policies / f"warn-{number}.yaml").unlink()
        assert "accept-removals" in str(running.wait_for("policy_rejected")[-1]["gateway.problems"])
        for arguments, code in ((["reload"], 1), (["reload", "--accept-removals"], 0)):
            assert revision(running) == two_gone
            command = [sys.executable, "-m", "gateway", *arguments]
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=running.environment)
            assert done.returncode == code, done.stderr
        assert running.wait_for("policy_reloaded", count=2)[-1]["gateway.policy.removed"] == [
            "warn-1", "warn-2", "warn-3",
        ]  # fmt: skip
        for file in policies.glob("*.yaml"):
            file.unlink()
        before = len(running.events("policy_rejected"))
        assert "no policy" in str(running.wait_for("policy_rejected", count=before + 1)[-1]["gateway.problems"])
        assert notices(running) == {"first"}
