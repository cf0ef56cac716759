"""`gateway geo`: ask the evidence, see its state and coverage, and what it means for readers."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import geo_files
from gateway.cli.geo_common import Geoip, Policies, known_regions, paths_of, progress
from gateway.cli.output import Json, say, say_json
from gateway.events import NoEvents
from gateway.geo.client_address import UNPARSABLE, ClientAddress, parse_address, unwrapped
from gateway.geo.compare import compare as compare_readers
from gateway.geo.coverage import Coverage, coverage
from gateway.geo.evidence import load_witnesses
from gateway.geo.locate import locate
from gateway.geo.location import Location
from gateway.geo.maxmind import Database, Operators
from gateway.geo.region import Standing
from gateway.geo.sources import Source

application = typer.Typer(help="Ask the GeoIP evidence, see its state, build it, update it.", no_args_is_help=True)

OLD_DAYS = 30


@application.command()
def lookup(
    addresses: Annotated[list[str] | None, typer.Argument(metavar="[IP…]", help="Else one a line on stdin.")] = None,
    policies: Policies = None,
    geoip: Geoip = "",
    as_json: Json = False,
) -> None:
    """Say what the evidence says of an address, and its standings. Exit 1 if something given is no address."""
    witnesses = load_witnesses(paths_of(geoip), NoEvents())
    known = known_regions(policies)
    strange = 0
    for text in addresses or (line.strip() for line in sys.stdin if line.strip()):
        parsed = parse_address(text)
        client = ClientAddress(unwrapped(parsed), "peer") if parsed else ClientAddress(None, "none", UNPARSABLE)
        strange += parsed is None
        location = locate(client, "", witnesses, known.regions, known.corrections, datetime.now(UTC))
        if as_json:
            typer.echo(json.dumps(_as_json(text, location), ensure_ascii=False))
        else:
            _print(text, location)
    raise typer.Exit(1 if strange else 0)


@application.command()
def status(
    geoip: Geoip = "",
    fast: Annotated[bool, typer.Option("--fast", help="Leave out coverage, which walks the whole file.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Old evidence is a finding: exit 1.")] = False,
    as_json: Json = False,
) -> None:
    """Say how old each source is, and what it covers. Its licence, too, and the labels that were not understood."""
    witnesses = load_witnesses(paths_of(geoip), NoEvents())
    now = datetime.now(UTC)
    results = []
    for database in witnesses.databases:
        with progress() as step:
            step(f"walking {database.info.name}", 0)
            covered = () if fast else coverage(database)
        results.append(_status(database, {found.source: found for found in covered}, now))
    old = [entry for result in results for entry in _sources(result) if _age(entry) > OLD_DAYS]
    if as_json:
        say_json(results)
    else:
        for result in results:
            _print_status(result)
        for entry in old:
            what = f"{entry['name']}: {entry['age_days']} days old"
            say(f"{what}; bring newer data with `gateway geo update`", style="yellow")
    raise typer.Exit(1 if strict and old else 0)


@application.command()
def compare(
    policies: Policies = None,
    geoip: Geoip = "",
    asn: Annotated[Path | None, typer.Option("--asn", help="An ASN database, to tell network operators apart.")] = None,
    as_json: Json = False,
) -> None:
    """Count the readers that a plain "Russia" rule would have missed.

    Reads addresses, or an access log, on standard input, and says how many readers `country == "RU"` would have warned,
    and how many these policies do. Stores nothing and prints no address.
    """
    witnesses = load_witnesses(paths_of(geoip), NoEvents())
    known = known_regions(policies)
    found = compare_readers(sys.stdin, witnesses, known, Operators(asn) if asn else None, datetime.now(UTC))
    if as_json:
        say_json(asdict(found))
        return
    say(f"{found.lines} lines, {found.readers} with an address ({found.unknown} of them at an unknown place)")
    say(f'country == "RU" would warn, by source: {", ".join(f"{name} {count}" for name, count in found.naive.items())}')
    say(f"With {known.title}: {found.warned} warned, {found.added} of them missed by the rule on {found.baseline},")
    say(f"and {found.dropped} whom the rule would have warned are not.")
    if not asn:
        say("By network operator: unknown; name an ASN database with --asn.")
    for operator, naive, warned in found.operators[:20] if asn else ():
        say(f"  {operator:40.40} naive {naive:8}  policies {warned:8}")


for verb in (geo_files.build, geo_files.diff, geo_files.update):
    application.command()(verb)


def _as_json(text: str, location: Location) -> dict[str, object]:
    found: dict[str, object] = {
        "address": text,
        "evidence": [
            {"source": place.source, "country": place.country, "subdivision": place.subdivision}
            | ({"registered": place.registered} if place.registered else {})
            for place in location.evidence
        ],
        "regions": {name: str(value) for name, value in location.standings.items()},
    }
    if location.unknown:
        found["unknown"] = location.unknown
    if location.corrected:
        found["corrected"] = location.corrected
    return found


def _print(text: str, location: Location) -> None:
    say(text, style="bold")
    for place in location.evidence:
        registered = f", registered in {place.registered}" if place.registered else ""
        say(f"  {place.source:24} {place.subdivision or place.country}{_under(place)}{registered}")
    if location.unknown:
        say(f"  unknown: {location.unknown}")
    if location.corrected:
        say(f"  corrected: {location.corrected}")
    standings = {name: value for name, value in location.standings.items() if value is not Standing.OUTSIDE}
    say("  " + (", ".join(f"{name} {value}" for name, value in standings.items()) or "outside every region"))


def _under(place: object) -> str:
    subdivision, country = getattr(place, "subdivision", None), getattr(place, "country", "")
    return f" (printed under {country})" if subdivision and not subdivision.startswith(country) else ""


def _status(database: Database, covered: dict[str, Coverage], now: datetime) -> dict[str, object]:
    info = database.info
    return {
        "name": info.name,
        "path": info.path,
        "kind": info.kind,
        "built": info.built.isoformat(),
        "bytes": info.size_bytes,
        "nodes": info.nodes,
        "ip_version": info.ip_version,
        "licence": info.licence,
        "subdivisions": info.has_subdivisions,
        "sources": [_source(source, covered.get(source.name), now) for source in info.sources],
    }


def _source(source: Source, covered: Coverage | None, now: datetime) -> dict[str, object]:
    entry: dict[str, object] = {
        "name": source.name,
        "title": source.title,
        "built": source.built.isoformat() if source.built else None,
        "age_days": (now - source.built).days if source.built else None,
        "licence": source.licence,
        "link": source.link,
        "not_understood": list(covered.not_understood if covered else source.not_understood),
    }
    if covered:
        entry["coverage"] = {
            "ipv4": round(covered.ipv4, 4),
            "subdivided": {country: round(share, 4) for country, share in covered.subdivided.items()},
        }
    return entry


def _sources(result: dict[str, object]) -> Iterable[dict[str, object]]:
    sources = result["sources"]
    return sources if isinstance(sources, list) else []


def _age(entry: dict[str, object]) -> int:
    age = entry["age_days"]
    return age if isinstance(age, int) else 0


def _licence(entry: dict[str, object]) -> str:
    return str(entry["licence"] or "licence unknown")


def _print_status(result: dict[str, object]) -> None:
    say(f"{result['name']} ({result['path']})", style="bold")
    say(f"  {result['kind']}, {result['nodes']} nodes, {result['bytes']} bytes, {_licence(result)}")
    for entry in _sources(result):
        say(f"  {entry['name']}: {entry['title']}, {entry['age_days']} days old, {_licence(entry)}")
        covered = entry.get("coverage")
        if isinstance(covered, dict):
            shares = ", ".join(f"{country} {share:.0%}" for country, share in covered["subdivided"].items())
            say(f"    answers for {covered['ipv4']:.1%} of IPv4; subdivision known: {shares or 'nowhere'}")
        strange = entry["not_understood"]
        if isinstance(strange, list) and strange:
            say(f"    not understood: {', '.join(map(str, strange[:20]))}")
