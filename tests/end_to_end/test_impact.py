"""Policies are foreseen on what real readers asked for: a log goes in, counts by treatment and region come out."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.geo.addresses import ADDRESSES
from tests.running import gateway
from tests.sites import policy, write_content, write_policies

OLD = policy("warn", "notice: {id: first}", readers="{in: [RU]}")
NEW = policy("warn", "notice: {id: first}", "protect: all", readers="{in: [RU, UA-43]}")
ARTICLE = "/articles/harbour-opens"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which a gateway has served thirty readers in Moscow, twenty in Lagos and three in Vienna."""
    root = tmp_path_factory.mktemp("impact")
    write_policies(root / "old", [OLD], notices=("first",))
    write_policies(root / "new", [NEW], notices=("first",))
    with gateway(root, content=write_content(root / "content"), policies=root / "old") as running:
        for city, times in (("Moscow", 30), ("Lagos", 20), ("Vienna", 3)):
            for _ in range(times):
                assert running.get(ARTICLE, reader=ADDRESSES[city]).status == 200
    return root


def impact(
    world: Path, *arguments: str, code: int = 0, given: bytes = b"", **settings: str
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "gateway", "impact", *arguments, "--content", str(world / "content")]
    environment: Mapping[str, str] = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **settings}
    done = subprocess.run(command, capture_output=True, check=False, env=environment, input=given, cwd=world)
    assert done.returncode == code, done.stderr.decode() + done.stdout.decode()
    return done


def test_recorded_readings_are_counted_by_treatment_and_region(world: Path) -> None:
    done = impact(world, "old", "new", "--facts", "gateway.log", "--json")
    told = json.loads(done.stdout)
    assert (told["readings"], told["replayed"], told["otherwise"]) == (53, 50, 30)
    assert told["not_replayed"] == {"merged": 3}
    assert told["uncertain"] == {}
    gains = {(each["treatment"], each["region"]): each["gained"] for each in told["treatments"]}
    assert gains["protect:donating", "RU:confirmed"] == 30
    assert not any(treatment == "notice:first" for treatment, _ in gains)
    assert done.stderr == b""


def test_a_log_comes_from_the_settings_packed_or_by_standard_input(world: Path) -> None:
    log = (world / "gateway.log").read_bytes()
    (world / "packed.gz").write_bytes(gzip.compress(log))
    assert b"30 readings" in impact(world, "old", "new", GATEWAY_LOG_FILE=str(world / "gateway.log")).stdout
    assert b"30 readings" in impact(world, "old", "new", "--facts", "packed.gz").stdout
    assert b"30 readings" in impact(world, "old", "new", "--facts", "-", given=log).stdout
    assert b"30 readings" in impact(world, "old", "new", "--facts", "-", given=gzip.compress(log)).stdout
    assert b"60 readings" in impact(world, "old", "new", "--facts", "-", "--facts", "packed.gz", given=log).stdout
    (world / "torn.gz").write_bytes(gzip.compress(log + os.urandom(200_000))[:-1000])
    done = impact(world, "old", "new", "--facts", "torn.gz")
    assert b"ends too early" in done.stderr
    assert b"30 readings" in done.stdout


def test_sets_may_be_git_revisions(world: Path) -> None:
    git = ["git", "-C", str(world), "-c", "user.name=a", "-c", "user.email=a@newsroom.example"]
    write_policies(world / "kept", [OLD], notices=("first",))
    for arguments in (["init", "-q"], ["add", "kept"], ["commit", "-qm", "old"]):
        subprocess.run([*git, *arguments], check=True)
    write_policies(world / "kept", [NEW], notices=("first",))
    log = ("--facts", "gateway.log")
    assert b"30 readings" in impact(world, "HEAD:kept", "kept", *log).stdout
    assert b"30 readings" in impact(world, "HEAD", "kept", *log, GATEWAY_POLICIES="kept").stdout
    assert b"git revision" in impact(world, "NOWHERE:kept", "kept", *log, code=1).stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("old", "new"), 2, b"GATEWAY_LOG_FILE"),
        (("old", "new", "--facts", "absent.log"), 2, b"absent.log"),
        (("old", "new", "--facts", "console.txt"), 1, b"No decision facts"),
        (("old", "broken", "--facts", "gateway.log"), 1, b"warn.yaml:"),
        (("old", "nowhere", "--facts", "gateway.log"), 1, b"git revision"),
        (("old", "new", "--facts", "gateway.log", "--at", "yesterday"), 2, b"zone"),
    ],
)
def test_what_cannot_be_answered_says_why(world: Path, arguments: tuple[str, ...], code: int, said: bytes) -> None:
    write_policies(world / "broken", [OLD.replace("RU", "UK")], notices=("first",))
    assert said in impact(world, *arguments, code=code).stderr


def test_nothing_of_a_terminal_reaches_a_pipe(world: Path) -> None:
    done = impact(world, "old", "new", "--facts", "gateway.log")
    assert b"\x1b" not in done.stdout + done.stderr
