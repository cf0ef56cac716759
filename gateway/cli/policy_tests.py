"""`gateway test --coverage` and `--snapshot`: what no case reaches, and who-sees-what tables that are reviewed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from gateway.cli.output import say, write
from gateway.policy.coverage import KINDS, Coverage
from gateway.policy.model import PolicySet
from gateway.policy.snapshot import FOLDER, differences, is_snapshot, snapshots

PLURALS = {
    "policy": "policies",
    "action": "actions",
    "window": "windows",
    "region": "regions",
    "certainty": "certainties",
}


@dataclass(frozen=True, slots=True)
class Snapshots:
    """What came of the comparison. `diff`: lines; `written`: files that were written or removed because of it."""

    count: int
    diff: tuple[str, ...]
    written: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def failed(self) -> bool:
        """Whether something differs that nobody has taken."""
        return bool(self.diff) and not self.written


def compare_snapshots(directory: Path, files: Mapping[str, bytes], policies: PolicySet, *, update: bool) -> Snapshots:
    """Compare; write where there is nothing yet, or where told to."""
    now, left_out = snapshots(policies)
    before = {path for path, text in files.items() if is_snapshot(path, text)}
    diff = differences(files, now)
    written: list[str] = []
    if diff and (update or not before):
        (directory / FOLDER).mkdir(parents=True, exist_ok=True)
        for path, text in now.items():
            if files.get(path) != text.encode():
                write(directory / path, text)
                written.append(path)
        for path in sorted(before - now.keys()):
            (directory / path).unlink()
            written.append(path)
    return Snapshots(len(now), tuple(diff), tuple(written), tuple(left_out))


def show_snapshots(seen: Snapshots) -> None:
    """The differences, as a diff; the sum."""
    for sentence in seen.left_out:
        say(f"Not compared: {sentence}", style="dim")
    if seen.failed:
        for line in seen.diff:
            style = {"-": "red", "+": "green", "@": "cyan"}.get(line[:1])
            say(line, style=style)
        changed = sum(line.startswith("+++ ") for line in seen.diff)
        what = f"{changed} of {seen.count} snapshots are no longer true"
        say(f"{what}; if that is meant, run it again with --update.", style="red")
    elif seen.written:
        say(f"{len(seen.written)} snapshots written in {FOLDER}: read them, and commit them with the policies.")
    else:
        say(f"{seen.count} snapshots are as they were.")


def snapshots_json(seen: Snapshots) -> dict[str, object]:
    """The same for programs."""
    return {**asdict(seen), "failed": seen.failed}


def show_coverage(reach: Coverage, directory: Path) -> None:
    """What no case reaches, where it stands; the shares."""
    for branch in reach.missed:
        where = f"{directory / branch.path}:{branch.line}:{branch.column}"
        say(f"{where}: no case reaches {branch.what}", style="yellow")
    parts = []
    for kind in KINDS:
        reached, count = reach.counts(kind)
        if count:
            parts.append(f"{PLURALS[kind]} {reached}/{count}")
    say(f"Cases reach {_percent(reach.share())} %: " + (", ".join(parts) or "there is nothing to reach") + ".")


def coverage_json(reach: Coverage) -> dict[str, object]:
    """The same for programs."""
    kinds = {}
    for kind in KINDS:
        reached, count = reach.counts(kind)
        kinds[PLURALS[kind]] = {"reached": reached, "of": count, "percent": _percent(reach.share(kind))}
    missed = [{key: value for key, value in asdict(branch).items() if key != "reached"} for branch in reach.missed]
    return {"percent": _percent(reach.share()), "kinds": kinds, "missed": missed}


def _percent(share: float) -> int:
    """Whole percents, downwards: a hundred means all."""
    return int(share * 100)
