"""The shipped nginx front in a directory of its own: the real files, with paths and ports of the test's."""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"
SITE = "news.example"


@dataclass(frozen=True, slots=True)
class Response:
    """What curl got: the last status, version and header block (lower-case names), and the body."""

    status: int
    version: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Front:
    """A running nginx: `port` speaks TLS, `plain_port` redirects, everything it says is under `directory`."""

    process: subprocess.Popen[bytes]
    directory: Path
    port: int
    plain_port: int

    def get(
        self,
        target: str,
        headers: Mapping[str, str] | None = None,
        *,
        source: str = "127.0.0.1",
        version: str = "--http2",
        arguments: Sequence[str] = (),
    ) -> Response:
        """Ask as a browser at `source` would, certificate checked; the target is sent as it is written."""
        fields = [part for name, value in (headers or {}).items() for part in ("-H", f"{name}: {value}")]
        done = subprocess.run(
            [
                "curl", "--silent", "--show-error", version, "--max-time", "20", "--path-as-is", "--dump-header", "-",
                "--interface", source, "--cacert", str(self.directory / "tls" / "fullchain.pem"),
                "--resolve", f"{SITE}:{self.port}:127.0.0.1", *fields, *arguments,
                "--request-target", target, f"https://{SITE}:{self.port}/",
            ],
            check=True, capture_output=True,
        )  # fmt: skip
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        version_said, status = first.split()[:2]
        found = dict(line.split(": ", 1) for line in lines if ": " in line)
        return Response(int(status), version_said, {name.lower(): value for name, value in found.items()}, body)

    def everything_written(self) -> str:
        """All that nginx has written: its standard error and its access log."""
        return "\n".join(path.read_text() for path in sorted((self.directory / "log").iterdir()))


def free_port() -> int:
    """A port on which nothing listens now."""
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return int(asking.getsockname()[1])


@contextlib.contextmanager
def front(directory: Path, upstream_port: int, *, extra: str = "") -> Iterator[Front]:
    """nginx with the shipped files before `upstream_port`. `extra` goes where an operator includes cdn.conf."""
    port, plain_port = free_port(), free_port()
    shutil.copytree(DEPLOY / "nginx", directory, dirs_exist_ok=True)
    for name in ("log", "temporary", "tls"):
        (directory / name).mkdir()
    directory.chmod(0o755)
    _certificate(directory / "tls")
    _substitute(directory / "nginx.conf", {"/run/nginx.pid": f"{directory}/nginx.pid"})
    _substitute(
        directory / "site.conf",
        {
            "127.0.0.1:8080": f"127.0.0.1:{upstream_port}",
            "listen 443": f"listen 127.0.0.1:{port}",
            "listen 80": f"listen 127.0.0.1:{plain_port}",
            "/etc/nginx/tls": f"{directory}/tls",
            "/var/log/nginx": f"{directory}/log",
            "    include front.conf;": f"    {extra}\n    include front.conf;",
        },
        without=r".*listen \[::\].*\n",
        then="".join(
            f"{kind}_temp_path {directory}/temporary/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        ),
    )
    command = ["nginx", "-e", "stderr", "-p", str(directory), "-c", str(directory / "nginx.conf"), "-g", "daemon off;"]
    with (directory / "log" / "stderr").open("wb") as stderr:
        process = subprocess.Popen(command, stdout=stderr, stderr=stderr)
    running = Front(process, directory, port, plain_port)
    try:
        _wait_until_it_listens(running)
        yield running
    finally:
        process.send_signal(signal.SIGQUIT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait(10)


def _substitute(file: Path, replaced: Mapping[str, str], *, without: str = "", then: str = "") -> None:
    text = file.read_text()
    for old, new in replaced.items():
        assert old in text, (
            f"{file.name} no longer says {old!r}: the test would run something else than what is shipped"
        )
        text = text.replace(old, new)
    file.write_text((re.sub(without, "", text) if without else text) + then)


def _certificate(directory: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", f"/CN={SITE}", "-addext", f"subjectAltName=DNS:{SITE}",
         "-keyout", "privkey.pem", "-out", "fullchain.pem"],
        cwd=directory, check=True, capture_output=True,
    )  # fmt: skip


def _wait_until_it_listens(running: Front) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and running.process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", running.port), 1):
            return
        time.sleep(0.02)
    raise AssertionError(f"nginx did not start: {running.everything_written()}")
