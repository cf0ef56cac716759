"""Write log lines without ever making a request wait: a bounded queue, and a thread that empties it.

A reader of logs that stalls or dies costs lines, oldest first; they are counted and reported as `log_dropped`.
"""

from __future__ import annotations

import contextlib
import os
import select
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

QUEUE_LINES = 16_384
LINE_LIMIT_BYTES = 16_384
FLUSH_SECONDS = 0.1
BUSY_FLUSH_SECONDS = 0.01
_BUSY_LINES = 64
"""Who finds so many writes again at once: a tenth of a second's lines of a busy process would hold its loop for two
milliseconds, and those who ask meanwhile would wait.
"""
_PIPE_BYTES = select.PIPE_BUF
_AT_ONCE_LINES = 256
_REPORT_SECONDS = 1.0


class LineSink:
    """Takes lines from any thread and writes them to a descriptor, or to a file that can be reopened.

    `dropped_line` makes the line that reports how many lines were lost; `dropped` is their number so far.
    """

    def __init__(
        self,
        descriptor: int = 1,
        path: Path | None = None,
        *,
        dropped_line: Callable[[int], bytes] | None = None,
        shaped: Callable[[bytes], bytes] | None = None,
        queue_lines: int = QUEUE_LINES,
    ) -> None:
        self._queue: deque[bytes] = deque(maxlen=queue_lines)
        self._queue_lines = queue_lines
        self._path = path
        self._descriptor = _opened(path) if path is not None else descriptor
        self._dropped_line = dropped_line
        self._shaped = shaped
        self._reported = 0
        self._report_at = 0.0
        self._torn = False
        self._reopen = False
        self._stop = threading.Event()
        self.dropped = 0
        self.written = 0
        self._thread = threading.Thread(target=self._run, name="log writer", daemon=True)
        self._thread.start()

    def write(self, line: bytes) -> None:
        """Take a line (it ends with a newline). Never blocks, never raises."""
        if len(self._queue) >= self._queue_lines or len(line) > LINE_LIMIT_BYTES:
            self.dropped += 1
            if len(line) > LINE_LIMIT_BYTES:
                return
        self._queue.append(line)  # a full deque lets its oldest go

    def reopen(self) -> None:
        """Open the file anew, for logrotate; what is queued goes to the new one."""
        self._reopen = True

    def flush(self, timeout_seconds: float = 2.0) -> bool:
        """Wait until what is queued now is written; False if that takes too long."""
        deadline = time.monotonic() + timeout_seconds
        while self._queue and time.monotonic() < deadline:
            time.sleep(0.005)
        return not self._queue

    def close(self, timeout_seconds: float = 2.0) -> None:
        """Write what is queued, for as long as that may take, and stop. A stalled reader holds up nobody's exit."""
        self._stop.set()
        self._thread.join(timeout_seconds)
        if self._path is not None and not self._thread.is_alive():
            os.close(self._descriptor)

    def _run(self) -> None:
        wait = FLUSH_SECONDS
        while not self._stop.wait(wait):
            wait = BUSY_FLUSH_SECONDS if len(self._queue) > _BUSY_LINES else FLUSH_SECONDS
            self._empty()
        self._empty()

    def _empty(self) -> None:
        if self._reopen and self._path is not None:
            self._reopen = False
            with contextlib.suppress(OSError):
                fresh, old = _opened(self._path), self._descriptor
                self._descriptor = fresh
                os.close(old)
        self._report()
        queue = self._queue
        while queue:
            # Only this thread takes; a full queue may let go, but never of its last.
            lines = [queue.popleft() for _ in range(min(len(queue), _AT_ONCE_LINES))]
            if self._shaped is not None:
                lines = list(map(self._shaped, lines))
            for batch in _together(lines) if _is_pipe(self._descriptor) else (lines,):
                self._write(batch)

    def _report(self) -> None:
        now = time.monotonic()
        if self.dropped > self._reported and now >= self._report_at and self._dropped_line is not None:
            lost, self._report_at = self.dropped - self._reported, now + _REPORT_SECONDS
            if self._write([self._dropped_line(lost)], counted=False):
                self._reported += lost

    def _write(self, lines: list[bytes], *, counted: bool = True) -> bool:
        data = memoryview((b"\n" if self._torn else b"") + b"".join(lines))
        try:
            while data:
                try:
                    data = data[os.write(self._descriptor, data) :]
                    self._torn = bool(data)
                except BlockingIOError:  # somebody made our standard output non-blocking
                    select.select([], [self._descriptor], [], 0.2)
                    if self._stop.is_set():
                        raise
        except (OSError, ValueError):
            if counted:
                self.dropped += len(lines)
            return False
        self.written += len(lines)
        return True


def _opened(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)


def _together(lines: list[bytes]) -> Iterator[list[bytes]]:
    """Whole lines, and no more at once than the kernel keeps together: several processes may share a pipe."""
    batch: list[bytes] = []
    size = 0
    for line in lines:
        if batch and size + len(line) > _PIPE_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line)
    yield batch


def _is_pipe(descriptor: int) -> bool:
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return True
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
