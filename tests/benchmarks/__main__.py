"""The warm article, and what else is asked of a newsroom: the gateway beside nginx, Varnish and Python services.

Every server has one core, in one run, and is asked the same by a load on another core. Prints ratios.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tests.benchmarks import load, nginx_best, nginx_filter, others, peers, report, scenarios
from tests.benchmarks.material import Material, Reader, make
from tests.benchmarks.scenarios import Scenario

SERVER_CORE, LOAD_CORE = 0, 1
GEOIP_MODULE = Path("/usr/lib/nginx/modules/ngx_http_geoip2_module.so")
PROGRAMS = ("nginx", "wrk", "taskset", "varnishd", "varnishncsa")
SHARE_OF_PEAK = 0.7
WARM_UPS = 5
COLD_RATE = 50.0


def main() -> int:
    """Run, and print; 2 where something is missing, 1 where the servers do not serve the same."""
    given = _arguments()
    absent = [name for name in PROGRAMS if not shutil.which(name)]
    absent += [] if GEOIP_MODULE.exists() else [str(GEOIP_MODULE)]
    if absent or (os.cpu_count() or 1) < 2:
        sys.stderr.write(f"the benchmark needs two cores and: {', '.join(absent) or 'nothing else'}; make packages\n")
        return 2
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-bench-")))
        directory.chmod(0o755)
        long = max(1, given.articles // 10) if given.full else 0
        material = make(directory, readers=given.readers, articles=given.articles, long=long)
        servers, pages = stack.enter_context(running(material, directory, given))
        differing = differences(material, servers)
        if differing:
            sys.stderr.write(
                "not measured, since the servers do not serve the same:\n" + "\n".join(differing[:20]) + "\n"
            )
            return 1
        tables, asked, wrong, busy = {}, dict.fromkeys((server.name for server in servers), 0), 0, 0.0
        peaks: dict[str, float] = {}
        for scenario in scenarios.FULL if given.full else scenarios.USUAL:
            if given.only not in scenario.name:
                continue
            rounds = measure(servers, scenario, material, directory, given, peaks)
            tables[scenario.name] = report.rows(rounds)
            peaks = peaks or {row.server: row.rate for row in tables[scenario.name]}
            for name, runs in rounds.items():
                asked[name] += sum(run.requests for run in runs)
                wrong += sum(run.wrong for run in runs)
                busy = busy if scenario.at_rate or scenario.cold else max(busy, *(run.busy for run in runs))
        plain = pages["plain", material.slugs[0], "gzip"].body
        facts: dict[str, object] = {
            "page": f"{len(gzip.decompress(plain)):,} bytes, {len(plain):,} as gzip, the same from each server",
            "readers": f"{given.readers:,} in {len({reader.country for reader in material.readers})} countries",
            "articles": f"{given.articles}, as popular as Zipf has it",
            "connections": f"{given.connections}, where no other number is named",
            "rounds": f"{given.rounds} interleaved, {given.seconds} s each",
            "cores": f"servers on {SERVER_CORE}, load on {LOAD_CORE}",
            "wrk busy at most": f"{busy:.0%}",
            "wrong answers": wrong,
            "answers without a log line": _unlogged(servers, asked),
        }
        memory = {server.name: server.megabytes() for server in servers}
        if given.svg:
            title = "Requests a second on one core, relative to nginx with pre-rendered pages"
            drawn = {
                name: found for name, found in tables.items() if name in (scenarios.WARM.name, scenarios.UNCHANGED.name)
            }
            given.svg.write_text(report.as_svg(drawn, title))
        sys.stdout.write((report.as_json if given.json else report.as_text)(tables, memory, facts) + "\n")
        return 1 if wrong else 0


@contextlib.contextmanager
def running(
    material: Material, directory: Path, given: argparse.Namespace
) -> Iterator[tuple[list[peers.Peer], nginx_best.Pages]]:
    """All servers, the first of which the others are compared with; and what each reader gets from them."""
    core = SERVER_CORE
    with contextlib.ExitStack() as stack:
        start = stack.enter_context
        gateway = start(peers.the_gateway(material, directory / "gateway", core))
        pages = _pages(material, gateway)
        servers = [
            start(others.nginx("nginx, pre-rendered", nginx_best.write, material, pages, directory / "nginx", core)),
            gateway,
        ]
        if given.lanes:
            off = peers.the_gateway(material, directory / "natural", core, name="gateway, express off", express="off")
            servers.append(start(off))
            _pages(material, servers[-1])
        store = start(others.pages_in_redis(pages, directory / "valkey"))
        filtering = others.nginx(
            "nginx, sub_filter, gzip", nginx_filter.write, material, pages, directory / "filter", core
        )
        servers += [
            start(filtering),
            start(
                others.python_service("aiohttp, one Redis GET", "plain", store, material, directory / "aiohttp", core)
            ),
            start(
                others.python_service(
                    "Starlette, one Redis GET", "starlette_service", store, material, directory / "asgi", core
                )
            ),
        ]
        servers.append(start(others.varnish_before(servers[-1], material, directory / "varnish", core)))
        servers.append(start(others.bare(pages, material, directory / "bare", core)))
        yield servers, pages


def _unlogged(servers: Sequence[peers.Peer], asked: Mapping[str, int]) -> str | int:
    """Answers that left no line in their server's log, with its name: a server that does not log does less."""
    time.sleep(2)  # each may hold lines back for a second
    missing = {server.name: asked[server.name] - server.lines() for server in servers if server.log}
    return ", ".join(f"{count:,} of {name}" for name, count in missing.items() if count > 0) or 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="every scenario; takes an hour")
    parser.add_argument("--only", default="", metavar="WORDS", help="scenarios in whose name these stand")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="of each server in each round")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--readers", type=int, default=10_000, help="different addresses")
    parser.add_argument("--articles", type=int, default=100, help="of 14 kB; a tenth as many of 60 kB with --full")
    parser.add_argument("--lanes", action="store_true", help="measure the gateway without its express lane too")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--svg", type=Path, help="draw the ratios into this file")
    return parser.parse_args()


