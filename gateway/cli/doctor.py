"""`gateway doctor`: the self-test. Gathers facts from settings, files, Redis and the running gateway; judges none."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cache.redis_probe import ask, node_name
from gateway.cache.valkey import EmbeddedValkey
from gateway.cli.cms import answers_of
from gateway.cli.output import Json, out, say_json
from gateway.doctor.address import address_source, arrivals, lists_of_ranges, refused, ways_past
from gateway.doctor.check import Check, Status, failed
from gateway.doctor.cms import cms
from gateway.doctor.evidence import evidence
from gateway.doctor.machine import SECRET_FILES, Entry, Ground, http_parser, running, state_directory
from gateway.doctor.numbers import numbers_of
from gateway.doctor.rules import policies
from gateway.doctor.store import StoreFacts, clock, redis, signing_key
from gateway.errors import EvidenceError, GatewayError, PolicyError, Problem
from gateway.events import NoEvents
from gateway.geo.evidence import load_witnesses
from gateway.policy.loading import read_and_parse
from gateway.policy.model import PolicySet
from gateway.settings import Settings, load_settings
from gateway.state import StateDirectory
from gateway.web.server import assert_strict_parser

ANSWER_SECONDS = 5
STYLES = {Status.OK: "green", Status.WARNING: "yellow", Status.FAILED: "bold red"}


def doctor(
    state: Annotated[
        Path | None, typer.Option("--state", help="The gateway's state directory [GATEWAY_STATE].")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A YAML file of settings; the environment goes before it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Look at everything that commonly goes wrong.

    Whose address is looked up, databases, Redis, policies, clock, keys, the CMS.

    Exit 1 if something failed; warnings alone are 0.
    """
    settings = load_settings({"state": state}, config=config)
    found = list(_checks(settings, datetime.now(UTC)))
    well = all(check.status is not Status.FAILED for check in found)
    if as_json:
        say_json({"well": well, "checks": [asdict(check) for check in found]})
    else:
        for check in found:
            _show(check)
    raise typer.Exit(0 if well else 1)


def _checks(settings: Settings, now: datetime) -> Iterator[Check]:
    directory = StateDirectory(settings.state)
    trusted = settings.proxies
    yield from address_source(trusted, settings.presets, settings.base_url)
    required = settings.require_trusted_peer == "on"
    yield from lists_of_ranges(settings.presets, now.date(), required=required)
    yield from ways_past(settings.presets, required=required, secret=settings.front_secret is not None)
    readiness, numbers = _running(directory, settings.admin_token.get_secret_value())
    if numbers is not None:
        yield from arrivals(numbers_of(numbers), trusted)
        yield from refused(numbers_of(numbers))
    if settings.origin:
        yield from cms(*answers_of(settings))
    rules, problems = _rules(settings)
    try:
        witnesses = load_witnesses(settings.geoip, NoEvents())
    except EvidenceError as error:
        yield failed("evidence", str(error), "The gateway does not start without it.", "`gateway geo update`")
    else:
        yield from evidence(witnesses, list(rules.regions.values()) if rules else [], now)
    yield from policies(rules, problems, str(settings.policies), now)
    facts = _store(settings, directory)
    yield from redis(facts)
    yield clock(facts)
    yield signing_key(facts)
    yield from state_directory(_ground(settings.state), str(settings.state))
    yield http_parser(strict=_strict())
    yield running(readiness, str(settings.state))


def _rules(settings: Settings) -> tuple[PolicySet | None, list[Problem]]:
    try:
        _, parsed = read_and_parse(settings.policies, frozenset(settings.redirect_hosts))
    except PolicyError as error:
        return None, list(error.problems)
    return parsed.policies, list(parsed.problems)


def _store(settings: Settings, directory: StateDirectory) -> StoreFacts:
    """What Redis says. A node that has no key yet is not given one by being looked at."""
    given = settings.redis_url.get_secret_value()
    url = given or EmbeddedValkey(settings.state, NoEvents()).url
    kept = settings.state / "signing-key"
    own = settings.signing_key.get_secret_value()
    key = directory.signing_key(own) if own or kept.exists() else None
    facts: dict[str, Any] = asyncio.run(ask(url, node_name(settings.state), key))
    return StoreFacts(url, embedded=not given, **facts)


def _ground(state: Path) -> Ground | None:
    try:
        paths = [state, *(state / name for name in SECRET_FILES if (state / name).exists())]
        entries = [Entry(str(path), path.stat().st_mode, path.stat().st_uid) for path in paths]
        return Ground(entries, os.getuid(), shutil.disk_usage(state).free)
    except OSError:
        return None


def _strict() -> bool:
    try:
        assert_strict_parser()
    except GatewayError:
        return False
    return True


def _running(state: StateDirectory, given_token: str) -> tuple[object, object]:
    """What /readyz and /metrics.json of the gateway on this state directory answer; None where nobody does."""
    try:
        host, _, port = state.admin_address.read_text("ascii").strip().rpartition(":")
        connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=ANSWER_SECONDS)
        token = state.admin_token(given_token)
        answers = []
        for path in ("/readyz", "/metrics.json"):
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            response = connection.getresponse()
            told = json.loads(response.read() or b"null")
            answers.append(told if response.status in (200, 503) else None)
        return answers[0], answers[1]
    except (OSError, ValueError, http.client.HTTPException):
        return None, None


def _show(check: Check) -> None:
    out.print(f"{check.status:8}", style=STYLES[check.status], end="")
    out.print(f"{check.name}: {check.what}", markup=False)
    for label, text in (("why", check.why), ("do", check.remedy)):
        if text:
            out.print(f"{'':8}  {label + ':':4} {text}", style="dim" if label == "why" else None, markup=False)
