"""Promise 4: a bad edit never reaches a reader."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import Running, gateway
from tests.sites import policy, write_content, write_policies

GOOD = policy("warn", "notice: {id: first}")
BROKEN = {
    "a syntax error": (GOOD + "  - [unclosed\n", "warn.yaml:"),
    "an unknown country": (GOOD.replace("readers: all", "readers: {in: [UK]}"), "GB"),
    "an unknown key": (GOOD.replace("owner:", "ownr:"), "owner"),
    "an empty list": (GOOD.replace("readers: all", "readers: {in: []}"), "all"),
    "a missing notice": (GOOD.replace("id: first", "id: absent"), "absent"),
}


def check(policies: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway", "check", str(policies)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("text", "said"), BROKEN.values(), ids=list(BROKEN))
def test_check_names_file_line_column_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    policies = write_policies(tmp_path / "policies", [GOOD], notices=("first",))
    assert check(policies).returncode == 0
    (policies / "warn.yaml").write_text(text, "utf-8")
    done = check(policies)
    assert done.returncode == 1
    message = done.stdout + done.stderr
    assert said in message
    line = next(line for line in message.splitlines() if "warn.yaml:" in line)
    _, number, column, *_ = line.split(":")
    assert number.isdigit()
    assert column.isdigit()
    assert "; " in line


def test_a_running_gateway_keeps_the_last_good_set_and_says_so(tmp_path: Path) -> None:
    policies = write_policies(tmp_path / "policies", [GOOD], notices=("first",))
    with gateway(tmp_path, content=write_content(tmp_path / "content"), policies=policies) as running:
        revision = warned(running)
        for count, (text, said) in enumerate(BROKEN.values(), start=1):
            (policies / "warn.yaml").write_text(text, "utf-8")
            event = running.wait_for("policy_rejected", count=count)[-1]
            assert said in str(event["gateway.problems"])
            assert warned(running) == revision
        (policies / "warn.yaml").write_text(GOOD.replace("House rule 1", "House rule 2"), "utf-8")
        running.wait_for("policy_reloaded")
        assert warned(running) != revision


def test_a_start_without_a_valid_set_is_refused_with_the_same_message(tmp_path: Path) -> None:
    policies = write_policies(
        tmp_path / "policies", [GOOD.replace("readers: all", "readers: {in: [UK]}")], notices=("first",)
    )
    with gateway(tmp_path, content=write_content(tmp_path / "content"), policies=policies, wait=False) as running:
        assert running.process.wait(60) == 1
    found = check(policies).stdout.splitlines()[0]  # with the directory as it was typed, and an identifier besides
    assert found.removeprefix(f"{policies}/").partition(" [")[0] in (tmp_path / "console.txt").read_text()


def test_a_start_on_the_signed_last_good_set_says_so_loudly(tmp_path: Path) -> None:
    policies = write_policies(tmp_path / "policies", [GOOD], notices=("first",))
    content = write_content(tmp_path / "content")
    with gateway(tmp_path, content=content, policies=policies) as running:
        revision = warned(running)
    (policies / "warn.yaml").write_text("policy: [", "utf-8")
    with gateway(tmp_path, content=content, policies=policies) as running:
        assert warned(running) == revision
        stale = running.wait_for("policy_stale")[-1]
        assert stale["log.level"] == "error"


def warned(running: Running) -> str:
    """The page owes its notice; the revision that served it."""
    assert 'data-notice="first"' in running.get("/articles/harbour-opens", reader="8.8.8.8").text
    return str(running.logged()[-1]["gateway.policy.revision"])