def _pages(material: Material, gateway: peers.Peer) -> nginx_best.Pages:
    """What the gateway sends each kind of reader: the others serve exactly these bytes. Asked twice: they are warm."""
    pages: dict[tuple[str, str, str], peers.Page] = {}
    for _ in range(2):
        for variant, reader in nginx_best.one_of_each(material.readers).items():
            for slug in material.warm:
                for coding in ("gzip", "identity"):
                    page = peers.fetch(gateway.port, f"/articles/{slug}", reader, coding)
                    pages[variant, slug, coding] = page
    return pages


def differences(material: Material, servers: Sequence[peers.Peer], asked: int = 60) -> list[str]:
    """Readers who would not get the same page, coding, length and fields from each server: there must be none. Of two
    less is asked, as their names say: sub_filter makes its own page of the plain one, and uvloop alone looks at nothing.
    """
    found: list[str] = []
    compared = [server for server in servers if not server.name.startswith(("nginx, sub_filter", "uvloop"))]
    for number, reader in enumerate(material.readers[:asked]):
        slug = material.warm[number % len(material.warm)]
        path = f"/articles/{slug}"
        answers = [peers.fetch(server.port, path, reader) for server in compared]
        first = answers[0]
        for server, answer in zip(compared, answers, strict=True):
            codings = (answer.headers.get("content-encoding"), first.headers.get("content-encoding"))
            if (answer.status, answer.body, codings[0]) != (200, first.body, codings[1]) or codings[0] != "gzip":
                found.append(f"{server.name}: {path} for {reader.country}-{reader.subdivision}: {answer.status}, "
                             f"{len(answer.body)} bytes as {codings[0]} instead of {len(first.body)}")  # fmt: skip
            missing = {*first.headers, *answer.headers} - {*answer.headers} - {"last-modified", "accept-ranges"}
            if missing:
                found.append(f"{server.name}: does not send {', '.join(sorted(missing))}")
        for server in servers:
            if server.name.startswith("nginx, sub_filter"):
                answer = peers.fetch(server.port, path, reader)
                warned = nginx_filter.NOTICE.encode() in gzip.decompress(answer.body)
                if answer.status != 200 or warned != (nginx_best.variant_of(reader) == "warned"):
                    found.append(f"{server.name}: {path} for {reader.country}: {answer.status}, warned: {warned}")
    return found


def measure(
    servers: Sequence[peers.Peer],
    scenario: Scenario,
    material: Material,
    directory: Path,
    given: argparse.Namespace,
    peaks: Mapping[str, float] | None = None,
) -> dict[str, list[load.Measured]]:
    """Rounds in which every server has its turn, another first in each. Unless there is one round only, all are warmed
    before and left alone until they rest, those who had work left then once more. At a share of each one's peak, where
    the scenario has a rate.
    """
    servers = [server for server in servers if not server.name.startswith(scenario.without)]
    asked = {server.name: _requests(server, scenario, material, directory) for server in servers}
    rounds: dict[str, list[load.Measured]] = {server.name: [] for server in servers}
    connections = scenario.connections or given.connections

    def run(server: peers.Peer, seconds: int) -> load.Measured:
        if scenario.cold:
            if server.purge:
                server.purge()
            whole = given.articles / COLD_RATE
            return load.run_at(
                COLD_RATE, server.port, asked[server.name], seconds=whole, connections=connections, core=LOAD_CORE
            )
        if scenario.at_rate and peaks:
            rate = SHARE_OF_PEAK * peaks[server.name]
            return load.run_at(rate, server.port, asked[server.name], seconds=seconds, connections=128, core=LOAD_CORE)
        return load.run(server.port, asked[server.name], seconds=seconds, connections=connections, core=LOAD_CORE)

    cold = servers if given.rounds > 1 and not scenario.cold else []
    for _ in range(WARM_UPS):
        for server in cold:
            run(server, given.seconds)
        cold = peers.let_rest(cold)
    for number in range(given.rounds):
        for server in (*servers[number % len(servers) :], *servers[: number % len(servers)]):
            before = server.spent_seconds()
            measured = run(server, given.seconds)
            measured = replace(measured, server_seconds=server.spent_seconds() - before)
            rounds[server.name].append(measured)
            sys.stderr.write(f"{scenario.name}, round {number + 1}: {server.name}: {measured.rate:,.0f}/s\n")
    return rounds


def _requests(server: peers.Peer, scenario: Scenario, material: Material, directory: Path) -> Path:
    """The scenario's requests for this server: they differ by its own entity tags."""
    tags: dict[tuple[str, str], str] = {}
    if scenario.unchanged:
        for variant, reader in nginx_best.one_of_each(material.readers).items():
            for slug in material.warm:
                page = peers.fetch(server.port, f"/articles/{slug}", reader)
                tags[variant, slug] = page.headers.get("etag", "")

    def tag(slug: str, reader: Reader) -> str:
        return tags[nginx_best.variant_of(reader), slug]

    name = f"{server.name}-{scenario.name}".replace("/", "-")
    return scenarios.write_requests(scenario, material, directory / name, tag)


if __name__ == "__main__":
    sys.exit(main())
