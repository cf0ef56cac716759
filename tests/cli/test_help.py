"""What `gateway --help` says to somebody who sees it for the first time, on a terminal of 80 columns."""

from __future__ import annotations

import pytest
import typer.main
from typer.testing import CliRunner

from gateway.cli import application

NARROW = {"COLUMNS": "80", "TERM": "dumb"}


@pytest.mark.parametrize("group", ["", "geo"])
def test_each_command_is_summed_up_by_a_whole_line(group: str) -> None:
    shown = CliRunner().invoke(application, [*group.split(), "--help"], env=NARROW, terminal_width=80)
    lines = shown.stdout.partition("Commands:\n")[2].splitlines()
    found = typer.main.get_command(application)
    commands = (found.commands[group] if group else found).commands  # type: ignore[attr-defined]
    assert [line.split()[0] for line in lines] == list(commands), "a summary goes on in a second line"
    assert not [line for line in lines if "..." in line or "…" in line or len(line) > 80 or not line.endswith(".")]
