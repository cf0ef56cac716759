"""Whoever asks "why?" gets an answer: who put which policies into force; and one command goes back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from getpass import getuser
from pathlib import Path

import pytest

from tests.running import Running, exchange, gateway
from tests.sites import policy, write_content, write_policies

FIRST = policy("warn", "notice: {id: first}")
SECOND = policy("warn", "notice: {id: second}")
THIRD = policy("warn", "notice: {id: third}")
NOTICES = ("first", "second", "third")
ARTICLE = "/articles/harbour-opens"


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    return write_policies(tmp_path / "policies", [FIRST], notices=NOTICES)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return write_content(tmp_path / "content")


def command(environment: Mapping[str, str], *arguments: str, code: int = 0) -> str:
    """What `gateway …` prints on standard output; on standard error where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway", *arguments], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == code, done.stderr + done.stdout
    return done.stderr if code else done.stdout


def notice(running: Running) -> str:
    text = running.get(ARTICLE, reader="8.8.8.8").text
    return next(name for name in NOTICES if f'data-notice="{name}"' in text)


def wait_until(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def write(policies: Path, text: str, running: Running | None = None) -> None:
    count = len(running.events("policy_reloaded")) + 1 if running else 0
    (policies / "warn.yaml").write_text(text, "utf-8")
    if running:
        running.wait_for("policy_reloaded", count=count)


def test_a_rollback_holds_until_the_directory_says_something_else(
    tmp_path: Path, content: Path, policies: Path
) -> None:
    with gateway(tmp_path, content=content, policies=policies) as running:
        write(policies, SECOND, running)
        assert notice(running) == "second"

        told = command(running.environment, "rollback")
        assert "until the policies directory changes" in told
        assert notice(running) == "first"
        event = running.wait_for("policy_reloaded", count=2)[-1]
        assert event["gateway.policy.action"] == "rollback"
        assert event["gateway.policy.changed"] == ["warn"]
        assert event["user.name"] not in ("watch", "")
        assert "rolled back" in str(running.admin("/readyz").json()["warnings"])

        os.utime(policies / "warn.yaml")
        write(policies, SECOND + "# a remark, taken back at once\n")
        write(policies, SECOND)
        time.sleep(1.5)
        assert notice(running) == "first"

        write(policies, THIRD, running)
        assert notice(running) == "third"
        assert "rolled back" not in str(running.admin("/readyz").json()["warnings"])
        write(policies, SECOND, running)
        assert notice(running) == "second"


def test_readiness_says_of_a_rollback_and_of_a_later_mistake(tmp_path: Path, content: Path, policies: Path) -> None:
    def warnings(running: Running) -> list[str]:
        found = running.admin("/readyz").json()["warnings"]
        assert isinstance(found, list)
        return [warning for warning in found if "policies directory" in warning]

    with gateway(tmp_path, content=content, policies=policies) as running:
        first = str(running.wait_for("gateway_started")[0]["gateway.policy.revision"])
        assert warnings(running) == []
        write(policies, SECOND, running)
        second = str(running.events("policy_reloaded")[0]["gateway.policy.revision"])
        command(running.environment, "rollback")
        rolled_back = f"the policies directory was rolled back: its {second} is not in force, {first} is"
        assert warnings(running) == [rolled_back]

        write(policies, THIRD.replace("readers:", "raeders:"))
        running.wait_for("policy_rejected")
        mistake = "what the policies directory holds now is not in force either: 2 mistakes; `gateway check`"
        mistaken = warnings(running)
        assert mistaken[0] == rolled_back
        assert mistaken[1].startswith(mistake)
        assert "warn" not in str(mistaken), "whoever asks may be anybody: no policy is named"

        write(policies, SECOND)
        assert wait_until(lambda: warnings(running) == [rolled_back])
        write(policies, THIRD, running)
        assert warnings(running) == []


def test_readiness_says_of_a_start_on_the_last_good_set(tmp_path: Path, content: Path, policies: Path) -> None:
    with gateway(tmp_path, content=content, policies=policies):
        pass
    write(policies, THIRD.replace("readers:", "raeders:"))
    with gateway(tmp_path, content=content, policies=policies) as running:
        told = str(running.admin("/readyz").json()["warnings"])
        assert "what the policies directory holds now is not in force: 2 mistakes" in told


def test_a_reload_that_somebody_asks_for_ends_a_rollback(tmp_path: Path, content: Path, policies: Path) -> None:
    with gateway(tmp_path, content=content, policies=policies) as running:
        write(policies, SECOND, running)
        command(running.environment, "rollback")
        assert notice(running) == "first"
        command(running.environment, "reload")
        assert notice(running) == "second"


def test_a_restart_keeps_a_rollback_and_says_so_loudly(tmp_path: Path, content: Path, policies: Path) -> None:
    with gateway(tmp_path, content=content, policies=policies) as running:
        write(policies, SECOND, running)
        command(running.environment, "rollback")
    with gateway(tmp_path, content=content, policies=policies) as running:
        assert notice(running) == "first"
        stale = running.wait_for("policy_stale")[-1]
        assert stale["log.level"] == "error"
        assert stale["event.reason"] == "rolled-back"
        assert "gateway reload" in str(stale["gateway.problems"])
    write(policies, THIRD)
    with gateway(tmp_path, content=content, policies=policies) as running:
        assert notice(running) == "third"


def test_a_rollback_where_no_gateway_runs_holds_from_the_next_start(
    tmp_path: Path, content: Path, policies: Path
) -> None:
    with gateway(tmp_path, content=content, policies=policies) as running:
        write(policies, SECOND, running)
    told = command({**running.environment, "GATEWAY_POLICIES": str(tmp_path / "elsewhere")}, "rollback")
    assert "does not run" in told
    with gateway(tmp_path, content=content, policies=policies) as running:
        assert notice(running) == "first"
        assert running.wait_for("policy_stale")


def test_the_history_says_who_when_what_and_which_files(tmp_path: Path, content: Path, policies: Path) -> None:
    with gateway(tmp_path, content=content, policies=policies) as running:
        revisions = [str(running.wait_for("gateway_started")[-1]["gateway.policy.revision"])]
        (policies / "more.yaml").write_text(policy("more", "notice: {id: third}"), "utf-8")
        write(policies, SECOND, running)
        revisions.append(str(running.wait_for("policy_reloaded")[-1]["gateway.policy.revision"]))
        command(running.environment, "rollback", revisions[0])
        told = json.loads(command(running.environment, "history", "--json"))
        text = command(running.environment, "history", "-n", "2")
    assert [one["revision"] for one in told] == [*revisions, revisions[0]]
    assert [one["action"] for one in told] == ["activate", "activate", "rollback"]
    assert [one["how"] for one in told] == ["start", "watch", "rollback"]
    assert [one["known_by"] for one in told] == ["owner", "owner", "command"]
    assert [one["actor"] for one in told] == [getuser()] * 3
    assert f"{getuser()} (owner of the files), by watch  instead of {revisions[0]}" in text
    assert [(one["added"], one["changed"], one["removed"]) for one in told[1:]] == [
        (["more.yaml"], ["warn.yaml"], []),
        ([], ["warn.yaml"], ["more.yaml"]),
    ]
    assert "removed more.yaml" in text
    assert f"rolled back from {revisions[1]}" in text
    assert f"revision {revisions[1]} was rolled back" in text


def test_the_history_names_the_author_of_the_commit_that_changed_the_files(
    tmp_path: Path, content: Path, policies: Path
) -> None:
    commit(policies, "Ada Quill")
    with gateway(tmp_path, content=content, policies=policies) as running:
        aside = tmp_path / "checkout"
        subprocess.run(["git", "clone", "-q", str(policies), str(aside)], check=True)
        (aside / "warn.yaml").write_text(SECOND, "utf-8")
        commit(aside, "Grace Counsel")
        subprocess.run(["git", "-C", str(policies), "pull", "-q", str(aside), "HEAD"], check=True)
        event = running.wait_for("policy_reloaded")[0]
        write(policies, THIRD, running)
        told = json.loads(command(running.environment, "history", "--json"))
    assert (event["user.name"], event["gateway.policy.how"]) == ("Grace Counsel", "watch")
    assert [(one["actor"], one["known_by"], one["how"]) for one in told] == [
        ("Ada Quill", "git", "start"),
        ("Grace Counsel", "git", "watch"),
        (getuser(), "owner", "watch"),
    ], "an edit that nobody has committed is its file's owner's"


def commit(directory: Path, author: str) -> None:
    """All that stands there, by somebody; of a directory that is no checkout, it makes one."""
    named = ["-c", f"user.name={author}", "-c", "user.email=nobody@newsroom.example", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "A change"]):
        subprocess.run(["git", "-C", str(directory), *named, *arguments], check=True)


