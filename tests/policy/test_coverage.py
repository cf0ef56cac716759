"""`gateway test --coverage` and `--snapshot`: what no case reaches, and tables that fail when they change."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from gateway.cli import application
from gateway.policy.snapshot import FOLDER, differences, snapshots
from tests.policy.world import policies, policy

ROOT = Path(__file__).parents[2]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(application, ["test", *map(str, arguments)], env={"COLUMNS": "400"})


def cases(directory: Path, *texts: str) -> None:
    for file in (directory / "tests").glob("*.yaml"):
        file.unlink()
    (directory / "tests" / "mine.yaml").write_text("cases:\n" + "".join(f"  - {text}\n" for text in texts))


def missed(directory: Path) -> list[str]:
    done = run(directory, "--coverage", "--json")
    assert done.exit_code == 0, done.output
    return [f"{one['path']}:{one['line']} {one['what']}" for one in json.loads(done.stdout)["coverage"]["missed"]]


GERMANY = "{name: a, reader: {in: DE}, article: the-dredging-contract, at: 2026-11-20T12:00:00Z, expect: {status: 451}}"


def test_the_samples_cases_reach_everything(directory: Path) -> None:
    done = run(directory, "--coverage")
    assert done.exit_code == 0
    assert "Cases reach 100 %: policies 3/3, actions 4/4, windows 1/1, regions 6/6, certainties 6/6." in done.output


def test_what_no_case_reaches_is_named_with_its_place_and_nothing_fails(directory: Path) -> None:
    cases(directory, GERMANY)
    assert missed(directory) == [
        "court-order-example.yaml:21 a reader not sure enough for confirmed in policy 'court-order-example'",
        "passage-withheld.yaml:2 policy 'passage-withheld'",
        "passage-withheld.yaml:19 the withhold of policy 'passage-withheld'",
        "passage-withheld.yaml:15 a reader who may be in 'AT' for policy 'passage-withheld'",
        "passage-withheld.yaml:19 a reader sure enough for confirmed in policy 'passage-withheld'",
        "passage-withheld.yaml:19 a reader not sure enough for confirmed in policy 'passage-withheld'",
        "undesirable-organization.yaml:2 policy 'undesirable-organization'",
        "undesirable-organization.yaml:22 the notice 'undesirable-organization' of policy 'undesirable-organization'",
        "undesirable-organization.yaml:24 the protect of policy 'undesirable-organization'",
        "undesirable-organization.yaml:18 a reader who may be in 'RU' for policy 'undesirable-organization'",
        "undesirable-organization.yaml:18 a reader who may be in 'russia-controlled-ukraine' for policy 'undesirable-organization'",
        "undesirable-organization.yaml:18 a reader who may be in 'mirrors' for policy 'undesirable-organization'",
        "undesirable-organization.yaml:19 a reader who may be in 'newsroom' for policy 'undesirable-organization'",
        "undesirable-organization.yaml:22 a reader sure enough for possible in policy 'undesirable-organization'",
    ]


def test_a_case_outside_a_window_does_not_reach_it(directory: Path) -> None:
    cases(directory, GERMANY.replace("2026-11-20", "2028-11-20").replace("451", "200"))
    found = missed(directory)
    assert "court-order-example.yaml:19 window 1 of policy 'court-order-example'" in found
    assert "court-order-example.yaml:21 the block of policy 'court-order-example'" in found
    cases(directory, GERMANY)
    assert not any("window" in one for one in missed(directory))


def test_a_failing_case_reaches_too_and_still_fails(directory: Path) -> None:
    cases(directory, GERMANY.replace("451", "200"))
    done = run(directory, "--coverage")
    assert done.exit_code == 1
    assert "actions 1/4" in done.output


def test_the_first_snapshot_is_written_and_then_holds(directory: Path) -> None:
    assert "3 snapshots written" in run(directory, "--snapshot").output
    file = directory / FOLDER / "court-order-example+undesirable-organization.txt"
    told = file.read_text()
    assert "before 2026-09-03T22:00:00Z:\n  RU: 200 notice:" in told
    assert "from 2026-09-03T22:00:00Z:\n  DE: 451 block:withdrawn-by-court (by court-order-example)\n" in told
    assert told.endswith("  everyone else: 200 as published\n")
    done = run(directory, "--snapshot")
    assert (done.exit_code, "3 snapshots are as they were." in done.output) == (0, True)


def test_a_snapshot_that_is_no_longer_true_fails_with_only_the_lines_that_changed(directory: Path) -> None:
    run(directory, "--snapshot")
    file = directory / "passage-withheld.yaml"
    file.write_text(file.read_text().replace("in: [AT]", "in: [AT, CH]"))
    done = run(directory, "--snapshot")
    assert done.exit_code == 1
    lines = done.output.splitlines()
    changed = [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert changed == ["+  CH: 200 withhold:p3 (by passage-withheld)"]
    assert "1 of 3 snapshots are no longer true" in done.output
    before = (directory / FOLDER / "passage-withheld+undesirable-organization.txt").read_text()
    assert "CH" not in before  # nothing is taken without being told to
    assert run(directory, "--snapshot", "--update").exit_code == 0
    assert run(directory, "--snapshot").exit_code == 0


def test_snapshots_of_policies_that_are_gone_fail_and_are_removed_when_taken(directory: Path) -> None:
    run(directory, "--snapshot")
    (directory / "passage-withheld.yaml").unlink()
    (directory / FOLDER / "notes.txt").write_text("Mine.\n")
    for file in (directory / "tests").glob("*.yaml"):
        file.unlink()
    assert run(directory, "--snapshot").exit_code == 1
    assert run(directory, "--update").exit_code == 0
    assert sorted(file.name for file in (directory / FOLDER).iterdir()) == [
        "court-order-example+undesirable-organization.txt",
        "notes.txt",
        "undesirable-organization.txt",
    ]


def test_snapshots_depend_on_neither_today_nor_the_content() -> None:
    made = policies(policy("block: {notice: gone}", readers="{in: [DE]}", articles="{slugs: [x]}"))
    first, _ = snapshots(made)
    again, _ = snapshots(made)
    assert first == again
    assert set(first) == {f"{FOLDER}p.txt"}
    assert differences({path: text.encode() for path, text in first.items()}, again) == []


def test_a_set_that_names_every_country_has_no_elsewhere_and_still_a_table() -> None:
    every = "{in: [africa, antarctica, asia, europe, north-america, oceania, south-america]}"
    (text,) = snapshots(policies(policy("notice: warn", readers=every)))[0].values()
    assert "NZ: 200 notice:warn" in text
    assert "everyone else" not in text
