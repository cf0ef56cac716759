"""A real gateway in a process of its own, asked over real sockets."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests import sinks

REPOSITORY = Path(__file__).parents[1]
SAMPLE = REPOSITORY / "gateway" / "sample"
POLICIES = REPOSITORY / "policies"
START_SECONDS = 60.0
OTHER_SETTINGS = "TEST_GATEWAY_SETTINGS"
"""Names settings for every gateway that does not set them itself, as `express=off memory_cache_bytes=0`."""


@dataclass(slots=True)
class Answer:
    """A response as the client saw it; header names in lower case, the last of repeated ones wins."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> dict[str, object]:
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value


@dataclass(slots=True)
class Running:
    """A gateway that runs; its ports, its state and its log."""

    process: subprocess.Popen[bytes]
    state: Path
    log: Path
    environment: Mapping[str, str]
    host: str = "127.0.0.1"
    readers: set[str] = field(default_factory=set)

    @property
    def port(self) -> int:
        return int((self.state / "public-address").read_text().rpartition(":")[2])

    @property
    def admin_port(self) -> int:
        return int((self.state / "admin-address").read_text().rpartition(":")[2])

    @property
    def token(self) -> str:
        return (self.state / "admin-token").read_text().strip()

    def get(
        self, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET", reader: str | None = None
    ) -> Answer:
        """Ask the public port; `reader` is the address that a trusted proxy names."""
        sent = dict(headers or {})
        if reader is not None:
            self.readers.add(reader)
            sent["X-Forwarded-For"] = reader
        return exchange(self.port, path, sent, method)

    def admin(self, path: str, body: Mapping[str, object] | None = None, *, method: str | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}"}
        method = method or ("GET" if body is None else "POST")
        return exchange(self.admin_port, path, headers, method, None if body is None else json.dumps(body).encode())

    def events(self, name: str | None = None) -> list[dict[str, object]]:
        """The log so far, each line parsed: a line that is no JSON object fails the test. The line of an answer that
        was just read may still be on its way: `wait_for` it.
        """
        whole, _, _ = self.log.read_bytes().rpartition(b"\n")  # of the last line, half may be written
        found = [json.loads(line) for line in whole.splitlines()]
        return [event for event in found if name is None or event["event.action"] == name]

    def logged(self) -> list[dict[str, object]]:
        """The `request` lines of every answer so far: as many as the metrics count."""
        counted = re.findall(
            r"^http_server_request_duration_seconds_count\S* (\d+)", self.admin("/metrics").text, re.MULTILINE
        )
        return self.wait_for("request", count=sum(map(int, counted)))

    def wait_for(self, name: str, *, count: int = 1, seconds: float = 10.0) -> list[dict[str, object]]:
        """The events of this name, once there are that many."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.events(name)
            if len(found) >= count:
                return found
            time.sleep(0.02)
        raise AssertionError(f"no {name} within {seconds} s; log: {self.log.read_text()[-2000:]}")

    def stop(self, how: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(30)


def exchange(
    port: int, path: str, headers: Mapping[str, str], method: str = "GET", body: bytes | None = None
) -> Answer:
    """One request on a connection of its own; where the test has no words for them, with the canaries of `sinks`."""
    named = {name.lower() for name in headers}
    headers = {**headers, **{name: value for name, value in sinks.CANARIES.items() if name.lower() not in named}}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


def other_settings() -> dict[str, str]:
    """The settings that whoever runs the tests wishes for all gateways, as environment variables."""
    pairs = (pair.partition("=") for pair in os.environ.get(OTHER_SETTINGS, "").split())
    return {f"GATEWAY_{name.upper()}": value for name, _, value in pairs}


@contextlib.contextmanager
def gateway(
    directory: Path,
    *,
    content: Path | str = SAMPLE,
    policies: Path = POLICIES,
    arguments: Sequence[str] = (),
    wait: bool = True,
    **settings: str,
) -> Iterator[Running]:
    """A gateway on free ports with its state under `directory`; trusts loopback as its proxy. When it has ended and the
    test has not failed, nothing of its readers may be found in anything that it left or told.
    """
    state = directory / "state"
    log = directory / "gateway.log"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")},
        "GATEWAY_STATE": str(state),
        "GATEWAY_LOG_FILE": str(log),
        "GATEWAY_LOG_FORMAT": "json",
        "GATEWAY_TRUSTED_PROXIES": "loopback",
        **other_settings(),
        **{f"GATEWAY_{name.upper()}": value for name, value in settings.items()},
    }
    for name in ("public-address", "admin-address"):
        (state / name).unlink(missing_ok=True)
    command = [
        sys.executable, "-m", "gateway", "serve", "--port", "0", "--admin-port", "0",
        "--content", str(content), "--policies", str(policies), *arguments,
    ]  # fmt: skip
    log.touch()
    with (directory / "console.txt").open("ab") as console:
        process = subprocess.Popen(command, env=environment, stdout=console, stderr=console)
    running = Running(process, state, log, environment)
    try:
        if wait:
            _wait_until_ready(running, directory)
        yield running
        live = list(_live(running)) if process.poll() is None else []
    finally:
        running.stop()
    secrets = sinks.Secrets.of(running.readers, state, environment)
    leaks = sinks.leaks(directory, state, live, secrets, policies)
    assert not leaks, leaks[:5]


def _live(running: Running) -> Iterator[tuple[str, bytes]]:
    """What is gone, or compressed, once the gateway has stopped."""
    with contextlib.suppress(OSError, ValueError):
        yield "metrics", running.admin("/metrics").body
    yield from sinks.kept_in_redis(running.state, running.environment)


def _wait_until_ready(running: Running, directory: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if running.process.poll() is not None:
            break
        with contextlib.suppress(OSError, ValueError):
            if running.port and exchange(running.admin_port, "/readyz", {}).status == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"the gateway did not get ready: {(directory / 'console.txt').read_text()}")
