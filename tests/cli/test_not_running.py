"""What commands say that speak with a gateway, where none runs; and what a gateway leaves of itself when it ends."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from gateway.cli import application
from gateway.errors import AdminError
from tests.running import gateway

ADDRESSES = ("public-address", "admin-address")


def told(verb: str, state: Path) -> str:
    """What `main` would print of the error that the verb raises."""
    arguments = {"purge": ["--all"]}.get(verb, [])
    result: Result = CliRunner().invoke(application, [verb, *arguments, "--state", str(state)])
    assert isinstance(result.exception, AdminError), result.output
    return str(result.exception)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_gateway_that_stops_in_order_takes_its_addresses_back(tmp_path: Path, workers: str) -> None:
    with gateway(tmp_path, arguments=["--workers", workers]) as running:
        assert all((running.state / name).exists() for name in ADDRESSES)
        assert running.stop() == 0
        assert not any((running.state / name).exists() for name in ADDRESSES)
        assert told("reload", running.state).startswith(f"no gateway runs on {running.state}; start one with")


def test_after_a_crash_commands_say_that_the_gateway_is_gone_and_how_to_start_it(tmp_path: Path) -> None:
    with gateway(tmp_path) as running:
        where = (running.state / "admin-address").read_text().strip()
        running.stop(signal.SIGKILL)
        for verb in ("reload", "purge"):
            said = told(verb, running.state)
            assert f"the gateway on {running.state} isn't running: nobody listens at {where}" in said
            assert "start it with `gateway serve`" in said


def test_a_gateway_that_stops_leaves_alone_what_its_successor_wrote(tmp_path: Path) -> None:
    with gateway(tmp_path) as running:
        for name in ADDRESSES:
            (running.state / name).write_text("127.0.0.1:1\n")
        assert running.stop() == 0
        assert [(running.state / name).read_text() for name in ADDRESSES] == ["127.0.0.1:1\n"] * 2
