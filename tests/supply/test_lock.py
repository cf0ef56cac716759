"""What is installed is what pyproject.toml asks for and nothing else, by hash; and make refuses a file that is not it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.running import REPOSITORY
from tests.supply.lock import DEVELOPMENT, LOCKS, RUNTIME, SETS, entries, own, wanted, whole

INSTALLED_HERE = tuple(name for name in SETS if name in (RUNTIME, "bom", DEVELOPMENT))
LINE = re.compile(
    r"#[^\n]*|--requirement [a-z]+\.txt|[A-Za-z0-9._-]+==[A-Za-z0-9.]+( ; [^\n]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?"
)
PLATFORMS = [
    {"python_version": python, "python_full_version": f"{python}.9", "platform_machine": machine, "sys_platform": "linux",
     "platform_python_implementation": "CPython", "implementation_name": "cpython", "platform_system": "Linux", "os_name": "posix"}
    for python in ("3.11", "3.12", "3.13") for machine in ("x86_64", "aarch64")
]  # fmt: skip


def brought_along(requirements: Iterable[str]) -> tuple[set[str], set[str]]:
    """Names that these bring along, by what is installed here: those that count here, and all, whatever their markers."""
    here, anywhere = set[str](), set[str]()
    waiting = [(Requirement(line), True) for line in requirements]
    seen = set[tuple[str, frozenset[str], bool]]()
    while waiting:
        requirement, counts = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        counts = counts and applies(requirement.marker, {""})
        if (name, extras, counts) in seen:
            continue
        seen.add((name, extras, counts))
        anywhere.add(name)
        here |= {name} if counts else set()
        try:
            more = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        waiting += [
            (other, counts and applies(other.marker, {"", *extras}))
            for other in map(Requirement, more)
            if "extra" not in str(other.marker) or applies(other.marker, extras)
        ]
    return here, anywhere


def applies(marker: Marker | None, extras: Iterable[str]) -> bool:
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)


@pytest.mark.parametrize("name", SETS)
def test_a_lock_pins_by_hash_and_names_no_registry_and_no_other_option(name: str) -> None:
    text = (LOCKS / f"{name}.txt").read_text()
    strange = [line for line in text.splitlines() if not LINE.fullmatch(line)]
    assert not strange
    assert "//" not in text
    found = own(name)
    assert len(found) == len(re.findall("^[A-Za-z0-9].*==", text, re.MULTILINE))
    assert sum(len(entry.hashes) for entry in found.values()) == text.count("--hash=")
    begun = re.findall(r"^--requirement ([a-z]+)\.txt$", text, re.MULTILINE)
    assert tuple(begun) == SETS[name].begins_with


@pytest.mark.parametrize("name", SETS)
def test_whatever_pyproject_asks_for_is_locked_at_a_version_that_it_permits(name: str) -> None:
    locked = whole(name)
    for requirement in map(Requirement, wanted(name)):
        entry = locked[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(entry.version), f"{requirement}: locked at {entry.version}; run make lock"
        assert all(entry.requirement.marker is None or entry.requirement.marker.evaluate(one) for one in PLATFORMS)


@pytest.mark.parametrize("name", INSTALLED_HERE)
def test_all_that_is_brought_along_is_locked_and_nothing_that_nobody_wants(name: str) -> None:
    here, anywhere = brought_along(wanted(name))
    locked = whole(name)
    assert here <= {one for one, entry in locked.items() if entry.wanted_here}
    assert set(locked) <= anywhere


def test_what_these_tests_run_on_is_what_is_locked() -> None:
    for name, entry in whole(DEVELOPMENT).items():
        if entry.wanted_here and name != "setuptools":  # which a machine may have of its own
            assert Version(distribution(name).version) == Version(entry.version), f"{name}: pip install what is locked"


def test_every_install_of_make_is_by_hash_or_out_of_this_directory() -> None:
    targets = [f".venv/{name}" for name in (RUNTIME, DEVELOPMENT, "acceptance")] + ["fuzz", "bom"]
    command = ["make", "--dry-run", "--always-make", *targets]
    printed = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
    installs = re.findall(r"pip install --quiet --disable-pip-version-check (.*)", printed)
    assert len(installs) >= len(SETS)
    assert len(installs) == printed.count("pip install")
    for install in installs:
        by_hash = re.fullmatch(r"--require-hashes --only-binary :all: --requirement deploy/lock/[a-z]+\.txt", install)
        assert by_hash or install == "--no-deps --no-build-isolation --no-index --editable .", install


def wheel(directory: Path, code: str) -> str:
    """A wheel of one module; its hash."""
    file = directory / "harmless-1.0-py3-none-any.whl"
    info = "harmless-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in (
            ("harmless.py", code),
            (f"{info}/METADATA", "Metadata-Version: 2.1\nName: harmless\nVersion: 1.0\n"),
            (f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
            (f"{info}/RECORD", f"harmless.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"),
        ):
            archive.writestr(zipfile.ZipInfo(name), text)
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize("tampered", [False, True])
def test_make_refuses_a_wheel_that_is_not_the_one_that_was_locked(tmp_path: Path, tampered: bool) -> None:
    (tmp_path / "deploy" / "lock").mkdir(parents=True)
    (tmp_path / "pyproject.toml").touch()
    shutil.copy(REPOSITORY / "Makefile", tmp_path)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    locked = wheel(tmp_path, "def work(): return 'well'\n")
    (tmp_path / "deploy" / "lock" / "runtime.txt").write_text(f"harmless==1.0 \\\n    --hash=sha256:{locked}\n")
    if tampered:
        assert wheel(tmp_path, "def work(): return 'evil'\n") != locked
    done = subprocess.run(
        ["make", ".venv/runtime"],
        cwd=tmp_path,
        env={**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_TARGET": str(tmp_path / "site")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0  # there is no gateway in this directory
    assert (tmp_path / "site" / "harmless.py").exists() is not tampered
    assert ("DO NOT MATCH THE HASHES" in done.stderr) is tampered


def test_an_entry_is_read_with_its_marker_and_its_hashes() -> None:
    a, b = "a" * 64, "b" * 64
    text = f"# why\n--requirement x.txt\nOne_Two==1.0 ; sys_platform == 'never' \\\n    --hash=sha256:{a} \\\n    --hash=sha256:{b}\n"
    (entry,) = entries(text).values()
    assert (entry.version, entry.hashes, entry.wanted_here) == ("1.0", {a, b}, False)
    assert list(entries(text)) == ["one-two"]
