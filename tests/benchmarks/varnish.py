"""Varnish, for scale: every page in its memory, the readers to be warned in an access list, a JSON line for each request.

Debian has no GeoIP for it, so the list stands for the look-up. `varnishncsa` writes the log, on the same core.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.material import Material
from tests.benchmarks.nginx_best import variant_of
from tests.servers import free_port

NAME = "n"
VARNISHD = shutil.which("varnishd")

VCL = """
vcl 4.1;
import std;
backend service {{ .host = "127.0.0.1"; .port = "{upstream}"; }}
acl warned {{ {networks} }}
sub vcl_recv {{
  set req.http.X-Reader = regsub(req.http.X-Forwarded-For, ", .*$", "");  # behind it, Varnish has put the peer's
  set req.http.X-Variant = "plain";
  if (std.ip(req.http.X-Reader, "0.0.0.0") ~ warned) {{ set req.http.X-Variant = "warned"; }}
  return (hash);
}}
sub vcl_hash {{ hash_data(req.http.X-Variant); }}
sub vcl_backend_fetch {{ set bereq.http.X-Forwarded-For = bereq.http.X-Reader; }}
sub vcl_backend_response {{ set beresp.ttl = 1h; set beresp.uncacheable = false; unset beresp.http.Vary; return (deliver); }}
"""
LINE = (
    '{"@timestamp":"%{%Y-%m-%dT%H:%M:%S}t.000Z","log.level":"info","ecs.version":"8.17.0","event.action":"request",'
    '"event.duration":%D,"service.name":"gateway","service.version":"0.1.0","http.request.method":"%m",'
    '"http.response.status_code":%s,"http.response.body.bytes":"%b","url.path":"%U",'
    '"gateway.decision.fingerprint":"%{X-Variant}i","gateway.cache.status":"%{Varnish:handling}x"}'
)


@contextlib.contextmanager
def running(material: Material, upstream: int, directory: Path) -> Iterator[tuple[int, list[subprocess.Popen[bytes]]]]:
    """In front of one of the other services; its port and its processes."""
    directory.mkdir(parents=True, exist_ok=True)
    port, config, log = free_port(), directory / "default.vcl", directory / "access.log"
    networks = (reader.address.rpartition(".")[0] for reader in material.readers if variant_of(reader) == "warned")
    config.write_text(VCL.format(upstream=upstream, networks=" ".join(f'"{name}.0"/24;' for name in networks)))
    name = directory / NAME
    commands = (
        [str(VARNISHD), "-F", "-j", "none", "-n", str(name), "-a", f"127.0.0.1:{port}", "-f", str(config),
         "-s", "malloc,512m", "-p", "thread_pools=1", "-p", "thread_pool_min=600"],
        ["varnishncsa", "-n", str(name), "-F", LINE, "-w", str(log), "-t", "20"],
    )  # fmt: skip
    started: list[subprocess.Popen[bytes]] = []
    with (directory / "console.txt").open("wb") as console:
        try:
            for command in commands:
                started.append(subprocess.Popen(command, stdout=console, stderr=console))
                time.sleep(1)
            yield port, started
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait(20)


def purge(directory: Path) -> None:
    """Nothing that it holds is served any more."""
    command = ["varnishadm", "-n", str(directory / NAME), "ban", "req.url ~ ."]
    subprocess.run(command, check=True, capture_output=True)
