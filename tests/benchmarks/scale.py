"""How the gateway grows: with articles, policies, regions and workers. Start, memory, and the rate of the warm article.

`python -m tests.benchmarks.scale` prints four tables. Within a table all sizes run at once and are asked in turn, so
that a noisy minute touches them alike; ratios are to the smallest.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks import peers, report, scenarios
from tests.benchmarks.__main__ import LOAD_CORE, SERVER_CORE, measure
from tests.benchmarks.hits import share_of_hits
from tests.benchmarks.material import HOST, Material, make
from tests.running import POLICIES, Running, gateway

WORDS = ("river", "harbour", "council", "ferry", "market", "ledger", "bridge", "winter", "border", "letter", "village")
COUNTRIES = ("DE", "FR", "IN", "TR", "BR", "EG", "PL", "KE", "VN", "CA", "CL", "NO")
LANGUAGES = ("en", "en", "en", "de", "ru")
FIRST = datetime(2009, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Grown:
    """One size. Seconds from the command to readiness, without what an earlier start kept and with it; megabytes
    resident after the start, at most, and after the load. `hits`: the share of answers from a memory of the usual bound,
    where all articles are read; None where their number does not grow.
    """

    size: int
    first_start: float
    start: float
    resident_mb: float
    peak_mb: float
    loaded_mb: float
    rate: float
    ratio: float
    microseconds: float
    ratio_by_processor_time: float
    wrong: int
    hits: float | None


def main() -> int:
    """Measure, and print; 1 where an answer was wrong."""
    given = _arguments()
    if absent := [name for name in ("wrk", "taskset") if not shutil.which(name)]:
        sys.stderr.write(f"needed: {', '.join(absent)}; make packages\n")
        return 2
    tables: dict[str, list[Grown]] = {}
    with tempfile.TemporaryDirectory(prefix="gateway-scale-") as name:
        directory = Path(name)
        material = make(directory / "material", readers=given.readers, articles=10)
        for kind in ("articles", "policies", "regions", "workers"):
            if sizes := getattr(given, kind):
                tables[kind] = _table(kind, sizes, material, directory, given)
    said = json.dumps({kind: [asdict(row) for row in rows] for kind, rows in tables.items()}, indent=1)
    sys.stdout.write(said + "\n" if given.json else "\n\n".join(_as_text(*item) for item in tables.items()) + "\n")
    return 1 if any(row.wrong for rows in tables.values() for row in rows) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scale", description=__doc__)
    for kind, sizes in (
        ("articles", [100, 1000, 10_000, 100_000]),
        ("policies", [10, 100, 1000, 10_000]),
        ("regions", [10, 100, 1000]),
        ("workers", [1, 2]),
    ):
        parser.add_argument(f"--{kind}", type=int, nargs="*", default=sizes)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each size in each round")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--readers", type=int, default=2_000, help="different addresses")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _table(
    kind: str, sizes: Sequence[int], material: Material, directory: Path, given: argparse.Namespace
) -> list[Grown]:
    with contextlib.ExitStack() as stack:
        starts, servers, running, slugs = [], [], [], []
        for size in sizes:
            home = directory / f"{kind}-{size}"
            home.mkdir(parents=True)
            content, policies = material.content, POLICIES
            if kind == "articles":
                content = write_articles(home / "content", material, size)
            elif kind == "policies":
                policies = write_policies(home / "policies", size)
            elif kind == "regions":
                policies = write_regions(home / "policies", size)
            workers = size if kind == "workers" else 1
            sys.stderr.write(f"{kind}: {size:,}\n")
            with _started(home, material, content, policies, workers) as (_, first_start):
                pass
            one, start = stack.enter_context(_started(home, material, content, policies, workers))
            time.sleep(2)
            starts.append((first_start, start, *_megabytes(one)))
            pids = (one.process.pid,)
            if kind != "workers":
                peers.pin(one.process.pid, SERVER_CORE)
            servers.append(peers.Peer(f"{size:,}", one.port, pids, one.log))
            running.append(one)
            slugs.append([file.stem for file in sorted(content.glob("articles/*/*.md"))])
        rounds = measure(servers, scenarios.WARM, material, directory, given)
        rows = {row.server: row for row in report.rows(rounds)}
        found = []
        for size, server, one, started, named in zip(sizes, servers, running, starts, slugs, strict=True):
            row = rows[server.name]
            first_start, start, resident, peak = started
            loaded, most = _megabytes(one)
            hits = share_of_hits(one, named, material, directory, LOAD_CORE) if kind == "articles" else None
            found.append(
                Grown(size, first_start, start, resident, max(peak, most), loaded, row.rate, row.ratio,
                      row.microseconds, row.ratio_by_processor_time, sum(run.wrong for run in rounds[server.name]), hits)
            )  # fmt: skip
        return found


@contextlib.contextmanager
def _started(
    home: Path, material: Material, content: Path, policies: Path, workers: int
) -> Iterator[tuple[Running, float]]:
    """A gateway, and how long it took from the command to readiness. The home keeps what one start leaves the next."""
    began = time.monotonic()
    settings = {"geoip": str(material.geoip), "base_url": f"https://{HOST}"}
    with gateway(home, content=content, policies=policies, arguments=["--workers", str(workers)], **settings) as one:
        yield one, time.monotonic() - began


def _megabytes(one: Running) -> tuple[float, float]:
    """Resident now and at most, of the largest process (proc(5)): of a worker, where there are several."""
    pids = [one.process.pid, *peers._children(one.process.pid)]
    fields: list[Mapping[str, str]] = []
    for pid in pids:
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            fields.append(dict(line.split(":", 1) for line in lines))
    python = [found for found in fields if "python" in found["Name"]]
    now, most = (max(int(found[name].split()[0]) / 1024 for found in python) for name in ("VmRSS", "VmHWM"))
    return now, most


def write_articles(root: Path, material: Material, count: int, seed: int = 1) -> Path:
    """So many articles: the material's, which are asked for, and others around them, each with a picture."""
    chance = random.Random(seed)
    shutil.copytree(material.content, root)
    (root / "media").mkdir(exist_ok=True)
    pictures = [f"photo-{number}.svg" for number in range(max(1, min(200, count // 10)))]
    for picture in pictures:
        (root / "media" / picture).write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
        (root / "media" / f"{picture}.yaml").write_text("rights: [worldwide]\ncredit: Ada Quill\n")
    for language in set(LANGUAGES):
        (root / "articles" / language).mkdir(parents=True, exist_ok=True)
    for number in range(count - len(material.slugs)):
        said = [chance.choice(WORDS) for _ in range(160)]
        slug = f"{'-'.join(said[:3])}-{number}"
        (root / "articles" / LANGUAGES[number % len(LANGUAGES)] / f"{slug}.md").write_text(
            f"---\ntitle: {' '.join(said[3:10]).capitalize()}\nkicker: {said[10].capitalize()}\ndateline: OSTERBY\n"
            f"summary: {' '.join(said[10:30]).capitalize()}.\n"
            f"published: {(FIRST + timedelta(minutes=80 * number)).isoformat()}\n"
            f"authors: [{chance.choice(['Ada Quill', 'Mina Olsen', 'Ivo Ruk'])}]\n"
            f"section: {chance.choice(['world', 'culture', 'economy', 'politics'])}\ntags: [{said[30]}, {said[31]}]\n"
            f"image: {{src: {pictures[number % len(pictures)]}, caption: A photo, credit: Ada, alt: A photo}}\n"
            f"---\n{' '.join(said)}.\n\n{' '.join(reversed(said))}.\n"
        )
    return root


def write_policies(root: Path, count: int) -> Path:
    """The sample policies, and as many others as are missing: orders against one article each, in some country."""
    shutil.copytree(POLICIES, root, ignore=shutil.ignore_patterns("tests"))
    for number in range(count - len(list(root.glob("*.yaml"))) + 1):  # regions.yaml is no policy
        _order(root, number, COUNTRIES[number % len(COUNTRIES)])
    return root


def write_regions(root: Path, count: int) -> Path:
    """The sample policies, and so many regions of two countries each, all of which a policy names."""
    shutil.copytree(POLICIES, root, ignore=shutil.ignore_patterns("tests"))
    regions = (root / "regions.yaml").read_text()
    for number in range(count):
        first, second = COUNTRIES[number % len(COUNTRIES)], COUNTRIES[number * 7 // 3 % len(COUNTRIES)]
        regions += f"  bench-{number}: {{countries: [{', '.join(dict.fromkeys((first, second)))}]}}\n"
    (root / "regions.yaml").write_text(regions)
    _order(root, 0, ", ".join(f"bench-{number}" for number in range(count)))
    return root


def _order(root: Path, number: int, where: str) -> None:
    (root / f"order-{number:05}.yaml").write_text(
        f"policy: order-{number:05}\ntitle: Order {number}\nstate: active\n"
        f"basis: [{{kind: order, authority: A court, act: Order {number}, since: 2026-01-01}}]\n"
        f"owner: legal@newsroom.example\nreview_by: 2031-01-01\n"
        f"readers: {{in: [{where}]}}\narticles: {{slugs: [ordered-{number}]}}\n"
        "do:\n  - block: {notice: withdrawn-by-court}\n"
    )


def _as_text(kind: str, rows: Sequence[Grown]) -> str:
    """A Markdown table that is also legible in a terminal."""
    lines = [
        f"| {kind:>8} | first start s | start s | RSS MB | peak MB | loaded MB | requests/s | ratio | CPU µs | by CPU | hits |",
        f"|{'-' * 9}:|--------------:|--------:|-------:|--------:|----------:|-----------:|------:|-------:|-------:|-----:|",
    ]
    lines += [
        f"| {row.size:8,} | {row.first_start:13.1f} | {row.start:7.1f} | {row.resident_mb:6.0f} | {row.peak_mb:7.0f} | "
        f"{row.loaded_mb:9.0f} | {row.rate:10,.0f} | {row.ratio:5.2f} | {row.microseconds:6.1f} | "
        f"{row.ratio_by_processor_time:6.2f} | {'' if row.hits is None else format(row.hits, '.0%'):>4} |"
        for row in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
