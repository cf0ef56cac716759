"""`gateway check`, `test` and `explain`: what operators ask before a reader meets a policy, and after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import policy_check_text, policy_more, policy_page, policy_tests, policy_text
from gateway.cli.cms import page_of
from gateway.cli.output import Json, err, say_json, write
from gateway.cli.policy_check import check_directory
from gateway.cli.policy_sets import located, located_in, moment, read_set
from gateway.cli.policy_tests import compare_snapshots
from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.content.files import DirectoryIndex, load_directory
from gateway.content.source import is_published
from gateway.errors import EvidenceError
from gateway.events import NoEvents
from gateway.geo.client_address import ClientAddress
from gateway.geo.evidence import Witnesses, load_witnesses
from gateway.geo.locate import locate, unknown_location
from gateway.geo.location import Location
from gateway.passage.judging import held, named
from gateway.policy.cases import no_such_article, original_of, parse_cases, run_case
from gateway.policy.coverage import coverage
from gateway.policy.decide import decide
from gateway.policy.model import PolicySet
from gateway.render.foreign.recognise import Recognised
from gateway.settings import Settings, load_settings

Directory = Annotated[Path | None, typer.Argument(metavar="[DIR]", help="The policies directory [GATEWAY_POLICIES].")]
Content = Annotated[
    str | None, typer.Option("--content", help="The content directory, or the URL of a CMS [GATEWAY_CONTENT].")
]


def register(application: typer.Typer) -> None:
    """Give the command its policy verbs."""
    application.command()(check)
    application.command("test")(run_cases)
    application.command()(explain)
    policy_more.register(application)


@dataclass(frozen=True, slots=True)
class Workbench:
    """What the verbs work on. `index` and `witnesses` are None where there is nothing to load."""

    settings: Settings
    directory: Path
    index: DirectoryIndex | None
    witnesses: Witnesses | None


def check(
    directory: Directory = None,
    content: Content = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write one page, who sees what, for counsel.")
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Also write a JUnit report.")] = None,
    as_json: Json = False,
) -> None:
    """Find everything that can be known before a reader meets it. Exit 1 on errors."""
    bench = _workbench(directory, content, sample=False)
    checked = check_directory(bench.directory, bench.settings, bench.index, bench.witnesses, datetime.now(UTC))
    failed = checked.failed(strict=strict)
    if html is not None:
        write(html, policy_page.page(checked, bench.index))
    if junit is not None:
        write(junit, policy_check_text.check_junit(checked, strict=strict))
    if as_json:
        say_json(policy_check_text.check_json(checked, failed=failed))
    else:
        policy_check_text.show_check(checked)
    raise typer.Exit(1 if failed else 0)


def run_cases(
    directory: Directory = None,
    content: Content = None,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Also write a JUnit report.")] = None,
    covered: Annotated[bool, typer.Option("--coverage", help="Also say what no case reaches.")] = False,
    snapshot: Annotated[
        bool,
        typer.Option("--snapshot", help="Also compare who sees what with tests/snapshots/; the first time, write it."),
    ] = False,
    update: Annotated[bool, typer.Option("--update", help="Take what changed into the snapshots.")] = False,
    as_json: Json = False,
) -> None:
    """Try the operators' cases in `tests/`. Exit 1 if one fails, or a snapshot is no longer true."""
    bench = _workbench(directory, content, sample=True)
    files, policies = read_set(bench.directory)
    parsed, wrong = parse_cases(files, policies.regions)
    cases = [replace(case, path=str(bench.directory / case.path)) for case in parsed]
    problems = located(wrong, bench.directory)
    now = datetime.now(UTC)
    outcomes = [run_case(case, policies, bench.index, bench.witnesses, now) for case in cases]
    reach = coverage(policies, outcomes, bench.index, bench.witnesses, now) if covered and bench.index else None
    seen = compare_snapshots(bench.directory, files, policies, update=update) if snapshot or update else None
    if junit is not None:
        write(junit, policy_text.junit(outcomes, problems))
    if as_json:
        more = {"coverage": policy_tests.coverage_json(reach)} if reach else {}
        more |= {"snapshots": policy_tests.snapshots_json(seen)} if seen else {}
        say_json(policy_text.test_json(outcomes, problems) | more)
    else:
        policy_text.show_test(outcomes, problems)
        if reach:
            policy_tests.show_coverage(reach, bench.directory)
        if seen:
            policy_tests.show_snapshots(seen)
    failed = bool(problems) or any(outcome.differences for outcome in outcomes) or bool(seen and seen.failed)
    raise typer.Exit(1 if failed else 0)


