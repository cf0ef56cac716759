"""`gateway geo build`, `diff` and `update`: make evidence, compare it, bring it up to date."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.geo_common import progress
from gateway.cli.output import Json, say, say_json
from gateway.geo.build_apart import build_apart
from gateway.geo.difference import difference
from gateway.geo.maxmind import open_database
from gateway.geo.report import Report
from gateway.geo.update import update as update_file
from gateway.settings import load_settings

SHOWN_MOVES = 30


def build(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE…", help="PATH, or NAME=PATH[,PATH]: MMDB files or tor-geoipdb's text."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the evidence file goes.")],
    as_json: Json = False,
) -> None:
    """Fuse databases into one evidence file. An ordinary MMDB; says what each adds, and what hearing them all costs."""
    began = time.monotonic()
    with progress() as step:
        found = build_apart(sources, output, step)
    seconds, size = time.monotonic() - began, output.stat().st_size
    if as_json:
        say_json({**asdict(found), "output": str(output), "bytes": size, "seconds": round(seconds, 1)})
        return
    say(f"{output}: {size / 1e6:.1f} MB, {found.ranges_v4} IPv4 and {found.ranges_v6} IPv6 ranges, {seconds:.0f} s")
    _print_report(found)


def diff(
    old: Annotated[Path, typer.Argument(help="The file in service.")],
    new: Annotated[Path, typer.Argument(help="The file that may replace it.")],
    as_json: Json = False,
) -> None:
    """Say what moved between two GeoIP files. In IPv4 addresses: an estimate, for readers are not spread evenly."""
    before, after = open_database(old), open_database(new)
    with progress() as step:
        step("comparing", 0)
        found = difference(before, after)
    if as_json:
        say_json(asdict(found))
        return
    share = found.moved / found.compared if found.compared else 0
    say(
        f"{before.info.built:%Y-%m-%d} → {after.info.built:%Y-%m-%d}: {_count(found.moved)} of {_count(found.compared)}"
    )
    say(f"IPv4 addresses moved ({share:.2%}; an estimate of readers)")
    for was, becomes, weight in found.moves[:SHOWN_MOVES]:
        say(f"  {was:>9} → {becomes:9} {_count(weight):>14}")
    if len(found.moves) > SHOWN_MOVES:
        say(f"  and {len(found.moves) - SHOWN_MOVES} smaller moves; all of them with --json")


def update(
    source: Annotated[
        str,
        typer.Argument(help="A file, a directory that geoipupdate keeps, a URL, or `dbip` for DB-IP's monthly file."),
    ],
    into: Annotated[
        Path | None, typer.Option("--into", help="Where the file is kept [geoip in the state directory].")
    ] = None,
    allow_older: Annotated[bool, typer.Option("--allow-older", help="Yes, back to older data.")] = False,
    as_json: Json = False,
) -> None:
    """Install newer data, checked whole. Fetched, opened, put in place at once; a gateway that serves it notices."""
    with progress() as step:
        step("fetching and checking", 0)
        found = update_file(source, into or load_settings({}).state / "geoip", allow_older=allow_older)
    info = found.info
    if as_json:
        say_json(
            {
                "installed": str(found.installed),
                "changed": found.changed,
                "name": info.name,
                "built": info.built.isoformat(),
                "replaced": found.replaced.built.isoformat() if found.replaced and found.changed else None,
                "licence": info.licence,
            }
        )
        return
    if not found.changed:
        say(f"{found.installed} is what {source} holds: data of {info.built:%Y-%m-%d}, nothing changed.")
        return
    was = f" (before: {found.replaced.built:%Y-%m-%d})" if found.replaced else ""
    say(f"{found.installed}: data of {info.built:%Y-%m-%d}{was}, {info.nodes} nodes, checked whole.")
    say(f"In service where GATEWAY_GEOIP names it: GATEWAY_GEOIP={found.installed}")


def _print_report(found: Report) -> None:
    say(f"{_count(found.covered)} IPv4 addresses; sources name different countries for {_count(found.disputed)}")
    say("")
    say(f"{'source':24} {'answers for':>14} {'RU or the six':>14} {'only it':>10} {'the six':>10} {'only it':>10}")
    for source in found.sources:
        numbers = (source.answers, source.in_realm, source.only_it, source.in_six, source.six_only_it)
        widths = (14, 14, 10, 10, 10)
        columns = " ".join(f"{_count(number):>{width}}" for number, width in zip(numbers, widths, strict=True))
        say(f"{source.name:24.24} {columns}")
    say("")
    say("Disagreement over the country, of addresses for which both answer:")
    for first, second, answered, differ in found.pairs:
        say(f"  {first} and {second}: {_count(differ)} ({differ / answered if answered else 0:.1%})")
    say("")
    say("Standing in Russia or what it controls, by where most sources put the address:")
    for home, levels in found.standings.items():
        listed = ", ".join(f"{level} {_count(count)}" for level, count in levels.items())
        say(f"  {home:10} {listed}")
    ukraine, elsewhere = (_count(found.standings[home]["possible"]) for home in ("UA", "elsewhere"))
    say(f"The price: {ukraine} addresses in Ukraine and {elsewhere} elsewhere become possible.")


def _count(number: int) -> str:
    return f"{number:,}".replace(",", " ")
