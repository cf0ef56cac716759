"""The warm article: the gateway beside nginx at its best and a plain aiohttp service, on one core, in one run."""

from __future__ import annotations

import argparse
import contextlib
import gzip
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tests.benchmarks import load, nginx_best, peers, report
from tests.benchmarks.material import Material, make

SERVER_CORE, LOAD_CORE = 0, 1
GEOIP_MODULE = Path("/usr/lib/nginx/modules/ngx_http_geoip2_module.so")


def main() -> int:
    """Run, and print; 2 where something is missing, 1 where the servers do not serve the same."""
    given = _arguments()
    absent = [name for name in ("nginx", "wrk", "taskset") if not shutil.which(name)]
    absent += [] if GEOIP_MODULE.exists() else [str(GEOIP_MODULE)]
    if absent or (os.cpu_count() or 1) < 2:
        sys.stderr.write(f"the benchmark needs two cores and: {', '.join(absent) or 'nothing else'}; make packages\n")
        return 2
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-bench-")))
        directory.chmod(0o755)
        material = make(directory, readers=given.readers, articles=given.articles, characters=given.characters)
        gateway = stack.enter_context(peers.the_gateway(material, directory / "gateway", SERVER_CORE))
        pages = _pages(material, gateway)
        servers = [
            stack.enter_context(peers.nginx(material, pages, directory / "nginx", SERVER_CORE)),
            gateway,
            stack.enter_context(peers.aiohttp_and_redis(material, pages, directory / "aiohttp", SERVER_CORE)),
        ]
        if given.lanes:
            natural = peers.the_gateway(
                material, directory / "natural", SERVER_CORE, name="gateway, express off", express="off"
            )
            servers.insert(2, stack.enter_context(natural))
            _pages(material, servers[2])
        differing = differences(material, servers)
        if differing:
            sys.stderr.write("not measured, since the servers do not serve the same:\n" + "\n".join(differing) + "\n")
            return 1
        files = load.write_load(material, directory)
        rounds = measure(servers, files, given)
        wrong = {name: sum(run.wrong for run in runs) for name, runs in rounds.items()}
        plain = pages["plain", material.slugs[0], "gzip"].body
        facts: dict[str, object] = {
            "page": f"{len(gzip.decompress(plain)):,} bytes, {len(plain):,} as gzip, the same from each server",
            "readers": f"{given.readers:,} in {len({reader.country for reader in material.readers})} countries",
            "articles": given.articles,
            "connections": given.connections,
            "rounds": f"{given.rounds} interleaved, {given.seconds:g} s each",
            "cores": f"servers on {SERVER_CORE}, wrk on {LOAD_CORE}",
            "wrk busy at most": f"{max(run.busy for runs in rounds.values() for run in runs):.0%}",
            "wrong answers": sum(wrong.values()),
            "answers without a log line": _unlogged(servers, rounds),
        }
        found = report.rows(rounds)
        if given.svg:
            given.svg.write_text(report.as_svg(found, "Warm article, requests a second, relative to nginx at its best"))
        sys.stdout.write((report.as_json if given.json else report.as_text)(found, facts) + "\n")
        return 1 if any(wrong.values()) else 0


def _unlogged(servers: Sequence[peers.Peer], rounds: Mapping[str, Sequence[load.Measured]]) -> int:
    """Answers that left no line in their server's log, over all servers: a server that does not log does less."""
    time.sleep(2)  # each may hold lines back for a second
    return sum(max(0, sum(run.requests for run in rounds[server.name]) - server.lines()) for server in servers)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3, help="of each server in each round")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--readers", type=int, default=10_000, help="different addresses")
    parser.add_argument("--articles", type=int, default=10)
    parser.add_argument("--characters", type=int, default=8_000, help="of each article; 8,000 make a page of 14 kB")
    parser.add_argument("--lanes", action="store_true", help="measure the gateway without its express lane too")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--svg", type=Path, help="draw the ratios into this file")
    return parser.parse_args()


def _pages(material: Material, gateway: peers.Peer) -> nginx_best.Pages:
    """What the gateway sends each kind of reader: the others serve exactly these bytes. Asked twice: they are warm."""
    pages: dict[tuple[str, str, str], peers.Page] = {}
    for _ in range(2):
        for variant, reader in nginx_best.one_of_each(material.readers).items():
            for slug in material.slugs:
                for coding in ("gzip", "identity"):
                    page = peers.fetch(gateway.port, f"/articles/{slug}", reader, coding)
                    pages[variant, slug, coding] = page
    return pages


def differences(material: Material, servers: Sequence[peers.Peer], asked: int = 60) -> list[str]:
    """Readers who would not get the same page, coding and length from each server: there must be none."""
    found: list[str] = []
    for number, reader in enumerate(material.readers[:asked]):
        path = material.paths[number % len(material.paths)]
        answers = [peers.fetch(server.port, path, reader) for server in servers]
        first = answers[0]
        for server, answer in zip(servers, answers, strict=True):
            codings = (answer.headers.get("content-encoding"), first.headers.get("content-encoding"))
            if (answer.status, answer.body, codings[0]) != (200, first.body, codings[1]) or codings[0] != "gzip":
                found.append(f"{server.name}: {path} for {reader.country}-{reader.subdivision}: {answer.status}, "
                             f"{len(answer.body)} bytes as {codings[0]} instead of {len(first.body)}")  # fmt: skip
            missing = {*first.headers, *answer.headers} - {*answer.headers} - {"last-modified", "accept-ranges"}
            if missing:
                found.append(f"{server.name}: does not send {', '.join(sorted(missing))}")
    return found


def measure(
    servers: Sequence[peers.Peer], files: Sequence[str], given: argparse.Namespace
) -> dict[str, list[load.Measured]]:
    """Rounds in which every server has its turn, another first in each; all are warmed before."""
    rounds: dict[str, list[load.Measured]] = {server.name: [] for server in servers}
    for server in servers:
        load.run(server.port, files, seconds=2, connections=given.connections, core=LOAD_CORE)
    for number in range(given.rounds):
        for server in (*servers[number % len(servers) :], *servers[: number % len(servers)]):
            before = server.spent_seconds()
            run = load.run(server.port, files, seconds=given.seconds, connections=given.connections, core=LOAD_CORE)
            run = replace(run, server_seconds=server.spent_seconds() - before)
            rounds[server.name].append(run)
            sys.stderr.write(f"round {number + 1}: {server.name}: {run.rate:,.0f}/s\n")
    return rounds


if __name__ == "__main__":
    sys.exit(main())
