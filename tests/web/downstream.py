"""Real shared caches in front of a gateway, set up as anybody would who has never heard of regions."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.servers import free_port
from tests.web.wire import SITE

NGINX, VARNISH = shutil.which("nginx"), shutil.which("varnishd")

_NGINX = """
user root; daemon off; worker_processes 1; pid {directory}/pid; error_log {directory}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {directory}/body; proxy_temp_path {directory}/temp;
  fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
  proxy_cache_path {directory}/cache keys_zone=pages:1m;
  server {{
    listen 127.0.0.1:{port}; keepalive_requests 1000000;
    location / {{
      proxy_pass http://127.0.0.1:{upstream}; proxy_http_version 1.1;
      proxy_set_header Host {site}; proxy_set_header Connection ""; proxy_set_header X-Forwarded-For $http_x_reader;
      proxy_cache pages; proxy_cache_valid any 10m; proxy_cache_revalidate on; proxy_cache_use_stale updating;
      add_header X-Downstream $upstream_cache_status always;
    }}
  }}
}}
"""
_VARNISH = """
vcl 4.1;
backend default {{ .host = "127.0.0.1"; .port = "{upstream}"; }}
sub vcl_recv {{ set req.http.X-Forwarded-For = req.http.X-Reader; }}
sub vcl_deliver {{
  if (obj.hits > 0) {{ set resp.http.X-Downstream = "HIT"; }} else {{ set resp.http.X-Downstream = "MISS"; }}
}}
"""


@contextlib.contextmanager
def nginx(upstream: int, directory: Path) -> Iterator[int]:
    """Debian's nginx with `proxy_cache` and a validity for whatever does not say one; its port."""
    port, config = free_port(), directory / "nginx.conf"
    config.write_text(_NGINX.format(directory=directory, port=port, upstream=upstream, site=SITE))
    with started([str(NGINX), "-p", str(directory), "-c", str(config)], port, directory):
        yield port


@contextlib.contextmanager
def varnish(upstream: int, directory: Path) -> Iterator[int]:
    """Debian's Varnish with its built-in rules; its port."""
    port, config = free_port(), directory / "default.vcl"
    config.write_text(_VARNISH.format(upstream=upstream))
    command = [str(VARNISH), "-F", "-j", "none", "-n", str(directory / "n"), "-a", f"127.0.0.1:{port}"]
    with started([*command, "-f", str(config), "-s", "malloc,32m"], port, directory):
        yield port


@contextlib.contextmanager
def started(command: list[str], port: int, directory: Path) -> Iterator[None]:
    """A server that listens on this port; what it says is under `directory`."""
    with (directory / "console.txt").open("wb") as console:
        process = subprocess.Popen(command, stdout=console, stderr=console)
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        else:
            raise AssertionError((directory / "console.txt").read_text())
        yield
    finally:
        process.terminate()
        process.wait(20)
