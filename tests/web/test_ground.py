"""The gateway refuses to start on a parser or a library that is known to let things through."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.floors import COMPILED, FLOORS, _numbers, assert_floors


def start(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "gateway",
        "serve",
        "--port",
        "0",
        "--admin-port",
        "0",
        "--state",
        str(tmp_path / "s"),
    ]
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False
    )


def test_on_the_parser_that_reads_otherwise_than_proxies_do_nothing_is_served(tmp_path: Path) -> None:
    ended = start(tmp_path, AIOHTTP_NO_EXTENSIONS="1")
    assert ended.returncode == 1
    assert "aiohttp runs without its C parser" in ended.stderr
    assert not (tmp_path / "s" / "public-address").exists()


@pytest.mark.parametrize("name", FLOORS)
def test_on_a_library_with_known_holes_nothing_is_served(tmp_path: Path, name: str) -> None:
    old = tmp_path / "libraries" / f"{name}-2.9.9.dist-info"
    old.mkdir(parents=True)
    (old / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.9.9\n")
    ended = start(tmp_path, PYTHONPATH=str(old.parent))
    assert ended.returncode == 1
    assert f"{name} 2.9.9: " in ended.stderr
    assert f"install at least {FLOORS[name][0]}" in " ".join(ended.stderr.split())


@pytest.mark.parametrize("part", [part for parts in COMPILED.values() for part in parts])
def test_where_a_compiled_part_cannot_be_loaded_nothing_is_served(tmp_path: Path, part: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        f"import sys\nsys.modules[{part!r}] = None\n"
    )  # as a torn wheel would be
    ended = start(tmp_path, PYTHONPATH=str(tmp_path))
    assert ended.returncode == 1
    said = " ".join(ended.stderr.split())
    assert f"without its compiled part {part}: " in said or "aiohttp runs without its C parser" in said
    assert "install" in said
    assert not (tmp_path / "s" / "public-address").exists()


def test_what_is_installed_here_is_enough_and_versions_are_compared_as_numbers() -> None:
    assert_floors()
    assert _numbers("3.9.10") < _numbers("3.14.4") <= _numbers("3.14.4.post1") < _numbers("3.15.0rc1")
    assert _numbers("") < _numbers("0.1")
