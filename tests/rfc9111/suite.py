"""What the public suite http-tests/cache-tests says of the gateway, nginx and Varnish: a command, outside CI.

`python -m tests.rfc9111.suite CHECKOUT [rfc9111|newsroom|nginx|Varnish …]`. CHECKOUT holds the suite with what `npm install`
brings; it needs Node. Prints figures, and what is not kept. A server takes about a minute.
"""

# ruff: noqa: T201  (a command)
from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.rfc9111.beside import GATEWAYS, SERVERS, one_server
from tests.servers import free_port
from tests.web.downstream import started

_NAMES = """
import suites from 'CHECKOUT/tests/index.mjs'
const names = new Set(['test-id', 'test-name', 'req-num'])
for (const suite of suites) for (const test of suite.tests) for (const request of test.requests) {
  for (const header of request.request_headers || []) names.add(header[0].toLowerCase())
}
console.log([...names].join(','))
"""
_SUMMARY = """
import fs from 'fs'
import suites from 'CHECKOUT/tests/index.mjs'
import { determineTestResult, resultTypes } from 'CHECKOUT/test-engine/lib/results.mjs'
const found = JSON.parse(fs.readFileSync('RESULTS')), counts = {}, rest = []
for (const suite of suites) for (const test of suite.tests) {
  if (test.browser_only) continue
  const result = determineTestResult(suites, test.id, found), kind = test.kind || 'required'
  const name = Object.keys(resultTypes).find(key => resultTypes[key] === result)
  counts[`${kind} ${name}`] = (counts[`${kind} ${name}`] || 0) + 1
  if (kind !== 'check' && name !== 'pass') rest.push(`  ${kind} ${name}: ${test.id} ${JSON.stringify(found[test.id])}`)
}
console.log(JSON.stringify(counts) + '\\n' + rest.join('\\n'))
"""
_NOT_TOLD = {"authorization", "cookie", "range", "cache-control", "pragma", "if-none-match", "if-modified-since"}
"""What the gateway passes on in its own way, or not at all."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.rfc9111.suite", description=__doc__)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("servers", nargs="*", default=SERVERS, choices=SERVERS)
    given = parser.parse_args()
    checkout = given.checkout.resolve()
    for name in given.servers:
        with tempfile.TemporaryDirectory() as place:
            directory = Path(place)
            directory.chmod(0o755)
            results = directory / "results.json"
            with _origin(checkout, directory) as upstream:
                told = {
                    "origin_passes": _names(checkout),
                    "origin_first_byte_seconds": "20",
                    "origin_total_seconds": "30",
                }
                with one_server(name, directory, upstream, **(told if name in GATEWAYS else {})) as port:
                    environment = {
                        "npm_config_base": f"http://127.0.0.1:{port}",
                        "npm_config_id": "",
                        "npm_package_config_id": "",
                    }
                    results.write_text(_node(checkout, ["--no-warnings", "test-engine/cli.mjs"], **environment))
            print(name, _script(checkout, _SUMMARY.replace("RESULTS", str(results))))


@contextlib.contextmanager
def _origin(checkout: Path, directory: Path) -> Iterator[int]:
    port = free_port()
    settings = {
        "npm_config_port": str(port),
        "npm_config_protocol": "http",
        "npm_config_pidfile": str(directory / "pid"),
    }
    environment = " ".join(f"{name}={value}" for name, value in settings.items())
    command = f"cd '{checkout}' && exec env {environment} node test-engine/server/server.mjs"
    with started(["sh", "-c", command], port, directory):
        yield port


def _names(checkout: Path) -> str:
    names = set(_script(checkout, _NAMES).strip().split(",")) - _NOT_TOLD
    return ",".join(sorted(names))


def _script(checkout: Path, text: str) -> str:
    return _node(checkout, ["--input-type=module", "-e", text.replace("CHECKOUT", str(checkout))])


def _node(checkout: Path, arguments: list[str], **environment: str) -> str:
    found = subprocess.run(
        ["node", *arguments],
        cwd=checkout,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return found.stdout


if __name__ == "__main__":
    main()
