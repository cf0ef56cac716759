"""The pre-commit hooks for a newsroom's own repository: what pre-commit would run there stops a bad commit."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.pyyaml import Node, read
from tests.running import POLICIES, REPOSITORY, SAMPLE

MANIFEST = REPOSITORY / ".pre-commit-hooks.yaml"
MANUAL = POLICIES / "README.md"


def mappings(node: Node) -> list[dict[str, object]]:
    return [
        {name: [one.text for one in value.items] or value.text for name, (_, value) in item.entries.items()}
        for item in node.items
    ]


HOOKS = {str(hook["id"]): hook for hook in mappings(read(MANIFEST.read_bytes(), MANIFEST.name))}


@pytest.fixture
def newsroom(tmp_path: Path) -> Path:
    """A newsroom's repository: policies and articles, all of it committed."""
    shutil.copytree(POLICIES, tmp_path / "policies")
    shutil.copytree(SAMPLE, tmp_path / "content")
    for command in ("init -q", "add .", "-c user.name=x -c user.email=x@newsroom.example commit -qm All"):
        subprocess.run(["git", *shlex.split(command)], cwd=tmp_path, check=True)
    return tmp_path


def run(newsroom: Path, hook: str) -> subprocess.CompletedProcess[str]:
    """What pre-commit does: the entry, then the args of the newsroom's configuration, in the repository's root."""
    [arguments] = [one["args"] for one in configured() if one["id"] == hook]
    assert isinstance(arguments, list)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [*shlex.split(str(HOOKS[hook]["entry"])), *arguments],
        cwd=newsroom, env={**kept, "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def configured() -> list[dict[str, object]]:
    """The hooks of the configuration that the manual prints."""
    [block] = [text for text in MANUAL.read_text().split("```yaml\n") if text.startswith("# .pre-commit-config.yaml")]
    root = read(block.partition("```")[0], MANUAL.name)
    [repository] = root.entries["repos"][1].items
    return mappings(repository.entries["hooks"][1])


def test_the_manifest_says_what_pre_commit_needs() -> None:
    assert set(HOOKS) == {"gateway-check", "gateway-test"} == {hook["id"] for hook in configured()}
    for hook in HOOKS.values():
        assert {"id", "name", "entry", "language"} <= set(hook)
        assert hook["language"] == "python", "pre-commit installs the gateway itself"
        assert (hook["pass_filenames"], hook["always_run"]) == ("false", "true"), "a removed file is passed to nobody"


@pytest.mark.parametrize("hook", HOOKS)
def test_sound_policies_may_be_committed_and_nothing_is_left_behind(newsroom: Path, hook: str) -> None:
    done = run(newsroom, hook)
    assert (done.returncode, done.stderr) == (0, "")
    left = subprocess.run(["git", "status", "--short"], cwd=newsroom, check=True, capture_output=True, text=True)
    assert left.stdout == ""


def test_a_mistake_stops_the_commit_with_its_place_and_remedy(newsroom: Path) -> None:
    file = newsroom / "policies" / "court-order-example.yaml"
    file.write_text(file.read_text().replace("in: [DE]", "in: [UK]"))
    done = run(newsroom, "gateway-check")
    assert done.returncode == 1
    assert "court-order-example.yaml:15:8: unknown country 'UK'" in done.stdout


def test_a_warning_stops_the_commit_too(newsroom: Path) -> None:
    file = newsroom / "policies" / "court-order-example.yaml"
    file.write_text(file.read_text().replace("[the-dredging-contract]", "[the-dredging-contrac]"))
    done = run(newsroom, "gateway-check")
    assert done.returncode == 1
    assert "did you mean 'the-dredging-contract'?" in done.stdout


def test_a_notice_that_a_commit_removes_stops_it(newsroom: Path) -> None:
    shutil.rmtree(newsroom / "policies" / "notices" / "withdrawn-by-court")
    done = run(newsroom, "gateway-check")
    assert done.returncode == 1
    assert "there is no notice 'withdrawn-by-court'" in done.stdout


def test_a_case_that_fails_stops_the_commit(newsroom: Path) -> None:
    file = newsroom / "policies" / "court-order-example.yaml"
    file.write_text(file.read_text().replace("in: [DE]", "in: [GR]"))
    assert run(newsroom, "gateway-check").returncode == 0, "Greece is a country"
    done = run(newsroom, "gateway-test")
    assert done.returncode == 1
    assert "status: expected 451, got 200" in done.stdout
