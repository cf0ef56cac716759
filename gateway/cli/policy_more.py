"""`gateway diff`, `calendar` and `schema`: what a change does, what is coming, and how the files are written."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.output import Json, say, say_json
from gateway.cli.policy_sets import as_if_active, named_set, read_set, shadow_note
from gateway.cli.policy_text import count
from gateway.content.files import load_directory
from gateway.policy.calendar import calendar
from gateway.policy.compare import Difference, compare
from gateway.policy.schema import KINDS_OF_FILE, schema
from gateway.settings import load_settings
from gateway.telemetry.catalogue import schema as log_schema

SHOWN = 8


def register(application: typer.Typer) -> None:
    """Give the command these verbs."""
    application.command("diff")(show_differences)
    application.command("calendar")(show_calendar)
    application.command("schema")(show_schema)


def show_differences(
    old: Annotated[str, typer.Argument(help="A policies directory, or a git revision: REV, or REV:PATH.")],
    new: Annotated[str, typer.Argument(help="The other one [GATEWAY_POLICIES].")] = "",
    content: Annotated[Path | None, typer.Option("--content", help="The content directory.")] = None,
    shadow: Annotated[bool, typer.Option("--shadow", help="As if NEW's policies in shadow were active.")] = False,
    as_json: Json = False,
) -> None:
    """Say what changes between two policy sets, and for whom. By readers and articles; exit 1 if anything does."""
    settings = load_settings({"content": content})
    one, other = (named_set(named, settings.policies) for named in (old, new or str(settings.policies)))
    other = as_if_active(other) if shadow else other
    differences = compare(one, other, load_directory(settings.directory), datetime.now(UTC))
    if as_json:
        say_json({"old": one.revision, "new": other.revision, "differences": [asdict(each) for each in differences]})
    else:
        for difference in differences:
            _show(difference)
        found = count(len(differences), "difference") if differences else "nothing changes for readers"
        say(f"{one.revision} → {other.revision}: {found}.")
        if note := shadow_note(other):
            say(f"Note: {note}.")
    raise typer.Exit(1 if differences else 0)


def show_calendar(
    directory: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="The policies directory.")] = None,
    as_json: Json = False,
) -> None:
    """List the coming starts, ends and reviews."""
    settings = load_settings({"policies": directory})
    entries = calendar(read_set(settings.policies)[1], datetime.now(UTC))
    if as_json:
        say_json([asdict(entry) for entry in entries])
        return
    for entry in entries:
        when = f"{entry.at:%Y-%m-%d}" if entry.event == "review" else entry.at.isoformat(timespec="seconds")
        where = f" for {', '.join(entry.within)}" if entry.within else ""
        owner = f" ({entry.owner})" if entry.owner else ""
        style = "red" if entry.overdue else None
        say(f"{when:25} {entry.policy}: {entry.event}{where}{', overdue' * entry.overdue}{owner}", style=style)
    if not entries:
        say("Nothing is coming.")


def show_schema(
    kind: Annotated[str, typer.Argument(help="One of: " + ", ".join((*KINDS_OF_FILE, "log")) + ".")],
) -> None:
    """Print a JSON Schema: of the files that you write, or the log. With it an editor completes and checks them."""
    if kind not in (*KINDS_OF_FILE, "log"):
        raise typer.BadParameter(f"there is no schema '{kind}'; one of: {', '.join((*KINDS_OF_FILE, 'log'))}")
    say_json(log_schema() if kind == "log" else schema(kind))


def _show(difference: Difference) -> None:
    say(f"{_few(difference.readers)} · {_few(difference.articles)}", style="bold")
    say(f"  - {', '.join(difference.before) or 'as published'}", style="red")
    say(f"  + {', '.join(difference.after) or 'as published'}", style="green")


def _few(words: tuple[str, ...]) -> str:
    more = len(words) - SHOWN
    return ", ".join(words[:SHOWN]) + (f" and {more} more" if more > 0 else "")
