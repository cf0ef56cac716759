"""How commands speak, colours only on a terminal. On standard output: what a command was asked for, findings and failed
cases included. On standard error: what keeps it from doing that, questions, progress, and words beside the result.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

out = Console(highlight=False, soft_wrap=True)
err = Console(highlight=False, soft_wrap=True, stderr=True)


def say(text: str, style: str | None = None) -> None:
    """Print a line of the result."""
    out.print(text, style=style, markup=False)


def fail(text: str) -> None:
    """Print a line about what kept a command from doing what it was asked."""
    err.print(text, style="red", markup=False)


def say_json(value: object) -> None:
    """Print the result as JSON, for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def write(file: Path, text: str) -> None:
    """Write a report. A file that cannot be written is wrong usage, said in a line."""
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be written: {error.strerror}") from error
