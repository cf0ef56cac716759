"""Read a directory tree without ever leaving it: no symbolic links, no devices, no path made from a request."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from gateway.errors import ContentError

MAX_FILE_BYTES = 32 << 20
MAX_DEPTH = 8
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells that a file is unchanged: its modification time in nanoseconds and its size in bytes."""

    mtime_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that is not read, and why: "symlink", "special", "name" or "unreadable"."""

    path: str
    why: str


class Tree:
    """A directory whose files are opened component by component, never through a link."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def scan(self, top: str) -> Iterator[tuple[str, Stamp] | Skipped]:
        """Every file under `top`, by path relative to the root, in no order; hidden ones (.git) are passed over.

        A missing `top` is empty. Raises ContentError where it cannot be read.
        """
        try:
            descriptor = self._open_directory(top)
        except FileNotFoundError:
            return
        except OSError as error:
            raise ContentError(f"{self.root / top}: {error.strerror}") from error
        yield from self._scan(descriptor, top, MAX_DEPTH)

    def look(self, path: str) -> Stamp | Skipped | Literal["directory"] | None:
        """What `scan` would say of one path; None where it would say nothing."""
        directory, _, name = path.rpartition("/")
        if any(part.startswith(".") for part in path.split("/")):
            return None
        try:
            above = self._open_directory(directory)
            try:
                status = os.stat(name, dir_fd=above, follow_symlinks=False)
            finally:
                os.close(above)
        except (OSError, ValueError):
            return None
        if not _is_text(name):
            return Skipped(path.encode("utf-8", "backslashreplace").decode(), "name")
        if stat.S_ISDIR(status.st_mode):
            return "directory"
        if stat.S_ISREG(status.st_mode):
            return Stamp(status.st_mtime_ns, status.st_size)
        return Skipped(path, "symlink" if stat.S_ISLNK(status.st_mode) else "special")

    def read(self, path: str) -> bytes:
        """A file's bytes. Raises ContentError if it is gone, a link, no plain file, or too large."""
        with self.open(path) as file:
            try:
                return file.read(MAX_FILE_BYTES + 1)
            except OSError as error:
                raise ContentError(f"{path}: {error.strerror}") from error

    def open(self, path: str) -> BinaryIO:
        """A file at its beginning; the caller closes it. Raises ContentError as `read` does."""
        directory, _, name = path.rpartition("/")
        try:
            above = self._open_directory(directory)
            try:
                descriptor = os.open(name, _FLAGS, dir_fd=above)
            finally:
                os.close(above)
            status = os.fstat(descriptor)
        except OSError as error:
            raise ContentError(f"{path}: {error.strerror}") from error
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE_BYTES:
            os.close(descriptor)
            raise ContentError(f"{path}: no plain file of at most {MAX_FILE_BYTES:,} bytes")
        return os.fdopen(descriptor, "rb")

    def _open_directory(self, path: str) -> int:
        """A descriptor of a directory under the root; the caller closes it. The root itself may be a link."""
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for name in path.split("/") if path else ():
            if name in ("", ".", ".."):
                os.close(descriptor)
                raise FileNotFoundError(2, "not a path of the tree", path)
            try:
                below = os.open(name, _FLAGS | os.O_DIRECTORY, dir_fd=descriptor)
            finally:
                os.close(descriptor)
            descriptor = below
        return descriptor

    def _scan(self, descriptor: int, at: str, depth: int) -> Iterator[tuple[str, Stamp] | Skipped]:
        try:
            with os.scandir(descriptor) as entries:
                for entry in entries:
                    if not entry.name.startswith("."):
                        yield from self._entry(descriptor, entry, f"{at}/{entry.name}", depth)
        finally:
            os.close(descriptor)

    def _entry(
        self, descriptor: int, entry: os.DirEntry[str], path: str, depth: int
    ) -> Iterator[tuple[str, Stamp] | Skipped]:
        if not _is_text(entry.name):
            yield Skipped(path.encode("utf-8", "backslashreplace").decode(), "name")
        elif entry.is_symlink():
            yield Skipped(path, "symlink")
        elif entry.is_dir(follow_symlinks=False):
            if not depth:
                yield Skipped(path, "special")
                return
            try:
                below = os.open(entry.name, _FLAGS | os.O_DIRECTORY, dir_fd=descriptor)
            except OSError:
                yield Skipped(path, "unreadable")
                return
            yield from self._scan(below, path, depth - 1)
        elif entry.is_file(follow_symlinks=False):
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                return  # gone between listing and looking
            yield path, Stamp(status.st_mtime_ns, status.st_size)
        else:
            yield Skipped(path, "special")


def _is_text(name: str) -> bool:
    """Whether a name is UTF-8 without control characters, so that it can stand in a log and an address."""
    return name.isprintable() and "\\" not in name
