"""The same questions to the gateway, to Debian's nginx and to Debian's Varnish, before the same scripted origin."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import io
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.origin.scripted import Apart, Heard, Script, apart
from tests.running import gateway
from tests.servers import free_port
from tests.sites import policy, write_policies
from tests.web.downstream import NGINX, VARNISH, started

GATEWAYS = ("rfc9111", "newsroom")
SERVERS = (*GATEWAYS, "nginx", "Varnish")

_NGINX = """
user root; daemon off; worker_processes 1; pid {directory}/pid; error_log {directory}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off; client_body_temp_path {directory}/body; proxy_temp_path {directory}/temp;
  fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
  proxy_cache_path {directory}/cache levels=1:2 keys_zone=all:1m;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://127.0.0.1:{upstream}; proxy_cache all; proxy_cache_revalidate on; proxy_http_version 1.1; }}
  }}
}}
"""
_VARNISH = 'vcl 4.1;\nbackend default {{ .host = "127.0.0.1"; .port = "{upstream}"; }}\n'


@dataclass(frozen=True, slots=True)
class Step:
    """A reader's request, `after` so many seconds, and what the origin would say if it were asked."""

    says: bytes | Script | Callable[[Heard], Script] = b""
    after: float = 0.0
    method: str = "GET"
    asks: tuple[tuple[str, str], ...] = ()
    target: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the reader was answered (status 0: nothing) and what the origin heard of it (None: it was not asked)."""

    status: int
    fields: Mapping[str, str]
    body: bytes
    heard: Heard | None


@dataclass(frozen=True, slots=True)
class Case:
    """A rule, by its rows in `requirements`, and whether what was seen keeps it."""

    id: str
    words: str
    steps: Sequence[Step]
    right: Callable[[Sequence[Seen]], bool]


def versions() -> str:
    """Of the others, as on the page."""
    nginx = subprocess.run([str(NGINX), "-v"], capture_output=True, text=True, check=True).stderr
    varnish = subprocess.run([str(VARNISH), "-V"], capture_output=True, text=True, check=True).stderr
    return f"nginx {nginx.split('/')[1].split()[0]}, Varnish {varnish.split('varnish-')[1].split()[0]}"


@contextlib.contextmanager
def servers(directory: Path) -> Iterator[tuple[Apart, Mapping[str, int]]]:
    """All of them before one scripted origin, and their ports by name."""
    with apart() as running, contextlib.ExitStack() as stack:
        ports = {}
        for name in SERVERS:
            place = directory / name
            place.mkdir()
            place.chmod(0o755)
            passes = {"origin_passes": "foo,other"} if name in GATEWAYS else {}
            ports[name] = stack.enter_context(one_server(name, place, running.origin.port, **passes))
        yield running, ports


@contextlib.contextmanager
def one_server(name: str, place: Path, upstream: int, **settings: str) -> Iterator[int]:
    """One of them, and its port. It caches what the origin lets it, by its own rules, with nothing configured."""
    if name in GATEWAYS:
        off = policy("never", "notice: {id: warned, place: after-body}\n    certainty: anyone", state="off")
        policies = write_policies(place / "policies", [off], notices=("warned",))
        told = {"origin_profile": name, "origin_connect_seconds": "10", **settings}
        with gateway(place, content=f"http://127.0.0.1:{upstream}", policies=policies, **told) as running:
            yield running.port
        return
    port, config = free_port(), place / "config"
    config.write_text((_NGINX if name == "nginx" else _VARNISH).format(directory=place, port=port, upstream=upstream))
    # Varnish would keep what has no lifetime for two minutes, but for -t.
    at = ["-F", "-j", "none", "-n", str(place / "n"), "-a", f"127.0.0.1:{port}", "-f", str(config), "-t", "0"]
    nginx = [str(NGINX), "-p", str(place), "-c", str(config)]
    with started(nginx if name == "nginx" else [str(VARNISH), *at], port, place):
        yield port


async def compared(running: Apart, ports: Mapping[str, int], cases: Sequence[Case]) -> dict[str, dict[str, bool]]:
    """By case and server, whether the rule was kept."""
    pairs = [(case, name) for case in cases for name in ports]
    found = await asyncio.gather(
        *(_walk(running, ports[name], f"/{name}/{at}", case) for at, (case, name) in enumerate(pairs))
    )
    outcome: dict[str, dict[str, bool]] = {}
    for (case, name), seen in zip(pairs, found, strict=True):
        outcome.setdefault(case.words, {})[name] = case.right(seen)
    return outcome


async def _walk(running: Apart, port: int, path: str, case: Case) -> list[Seen]:
    seen = []
    for step in case.steps:
        await asyncio.sleep(step.after)
        target, heard = path + step.target, list[Heard]()

        def answered(request: Heard, step: Step = step, heard: list[Heard] = heard) -> Script:
            heard.append(request)
            if callable(step.says):
                return step.says(request)
            return [step.says] if isinstance(step.says, bytes) else step.says

        running.origin.answers[target] = answered
        status, fields, body = await _ask(port, target, step)
        seen.append(Seen(status, fields, body, heard[0] if heard else None))
    return seen


async def _ask(port: int, target: str, step: Step) -> tuple[int, Mapping[str, str], bytes]:
    lines = [f"{step.method} {target} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in step.asks] + (
        ["Content-Length: 0"] if step.method == "POST" else []
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    try:
        async with asyncio.timeout(30):
            raw = await reader.read()
    except OSError:
        raw = b""
    finally:
        writer.close()
    while raw.startswith(b"HTTP/1.1 1"):
        raw = raw.partition(b"\r\n\r\n")[2]
    if not raw.startswith(b"HTTP/1."):
        return 0, {}, b""
    answer = http.client.HTTPResponse(_Socket(raw), method=step.method)  # type: ignore[arg-type]
    answer.begin()
    try:
        body = answer.read()
    except http.client.IncompleteRead:
        return 0, {}, b""
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


class _Socket:
    """Enough of a socket for the standard library's parser."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._raw)