def explain(
    article: Annotated[str, typer.Argument(help="The article's slug; of a CMS's, its path.")],
    address: Annotated[str, typer.Option("--ip", metavar="IP", help="A reader at this address.")] = "",
    region: Annotated[str, typer.Option("--in", metavar="REGION", help="A reader certainly in a region or code.")] = "",
    unknown: Annotated[bool, typer.Option("--unknown", help="A reader whose place is unknown.")] = False,
    host: Annotated[str, typer.Option("--host", help="The name under which the reader arrived.")] = "",
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="Another moment, as 2026-11-01T00:00:00Z.")] = "",
    door: Annotated[Door, typer.Option("--door", help="The form in which the article leaves.")] = Door.HTML,
    directory: Annotated[Path | None, typer.Option("--policies", help="The policies directory.")] = None,
    content: Content = None,
    as_json: Json = False,
) -> None:
    """Say what one reader gets of one article, and why. Every policy is named: why it applies, or why not."""
    if sum((bool(address), bool(region), unknown)) != 1:
        raise typer.BadParameter("name exactly one of --ip, --in and --unknown")
    bench = _workbench(directory, content, sample=True)
    policies = read_set(bench.directory)[1]
    now = moment(at)
    facts, door, original, found = _asked_about(bench, article, door, policies)
    if region:
        location = located_in(region, policies)
    elif address:
        location = _looked_up(address, host, bench, policies, now)
    else:
        location = unknown_location(policies.regions, "hypothetical", host=host)
    decision = decide(policies, facts, location, door, now, original=original, whole_trace=True)
    if found is not None:
        decision = held(found, policies, decision)[1]
    published = is_published(facts, now)
    if as_json:
        say_json(policy_text.explain_json(facts, location, decision, now, policies.regions, published=published))
    else:
        policy_text.show_explain(facts, location, decision, now, policies.regions, published=published)


def _workbench(directory: Path | None, content: str | None, *, sample: bool) -> Workbench:
    """`sample`: fall back on the sample content where none is named; a check against it would prove nothing."""
    settings = load_settings({"policies": directory, "content": content})
    if not settings.policies.is_dir():
        raise typer.BadParameter(f"there is no directory {settings.policies}")
    index = None
    if not settings.origin and (sample or "content" in settings.model_fields_set):
        index = load_directory(settings.directory)
    try:
        witnesses = load_witnesses(settings.geoip, NoEvents())
    except EvidenceError as error:
        err.print(f"No evidence: {error}", markup=False)
        witnesses = None
    return Workbench(settings, settings.policies, index, witnesses)


def _asked_about(
    bench: Workbench, article: str, door: Door, policies: PolicySet
) -> tuple[Facts, Door, Facts | None, Recognised | None]:
    """An article's facts, its door, and of what it is a translation. A CMS is asked for the page as it is just now."""
    if bench.index is not None:
        facts = _article(bench.index, article)
        return facts, door, original_of(facts, bench.index), None
    if not article.startswith("/"):
        raise typer.BadParameter(
            f"the articles are at {bench.settings.origin}: name one by its path, as /news/{article}"
        )
    _, found = page_of(bench.settings, article)
    if found is None:
        raise typer.BadParameter(
            f"{bench.settings.origin}{article} is nothing that a policy could treat: it passes as it is"
        )
    found = named(found, policies)
    if not found.article:
        err.print(
            f"{article} is no article, as far as it says: it gets the notices and the protection of policies that mean "
            "every article, and is refused only where a policy blocks a pattern of paths that it fits."
        )
    return found.facts, found.door, None, found


def _article(index: DirectoryIndex, slug: str) -> Facts:
    facts = index.facts.get(slug)
    if facts is None:
        raise typer.BadParameter(no_such_article(slug, index.facts))
    return facts


def _looked_up(address: str, host: str, bench: Workbench, policies: PolicySet, now: datetime) -> Location:
    try:
        client = ClientAddress(ip_address(address.strip("[]")), "peer", "")
    except ValueError as error:
        raise typer.BadParameter(f"'{address}' is no address") from error
    if bench.witnesses is None:
        raise typer.BadParameter("there is no GeoIP database to look the address up in")
    return locate(client, host, bench.witnesses, policies.regions, policies.corrections, now)
