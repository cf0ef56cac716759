"""The README's ```console blocks, run as a newcomer would: the servers in one terminal, the questions in another.

A line that begins with `$ ` is typed; the lines up to the next one, or the end of the block, are what must be seen.
A ```yaml block that begins with `# draft/…` is written into that file, as an operator does in an editor.
`…` stands for whatever varies within a line, and for any number of lines where it stands alone.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.running import REPOSITORY

README = REPOSITORY / "README.md"
NEEDED = ("bash", "make", "curl", "jq")
COPIED = ("Makefile", "pyproject.toml", "deploy/lock", "policies", "gateway/sample")
TYPING_SECONDS = 0.3
"""Nobody types faster; meanwhile a log line is written."""
WAIT_SECONDS = 60.0
OTHERS = ("GATEWAY_", "MAKE", "MFLAGS", "PYTHON", "VIRTUAL_ENV")
"""What a fresh terminal would not have in its environment."""
END = "end of the answer:"
_FILE = re.compile(r"# (?P<path>draft/[a-z0-9./-]+)")


@dataclass(frozen=True, slots=True)
class Step:
    """What is typed, what must be seen, and where the README says so."""

    line: int
    command: str
    expected: str


def steps(markdown: str) -> Iterator[Step]:
    """Every command of every ```console block, and every file that a ```yaml block names, in order."""
    kind, command, at, expected = "", "", 0, list[str]()
    for number, line in enumerate([*markdown.splitlines(), "```"], 1):
        begins = kind == "```console" and line.startswith("$ ")
        if command and (begins or line.startswith("```")):
            yield Step(at, command, "\n".join(expected))
            command = ""
        if line.startswith("```"):
            if kind == "```yaml" and expected and (file := _FILE.fullmatch(expected[0])):
                written = "\n".join(expected)
                yield Step(at, f"cat > {file['path']} <<'{END}'\n{written}\n{END}", "")
            kind, at, expected = line, number, []
        elif begins:
            command, at, expected = line[2:], number, []
        else:
            expected.append(line)


def agrees(expected: str, seen: str) -> bool:
    """Whether what was seen is what was promised, blanks at the ends of lines and of the whole aside."""
    pattern = "".join(
        r"(?:[^\n]*\n)*?" if line.strip() == "…" else "[^\n]*?".join(map(re.escape, line.split("…"))) + r"\n"
        for line in _lines(expected)
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _lines(seen))) is not None


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


class Newcomer:
    """A fresh copy of the repository with two terminals: one that serves, one that asks."""

    def __init__(self, home: Path, port: int, admin_port: int, *others: int) -> None:
        self._ports = {":8080": f":{port}", ":8081": f":{admin_port}"}
        self._ports |= {str(written): str(real) for written, real in enumerate(others, 8082)}
        self._home = home
        for name in COPIED:
            source, copy = REPOSITORY / name, home / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
        (home / ".venv").mkdir()
        (home / ".venv" / "bin").symlink_to(Path(sys.executable).parent)  # installed already: no download in a test
        (home / ".venv" / "runtime").touch()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS)}
        self._environment = {**kept, "GATEWAY_PORT": str(port), "GATEWAY_ADMIN_PORT": str(admin_port), "TERM": "dumb"}
        self._server: subprocess.Popen[bytes] | None = None
        self._shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile"], cwd=home, env=self._environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def follow(self, step: Step) -> str:
        """Type it; what was seen, with the README's ports. A server is stopped by Ctrl-C before the next starts."""
        command = self._translate(step.command, back=False)
        seen = self._serve(command, step) if command.endswith("make serve") else self._ask(command)
        return self._translate(seen, back=True)

    def close(self) -> None:
        """Close both terminals."""
        self._stop()
        self._shell.communicate("exit\n", timeout=WAIT_SECONDS)

    def _ask(self, command: str) -> str:
        time.sleep(TYPING_SECONDS)
        assert self._shell.stdin
        assert self._shell.stdout
        self._shell.stdin.write(f"{command}\nstatus=$?; echo; echo '{END}'; (exit $status)\n")
        self._shell.stdin.flush()
        return "".join(iter(self._shell.stdout.readline, f"{END}\n"))

    def _serve(self, command: str, step: Step) -> str:
        self._stop()
        screen = self._home.parent / "first-terminal.txt"
        with screen.open("wb") as output:
            self._server = subprocess.Popen(
                ["bash", "-c", command], cwd=self._home, env=self._environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline and self._server.poll() is None:
            if agrees(step.expected, self._translate(screen.read_text(), back=True)):
                break
            time.sleep(0.05)
        return screen.read_text()

    def _stop(self) -> None:
        if self._server is not None and self._server.poll() is None:
            os.killpg(self._server.pid, signal.SIGINT)
            self._server.wait(WAIT_SECONDS)

    def _translate(self, text: str, *, back: bool) -> str:
        for written, real in self._ports.items():
            text = text.replace(*((real, written) if back else (written, real)))
        return text
