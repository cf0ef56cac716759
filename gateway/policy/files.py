"""The policies directory on disk: read whole, and watched until it rests. The only module here that touches a disk
besides `kept.py`.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, suppress
from pathlib import Path

import watchfiles

from gateway.errors import PolicyError, Problem

MAX_FILE_BYTES = 8 << 20
MAX_FILES = 20_000
MAX_TOTAL_BYTES = 128 << 20
SUFFIXES = (".yaml", ".yml", ".md", ".txt", ".html", ".sha256")
"""What is read; an editor's leftovers, pictures and lock files are not policies."""

STABLE_SECONDS = 0.2
POLL_SECONDS = 2.0
LOOK_INSIDE_EVERY = 15
"""Every so many polls the contents are compared too: some file systems keep times that don't move."""

Signature = tuple[str, str]
"""Digests of a directory's names, sizes and times, and of its contents ("" where nobody looked inside)."""


def read_directory(directory: Path) -> dict[str, bytes]:
    """Every file's bytes, by path below the directory. Raises PolicyError, with a problem a file, if any is unfit:
    unreadable, too large, no regular file, or a link that leads out of the directory.
    """
    problems: list[Problem] = []
    found: dict[str, bytes] = {}
    total = 0
    for path, unfit in _walk(directory):
        name = path.relative_to(directory).as_posix()
        if unfit:
            problems.append(unfit)
            continue
        found[name] = _read(path, name, problems)
        total += len(found[name])
        if len(found) > MAX_FILES or total > MAX_TOTAL_BYTES:
            what = f"the directory holds more than {MAX_FILES:,} files or {MAX_TOTAL_BYTES:,} bytes"
            problems.append(Problem(".", 0, 0, "too-large", what, "remove what is no policy"))
            break
    if problems:
        raise PolicyError("\n".join(map(str, problems)), problems)
    return found


async def changes(directory: Path, known: Signature) -> AsyncIterator[None]:
    """Yield each time that the directory has changed and then rested. Never ends and never raises.

    `known`: its signature from before it was read, or what changed meanwhile would be missed. The kernel's notices wake
    it early; where there are none (network file systems, exhausted watches, a directory that was swapped) polling finds
    the change.
    """
    polls = 0
    async for _ in _wakes(directory):
        polls += 1
        inside = polls % LOOK_INSIDE_EVERY == 0
        seen = await asyncio.to_thread(signature, directory, contents=inside)
        if seen == known or (not inside and seen[0] == known[0]):
            continue
        while True:
            await asyncio.sleep(STABLE_SECONDS)
            again = await asyncio.to_thread(signature, directory, contents=True)
            if again[0] == seen[0]:
                break
            seen = again
        if again != known:
            known = again
            yield


async def _wakes(directory: Path) -> AsyncIterator[None]:
    """Now and then; sooner if the kernel says that something happened."""
    while True:
        watching = watchfiles.awatch(
            directory,
            watch_filter=None,
            debounce=50,
            step=20,
            rust_timeout=int(POLL_SECONDS * 1000),
            yield_on_timeout=True,
        )
        # no directory, or no watches left: polling goes on alone
        with suppress(OSError, RuntimeError):
            async with aclosing(watching):
                async for _ in watching:
                    yield
        await asyncio.sleep(POLL_SECONDS)
        yield


def signature(directory: Path, *, contents: bool = True) -> Signature:
    """What tells one state of the directory from another: sizes and times; and, if asked, a digest of the bytes."""
    times = hashlib.sha256()
    inside = hashlib.sha256()
    for path, problem in _walk(directory):
        name = os.fsencode(path.relative_to(directory))
        times.update(name + b"\0" + (str(problem).encode() if problem else b""))
        with suppress(OSError):
            info = path.stat()
            times.update(f"{info.st_size}:{info.st_mtime_ns}:{info.st_ino}\0".encode())
            if contents and problem is None:
                inside.update(name + b"\0" + path.read_bytes() + b"\0")
    return times.hexdigest(), inside.hexdigest() if contents else ""


def _walk(directory: Path) -> Iterator[tuple[Path, Problem | None]]:
    """Files in a fixed order, each with what makes it unfit, if anything does."""
    try:
        root = directory.resolve(strict=True)
    except OSError as error:
        what = f"the policies directory {directory} cannot be read: {error.strerror}"
        yield directory / ".", Problem(".", 0, 0, "unreadable", what, "name a directory with policies")
        return
    pending = [directory]
    while pending:
        folder = pending.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            name = folder.relative_to(directory).as_posix()
            what = f"the directory cannot be read: {error.strerror}"
            yield folder / ".", Problem(name, 0, 0, "unreadable", what, "let the gateway's user read it")
            continue
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith(".") or entry.name.endswith("~"):
                continue
            name = path.relative_to(directory).as_posix()
            if entry.is_symlink() and not path.resolve().is_relative_to(root):
                what = "the link leads out of the policies directory"
                yield path, Problem(_shown(name), 0, 0, "link-out", what, "copy the file here")
            elif entry.is_dir():
                if not entry.is_symlink():
                    pending.append(path)
            elif path.suffix in SUFFIXES:
                yield path, _unfit(path, name)


def _unfit(path: Path, name: str) -> Problem | None:
    try:
        name.encode()
        info = path.stat()
    except UnicodeEncodeError:
        return Problem(_shown(name), 0, 0, "bad-file-name", "the file's name is not UTF-8", "rename it")
    except OSError as error:
        return Problem(name, 0, 0, "unreadable", f"the file cannot be read: {error.strerror}", "mend or remove it")
    if not stat.S_ISREG(info.st_mode):
        return Problem(name, 0, 0, "no-file", "this is no regular file", "remove it")
    if info.st_size > MAX_FILE_BYTES:
        what = f"the file has {info.st_size:,} bytes, more than {MAX_FILE_BYTES:,}"
        return Problem(name, 0, 0, "too-large", what, "split it, or remove it")
    return None


def _read(path: Path, name: str, problems: list[Problem]) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        what = f"the file cannot be read: {error.strerror}"
        problems.append(Problem(name, 0, 0, "unreadable", what, "let the gateway's user read it"))
        return b""


def _shown(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
