"""`gateway new`: what it writes is right at once, and it never writes over anything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from gateway.cli import application
from gateway.content.files import load_directory
from gateway.errors import GatewayError, Severity
from gateway.policy.draft import Desk, draft
from gateway.policy.parse import parse
from gateway.policy.template import flow, quoted, templates
from gateway.pyyaml import read
from tests.running import POLICIES, SAMPLE
from tests.sites import write_article, write_content

TEMPLATES = (
    "court-order", "election-silence", "embargo", "foreign-agent", "licensed-media", "right-to-be-forgotten",
    "sanctions-redirect", "undesirable-organization", "withdrawal",
)  # fmt: skip
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def run(*arguments: str | Path, typed: str = "") -> Result:
    result = CliRunner().invoke(application, list(map(str, arguments)), input=typed)
    if result.exception is not None and not isinstance(result.exception, (SystemExit, GatewayError)):
        raise result.exception
    return result


def said(result: Result) -> str:
    """All that is printed, and what `main` would print of an error raised on purpose."""
    return result.output + (f"{result.exception}" if isinstance(result.exception, GatewayError) else "")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three articles, one with a picture that is licensed for Canada."""
    root = write_content(tmp_path_factory.mktemp("small"))
    write_article(root, "market-day", title="Market day", body="The market.\n\n![The market](market.svg)\n")
    (root / "media").mkdir()
    (root / "media" / "market.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (root / "media" / "market.svg.yaml").write_text("rights: [canada]\n")
    return root


@pytest.fixture(params=["sample", "small"])
def content(request: pytest.FixtureRequest, small: Path) -> Path:
    return SAMPLE if request.param == "sample" else small


@pytest.mark.parametrize("state", ["active", "shadow", "off"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_what_a_template_writes_is_clean_and_its_cases_pass_at_once(
    template: str, state: str, content: Path, tmp_path: Path
) -> None:
    made = run(
        "new", template, "mine", "--directory", tmp_path, "--content", content, "--yes", "--set", f"state={state}"
    )
    assert made.exit_code == 0, said(made)
    checked = run("check", tmp_path, "--content", content, "--strict")
    assert checked.exit_code == 0, said(checked)
    assert "nothing found" in checked.output
    proven = run("test", tmp_path, "--content", content)
    assert proven.exit_code == 0, said(proven)
    assert "not tried" not in proven.output
    assert int(proven.output.split(" cases passed")[0].split()[-1]) >= 3
    assert f"state: {state}" in (tmp_path / "mine.yaml").read_text()


@pytest.mark.parametrize("template", TEMPLATES)
def test_beside_the_samples_policies_the_new_cases_hold_or_it_is_said_which_do_not(
    template: str, tmp_path: Path
) -> None:
    before = {path.relative_to(POLICIES).as_posix(): path.read_bytes() for path in POLICIES.rglob("*.*")}
    for path, raw in before.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(raw)
    made = run("new", template, "mine", "--directory", tmp_path, "--content", SAMPLE, "--yes", "--set", "state=active")
    assert made.exit_code == 0, said(made)
    assert run("check", tmp_path, "--content", SAMPLE, "--strict").exit_code == 0
    proven = run("test", tmp_path, "--content", SAMPLE)
    assert (proven.exit_code == 0) == ("these cases do not hold" not in made.output)
    assert {path: (tmp_path / path).read_bytes() for path in before} == before


def test_a_court_order_is_what_was_answered(tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text(
        "articles: [the-dredging-contract, the-bookshop-by-the-gate]\nreaders: AT, CH\n"
        "authority: 'Landesgericht: Wien'\nact: Order 7 Cg 1/26x of 2 November 2026\n"
        "from: 2026-11-03T00:00:00+01:00\nuntil: 2026-12-03T00:00:00+01:00\nowner: law@paper.example\nstate: active\n"
    )
    made = run("new", "court-order", "vienna", "--directory", tmp_path / "p", "--content", SAMPLE, "--answers", answers)
    assert made.exit_code == 0, said(made)
    files = {path.relative_to(tmp_path / "p").as_posix(): path.read_bytes() for path in (tmp_path / "p").rglob("*.*")}
    [policy] = parse(files).required().policies
    assert policy.readers.within == ("AT", "CH")
    assert policy.articles.slugs == {"the-dredging-contract", "the-bookshop-by-the-gate"}
    assert (policy.basis[0].authority, policy.owner) == ("Landesgericht: Wien", "law@paper.example")
    assert policy.effective[0].end == datetime.fromisoformat("2026-12-03T00:00:00+01:00")
    assert {path for path in files if path.startswith("notices/") and ".long" not in path} == {
        "notices/vienna/en.md", "notices/vienna/de.md"
    }  # fmt: skip
    assert "mend what only holds a place" not in made.output
    assert b"2026-11-02T22:59:59Z" in files["tests/vienna.yaml"]


def test_nothing_is_ever_overwritten_and_what_is_there_is_named(tmp_path: Path) -> None:
    arguments = ("new", "embargo", "trial", "--directory", tmp_path, "--content", SAMPLE, "--yes")
    assert run(*arguments).exit_code == 0
    for kept in ("trial.yaml", "notices/trial/en.md", "tests/trial.yaml"):
        for path in tmp_path.rglob("*.*"):
            if path != tmp_path / kept:
                path.unlink()
        (tmp_path / kept).write_text("mine")
        refused = run(*arguments)
        assert refused.exit_code == 1
        assert str(tmp_path / kept) in said(refused)
        assert [path for path in tmp_path.rglob("*.*") if path.is_file()] == [tmp_path / kept]
        assert (tmp_path / kept).read_text() == "mine"
        (tmp_path / kept).unlink()
        assert run(*arguments).exit_code == 0


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("readers=UK", "unknown country 'UK' in 'in' of policy 'mine'; ISO 3166-1 says 'GB'"),
        ("readers=", "the list 'in' in 'readers' of policy 'mine' is empty"),
        ("from=tomorrow", "'from' is 'tomorrow', no moment with a zone"),
        ("until=2020-01-01T00:00:00Z", "'until' is not after 'from' of policy 'mine'"),
        ("state=on", "'state' is 'on' in the policy; write one of: active, shadow, off"),
        ("author=x", "'author' is no question of 'court-order'; did you mean 'authority'?"),
    ],
)
def test_a_wrong_answer_is_refused_in_the_parsers_words_and_nothing_is_written(
    answer: str, message: str, tmp_path: Path
) -> None:
    refused = run("new", "court-order", "mine", "--directory", tmp_path, "--content", SAMPLE, "--yes", "--set", answer)
    assert refused.exit_code in (1, 2)
    assert message in said(refused).replace("\n│ ", "")
    assert not list(tmp_path.iterdir())


def test_answers_of_a_file_are_checked_by_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("readers: [DE]\nreader: [FR]\n")
    refused = run("new", "court-order", "mine", "--directory", tmp_path / "p", "--answers", tmp_path / "a.yaml")
    assert (
        f"{tmp_path}/a.yaml:2:1: unknown key 'reader' for the template 'court-order'; did you mean 'readers'?"
        in said(refused)
    )


def test_a_person_is_asked_helped_and_asked_again_until_it_is_right(tmp_path: Path) -> None:
    typed = "\n".join(
        [
            "the-dredgin-contract",
            "the-dredging-contract",
            "UK",
            "GB",
            "The High Court",
            "",
            "",
        ]
    )
    (tmp_path / "other.yaml").write_text("policy: other\nowner: law@paper.example   # reads it\n")
    made = run("new", "court-order", "mine", "--directory", tmp_path, "--content", SAMPLE, typed=f"{typed}\n")
    assert made.exit_code == 0, said(made)
    for sentence in [
        "Taken as usual (--set says otherwise, or mend the file):",
        "  owner: law@paper.example",
        "  state: shadow",
        "  until: lifted",
        "mend what only holds a place: act",
        "Which articles does the order name? [grain-ships-wait-for-a-signature]:",
        "Their slugs (the last part of the address), with commas between",
        "no article has the slug 'the-dredgin-contract'; did you mean 'the-dredging-contract'?",
        "Press Enter to keep it all the same.",
        "unknown country 'UK' in 'in' of policy 'mine'; ISO 3166-1 says 'GB'",
        "gateway check",
    ]:
        assert sentence in made.output
    assert "in: [GB]" in (tmp_path / "mine.yaml").read_text()


def test_a_name_that_is_taken_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    options = ("--directory", tmp_path, "--content", SAMPLE)
    assert run("new", "court-order", "harbour-order", "--yes", *options).exit_code == 0
    refused = run("new", "court-order", "harbour-order", *options, typed="a-court-in-london\n")
    assert refused.exit_code == 1
    assert refused.output == "", "a question was asked"
    assert f"{tmp_path / 'harbour-order.yaml'}" in said(refused)
    assert "choose another name" in said(refused)


def test_a_person_may_insist_where_the_checks_only_warn(tmp_path: Path) -> None:
    typed = "an-article-to-come\n\n" + "\n" * 9
    made = run("new", "court-order", "mine", "--directory", tmp_path, "--content", SAMPLE, typed=typed)
    assert made.exit_code == 0, said(made)
    assert "slugs: [an-article-to-come]" in (tmp_path / "mine.yaml").read_text()


def test_templates_are_listed_a_line_each_and_a_near_name_is_suggested() -> None:
    listed = run("new").output.splitlines()
    assert [line.split()[0] for line in listed[: len(TEMPLATES)]] == list(TEMPLATES)
    assert all(len(line.split()) > 3 for line in listed[: len(TEMPLATES)])
    wrong = run("new", "court-ordr", "x")
    assert wrong.exit_code == 2
    assert "did you mean 'court-order'?" in wrong.output


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_questions_are_shown_as_a_file_of_answers_that_can_be_used(template: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(run("new", template, "--content", SAMPLE).output.replace("NAME", "mine"))
    asked = [question for question in templates()[template].questions if question.asked]
    assert 4 <= len(asked) <= 5, "nobody fills in a form"
    made = run(
        "new", template, "mine", "--directory", tmp_path / "p", "--content", SAMPLE, "--answers", tmp_path / "a.yaml"
    )
    assert made.exit_code == 0, said(made)


def test_the_shell_completes_the_templates_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_GATEWAY_COMPLETE", "complete_zsh")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "gateway new e")
    shown = CliRunner().invoke(application, [], prog_name="gateway").output
    assert '"election-silence":' in shown
    assert '"embargo":' in shown
    assert "court-order" not in shown


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_text_is_there_in_the_five_languages_of_the_sample(template: str) -> None:
    assert set(templates()[template].languages) == {"en", "ru", "uk", "de", "ar"}


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@settings(deadline=None)  # it parses what it made, on a machine that may be busy
@given(authority=TEXTS, act=TEXTS)
def test_whatever_is_answered_stays_that_answer_or_is_refused(authority: str, act: str) -> None:
    answers = {"authority": authority, "act": act}
    made = draft(templates()["court-order"], "mine", answers, Desk({}, None, "The Paper", NOW))
    if any(problem.severity is Severity.ERROR for problem in made.problems):
        return
    [policy] = parse({path: text.encode() for path, text in made.files.items()}).required().policies
    assert (policy.basis[0].authority, policy.basis[0].act) == (authority, act)
    assert policy.readers.within == ("DE",)


@given(values=st.lists(TEXTS.filter(str.isprintable), min_size=1, max_size=3))
def test_texts_and_lists_are_quoted_as_yaml_reads_them(values: list[str]) -> None:
    assert [read(f"x: {quoted(values[0])}\n", "x").entries["x"][1].text] == values[:1]
    assert [item.text for item in read(f"x: {flow(values)}\n", "x").entries["x"][1].items] == values


def test_a_directory_that_cannot_be_used_as_it_is_does_not_keep_a_new_policy_out(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("policy: [\n")
    made = run("new", "embargo", "mine", "--directory", tmp_path, "--content", SAMPLE, "--yes")
    assert made.exit_code == 0, said(made)


def test_the_sample_is_not_needed(tmp_path: Path) -> None:
    made: Mapping[str, str] = draft(templates()["withdrawal"], "mine", {}, Desk({}, None, "The Paper", NOW)).files
    assert {"mine.yaml", "notices/mine/en.md", "notices/mine/ru.md", "notices/mine/uk.md", "tests/mine.yaml"} == set(
        made
    )
    assert load_directory(write_content(tmp_path)).facts
