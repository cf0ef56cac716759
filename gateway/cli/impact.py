"""`gateway impact`: what other policies would have done to the readings that a log has recorded."""

from __future__ import annotations

import gzip
import io
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from gateway.cli.output import Json, err, fail, out, say, say_json
from gateway.cli.policy_sets import as_if_active, moment, named_set, shadow_note
from gateway.content.files import load_directory
from gateway.policy.impact import Impact, Replay, unforeseen
from gateway.policy.model import PolicySet
from gateway.settings import load_settings
from gateway.telemetry.recorded import RecordedFacts

GZIP = b"\x1f\x8b"
WHY_LOST = {
    "merged": "are counted in cells too small to say which article, or where",
    "no-article": "are of articles that are not there any more",
    "no-door": "are at doors that this version does not have",
}
WHY_UNCERTAIN = {
    "recorded-otherwise": "were answered otherwise than OLD would have: other policies were in force",
    "networks-or-hosts": "may depend on a network or a host name, which is not recorded; replayed as if from none",
    "article-edited": "are of articles that have changed since; replayed as they are now",
}


def impact(
    old: Annotated[str, typer.Argument(help="A policies directory, or a git revision: REV, or REV:PATH.")],
    new: Annotated[str, typer.Argument(help="The other one.")],
    facts: Annotated[
        list[str] | None, typer.Option("--facts", metavar="FILE", help="A log, also .gz; - for standard input.")
    ] = None,
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="Policies as they stand then [now].")] = "",
    content: Annotated[Path | None, typer.Option("--content", help="The content directory.")] = None,
    shadow: Annotated[bool, typer.Option("--shadow", help="As if NEW's policies in shadow were active.")] = False,
    as_json: Json = False,
) -> None:
    """Count recorded readings that NEW would have answered otherwise. Than OLD, that is. Exit 1 if none is recorded."""
    settings = load_settings({"content": content})
    sources = facts or ([str(settings.log_file)] if settings.log_file else [])
    if not sources:
        raise typer.BadParameter("name a log with --facts FILE, or set GATEWAY_LOG_FILE")
    one, other = (named_set(named, settings.policies) for named in (old, new))
    other = as_if_active(other) if shadow else other
    replay = Replay(one, other, load_directory(settings.directory), moment(at))
    recorded = RecordedFacts()
    for cell in recorded.read(_lines(sources)):
        replay.add(cell)
    found, notes = replay.impact, unforeseen(one, other)
    if note := shadow_note(other):
        notes.append(note)
    if recorded.torn:
        notes.append(f"{recorded.torn} lines or cells of decision facts could not be read")
    if as_json:
        say_json(_as_json(one, other, found, notes))
    else:
        _show(one, other, found, notes)
    if not found.readings:
        fail(f"No decision facts in {', '.join(sources)}: they are logged at the turn of each hour, and at stop.")
    raise typer.Exit(0 if found.readings else 1)


def _lines(sources: list[str]) -> Iterator[bytes]:
    """The lines of all logs; a bar on a terminal says how far it is."""
    with ExitStack() as opened:
        files = [opened.enter_context(_opened(source)) for source in sources]
        sizes = [os.fstat(file.fileno()).st_size for file in files]
        total = sum(sizes) if all(sizes) else None  # a pipe has none
        progress = opened.enter_context(Progress(console=err, disable=not sys.stderr.isatty(), transient=True))
        task = progress.add_task("Replaying", total=total)
        before = 0
        for file, size in zip(files, sizes, strict=True):
            for number, line in enumerate(_unpacked(file)):
                if number % 1000 == 0 and file.seekable():
                    progress.update(task, completed=before + file.tell())
                yield line
            before += size


def _opened(source: str) -> io.BufferedReader:
    try:
        return open(0, "rb", closefd=False) if source == "-" else Path(source).open("rb")
    except OSError as error:
        raise typer.BadParameter(f"{source} cannot be read: {error.strerror}") from error


def _unpacked(file: io.BufferedReader) -> Iterator[bytes]:
    if not file.peek(len(GZIP)).startswith(GZIP):
        yield from file
        return
    try:
        with gzip.open(file) as unpacked:
            yield from unpacked
    except (EOFError, OSError) as error:
        fail(f"A log ends too early ({error}); what came before it counts.")


def _as_json(old: PolicySet, new: PolicySet, impact: Impact, notes: list[str]) -> dict[str, object]:
    return {
        "old": old.revision,
        "new": new.revision,
        "readings": impact.readings,
        "replayed": impact.replayed,
        "otherwise": impact.otherwise,
        "regions": dict(impact.regions.most_common()),
        "treatments": [
            {"treatment": name, "region": region, "gained": impact.gained[key], "lost": impact.gone[key]}
            for key in sorted({*impact.gained, *impact.gone})
            for name, region in (key,)
        ],
        "not_replayed": dict(impact.lost),
        "uncertain": dict(impact.uncertain),
        "notes": notes,
    }


def _show(old: PolicySet, new: PolicySet, impact: Impact, notes: list[str]) -> None:
    share = f", {impact.otherwise / impact.replayed:.1%} of those replayed" if impact.replayed else ""
    say(f"{old.revision} → {new.revision}: {impact.otherwise} readings would have been answered otherwise{share}.")
    if impact.otherwise:
        table = Table("treatment", "region", "gain it", "lose it", box=None)
        for key in sorted({*impact.gained, *impact.gone}):
            table.add_row(*key, str(impact.gained[key] or ""), str(impact.gone[key] or ""))
        out.print(table)
        say("A reading counts in each region in which it is not outside.")
    say(f"{impact.readings} readings are recorded, {impact.replayed} were replayed.")
    _say_why("not replayed", impact.lost, WHY_LOST)
    _say_why("replayed, but uncertain", impact.uncertain, WHY_UNCERTAIN)
    for note in notes:
        say(f"Note: {note}.")


def _say_why(title: str, counts: Counter[str], why: dict[str, str]) -> None:
    for reason, count in counts.most_common():
        say(f"  {title}: {count} {why[reason]}")