def test_a_revision_that_is_not_kept_changes_nothing_and_names_those_that_are(
    tmp_path: Path, content: Path, policies: Path
) -> None:
    with gateway(tmp_path, content=content, policies=policies) as running:
        write(policies, SECOND, running)
        revision = str(running.wait_for("policy_reloaded")[-1]["gateway.policy.revision"])
        for wrong in ("abcdefabcdef", "../last-good"):
            assert revision in command(running.environment, "rollback", wrong, code=1)
        assert notice(running) == "second"
    assert revision in command(running.environment, "rollback", "abcdefabcdef", code=1)
    nowhere = {**running.environment, "GATEWAY_STATE": str(tmp_path / "nowhere")}
    assert "--state" in command(nowhere, "rollback", code=1)
    assert not (tmp_path / "nowhere").exists()


def test_every_worker_rolls_back_to_the_same_revision(tmp_path: Path, content: Path, policies: Path) -> None:
    with gateway(tmp_path, content=content, policies=policies, arguments=("--workers", "2")) as running:
        (policies / "warn.yaml").write_text(SECOND, "utf-8")
        running.wait_for("policy_reloaded", count=2)
        command(running.environment, "rollback")
        assert {notice(running) for _ in range(40)} == {"first"}
        time.sleep(1.0)
        assert {notice(running) for _ in range(40)} == {"first"}
        assert len({str(event["gateway.policy.revision"]) for event in running.events("policy_reloaded")[-2:]}) == 1


def test_nobody_rolls_back_without_the_token(tmp_path: Path, content: Path, policies: Path) -> None:
    with gateway(tmp_path, content=content, policies=policies) as running:
        assert exchange(running.admin_port, "/rollback", {}, "POST", b"{}").status == 401
