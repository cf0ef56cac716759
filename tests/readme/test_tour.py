"""What the README says is what happens."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import application
from tests.readme.tour import NEEDED, README, Newcomer, Step, agrees, steps
from tests.running import REPOSITORY
from tests.servers import free_port


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"the README's tour needs {', '.join(missing)}")
    someone = Newcomer(tmp_path / "clone", *(free_port() for _ in range(5)))
    yield someone
    someone.close()


@pytest.mark.timeout(300)  # it starts the command twenty times, on a machine that may be busy
def test_every_command_of_the_readme_answers_as_it_says(newcomer: Newcomer) -> None:
    tour = list(steps(README.read_text()))
    assert len(tour) > 20
    for step in tour:
        seen = newcomer.follow(step)
        assert agrees(step.expected, seen), (
            f"README.md:{step.line}: $ {step.command}\n--- it says\n{step.expected}\n--- it does\n{seen}"
        )


def test_a_readme_that_promises_another_answer_is_caught(newcomer: Newcomer) -> None:
    newcomer.follow(Step(1, "export PATH=$PWD/.venv/bin:$PATH", ""))
    seen = newcomer.follow(Step(2, "gateway geo lookup 127.0.0.1; echo $?", ""))
    assert agrees("127.0.0.1\n…\n0", seen)
    assert not agrees("127.0.0.1\n…\n1", seen)


def test_every_make_target_that_the_readme_names_is_one_that_make_can_make() -> None:
    offered = subprocess.run(["make", "help"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    named = set(re.findall(r"`make ([a-z]+)", README.read_text()))
    assert named >= {"serve", "test", "help", "bench"}
    for target in named:
        assert f"  make {target} " in offered
        subprocess.run(["make", "-n", target], cwd=REPOSITORY, capture_output=True, check=True)


def test_every_command_that_the_readme_names_exists() -> None:
    verbs = set(re.findall(r"(?:`|\$ )gateway ((?:geo )?[a-z]+)", README.read_text()))
    assert verbs >= {"serve", "check", "explain", "geo lookup"}
    for verb in verbs:
        assert CliRunner().invoke(application, [*verb.split(), "--help"]).exit_code == 0, verb


def test_every_page_and_picture_that_the_readme_points_to_is_there() -> None:
    text = README.read_text()
    for target in (*re.findall(r"\]\(([^)#]+)\)", text), *re.findall(r'src="([^"]+)"', text)):
        assert target.startswith("https://") or (REPOSITORY / target).exists(), target


def test_dots_stand_for_what_varies_and_for_nothing_else() -> None:
    assert agrees("revision … is in force", "revision 67cff0 is in force")
    assert not agrees("revision … is in force", "revision 67cff0 is out of force")
    assert not agrees("revision …", "revision 1\nrevision 2"), "within a line they do not swallow the next"
    assert agrees("first\n…\nlast", "first\nsecond\nthird\nlast")
    assert agrees("first\n…\nlast", "first\nlast"), "any number of lines may be none"
    assert not agrees("first\n…\nlast", "first\nlast but one")
    assert not agrees("", "something"), "a command that promises silence is silent"


def test_commands_are_found_with_their_line_and_nothing_outside_their_blocks() -> None:
    text = "```sh\n$ no\n```\n```console\n$ one\nsaid\n$ two\n```\n$ no\n"
    assert list(steps(text)) == [Step(5, "one", "said"), Step(7, "two", "")]


def test_a_file_that_the_readme_shows_is_written_where_its_first_line_says() -> None:
    text = "```yaml\n# draft/a.yaml\npolicy: a\n```\n```yaml\nno: file\n```\n```console\n$ one\n```\n"
    written, typed = steps(text)
    assert (written.line, written.expected) == (1, "")
    assert written.command.startswith("cat > draft/a.yaml <<")
    assert "\n# draft/a.yaml\npolicy: a\n" in written.command
    assert typed == Step(9, "one", "")
