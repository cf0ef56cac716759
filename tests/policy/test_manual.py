"""The operators' manual, policies/README.md, is true: its examples are read, its story and its policies are run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath

import pytest
from typer.testing import CliRunner

from gateway.cli import application
from gateway.policy.loading import read_and_parse
from gateway.policy.model import PROTECTIONS, NoticePlace
from gateway.policy.parse import parse
from gateway.policy.parse_actions import ACTIONS
from gateway.policy.parse_restrictions import HEADERS
from gateway.policy.schema import KINDS_OF_FILE
from gateway.policy.template import templates
from gateway.pyyaml import Node, YamlError, read
from tests.geo.worlds import geoip2, write_mmdb
from tests.running import POLICIES, REPOSITORY, SAMPLE
from tests.sites import write_article

MANUAL = POLICIES / "README.md"
STORY = "A policy, step by step"
EIGHT = "Eight policies that newsrooms need"
LANGUAGES = ("en", "ru", "uk", "de", "ar")
OFTEN = ("policy", "regions", "cases", "corrections", "do", "readers", "articles", "effective", "basis", "repos")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: under which headings it stands, in which language it is, from which line."""

    section: str
    subsection: str
    kind: str
    line: int
    text: str


def blocks() -> list[Block]:
    found: list[Block] = []
    section = subsection = ""
    kind: str | None = None
    begun, lines = 0, list[str]()
    for number, line in enumerate(MANUAL.read_text().splitlines(), 1):
        if line.startswith("```"):
            if kind is None:
                kind, begun, lines = line[3:], number, []
            else:
                found.append(Block(section, subsection, kind, begun, "\n".join(lines) + "\n"))
                kind = None
        elif kind is not None:
            lines.append(line)
        elif line.startswith("## "):
            section, subsection = line[3:], ""
        elif line.startswith("### "):
            subsection = line[4:]
    assert kind is None, "the last block is closed"
    return found


YAML = [block for block in blocks() if block.kind == "yaml"]


def run(*arguments: str | Path, cwd: Path = REPOSITORY, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    command = [sys.executable, "-m", "gateway", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=environment | settings)


@pytest.mark.parametrize("block", YAML, ids=lambda block: f"line-{block.line}")
def test_every_example_is_yaml_and_says_only_what_there_is(block: Block) -> None:
    node = read(block.text, MANUAL.name)
    if node.kind == "mapping":
        assert set(node.entries) <= {*OFTEN, "title", "state", "owner", "review_by", "disclose"}, block.line
    else:
        assert all(set(item.entries) <= {"name", "reader", "article", "at", "expect"} for item in node.items)


@pytest.mark.parametrize("block", [b for b in YAML if "do:" in b.text], ids=lambda block: f"line-{block.line}")
def test_every_policy_and_piece_of_one_is_read_by_the_parser(block: Block) -> None:
    """Pieces are made whole with what they leave out; only what they point to (notices, texts) is made up."""
    text = block.text
    for key, line in (
        ("policy", "policy: p\n"),
        ("title", "title: T\n"),
        ("readers", "readers: all\n"),
        ("articles", "articles: all\n"),
    ):
        if not re.search(rf"^{key}:", text, re.MULTILINE):
            text = line + text
    if "until: lifted" in text and "review_by" not in text:
        text = f"review_by: 2031-01-01\n{text}"
    made: dict[str, bytes] = {"p.yaml": text.encode(), "regions.yaml": regions_of_all()}
    for notice in re.findall(r"(?:id|notice): ([a-z-]+)", text):
        made[f"notices/{notice}/en.md"] = b"---\ntitle: T\nself_conditional: true\n---\nIf you are there.\n"
    for path in re.findall(r"with: ([a-z0-9./-]+)", text):
        made[path] = b"A text."
    assert [str(problem) for problem in parse(made).problems] == []


def regions_of_all() -> bytes:
    """The sample's regions, those of the manual, and the networks that they need."""
    sample = (POLICIES / "regions.yaml").read_text()
    sample = sample.replace("networks_file: networks/relays.txt", "networks: [192.0.2.0/24]")
    more = [
        block.text.partition("regions:\n")[2]
        for block in YAML
        if "indonesia-west" in block.text and "regions:" in block.text
    ]
    return (sample + "".join(more)).encode()


# the story of the court order


@pytest.fixture
def story(tmp_path: Path) -> tuple[Path, list[Block]]:
    """The sample's directory, in which the story's policy is yet to be written; the story's blocks."""
    told = [block for block in blocks() if block.section == STORY]
    directory = Path(shutil.copytree(POLICIES, tmp_path / "policies"))
    for written in ("court-order-example.yaml", "tests/court-order.yaml", "notices/withdrawn-by-court/en.md"):
        (directory / written).unlink()
    return directory, told


def written(told: list[Block]) -> str:
    """The policy file, from its pieces in order."""
    pieces = [block.text for block in told if block.kind == "yaml" and not block.text.startswith("cases:")]
    assert len(pieces) == 5
    return "".join(pieces)


def test_the_storys_policy_is_the_samples(story: tuple[Path, list[Block]]) -> None:
    def plain(node: Node) -> object:
        if node.kind == "mapping":
            return {key: plain(value) for key, (_, value) in node.entries.items()}
        return [plain(item) for item in node.items] if node.kind == "sequence" else node.text

    told = plain(read(written(story[1]), "told"))
    sample = plain(read((POLICIES / "court-order-example.yaml").read_bytes(), "sample"))
    assert told == {**sample, "state": "shadow"}  # type: ignore[dict-item]


def test_the_storys_mistakes_are_caught_in_the_words_that_the_manual_quotes(story: tuple[Path, list[Block]]) -> None:
    directory, told = story
    right = written(told)
    wrong = right
    for before, after in (
        ("in: [DE]", "in: [UK]"),
        ("slugs: [", "slug: ["),
        ('"2026-09-04T00:00:00+02:00"', '"2026-09-04T00:00:00"'),
    ):
        assert before in wrong
        wrong = wrong.replace(before, after)
    write_notice(directory, told)
    (directory / "court-order-example.yaml").write_text(wrong)
    checked = run("check", "policies", cwd=directory.parent)
    [quoted] = [block.text for block in told if block.text.startswith("policies/court-order-example.yaml:")]
    assert checked.returncode == 1
    assert checked.stdout.startswith(quoted)
    (directory / "court-order-example.yaml").write_text(right)
    checked = run("check", directory, "--content", SAMPLE, "--strict")
    assert checked.returncode == 0
    assert "nothing found" in checked.stdout


def write_notice(directory: Path, told: list[Block]) -> None:
    [notice] = [block.text for block in told if block.kind == "markdown"]
    (directory / "notices" / "withdrawn-by-court" / "en.md").write_text(notice)


def test_without_its_notice_the_storys_policy_is_not_accepted(story: tuple[Path, list[Block]]) -> None:
    directory, told = story
    (directory / "court-order-example.yaml").write_text(written(told))
    shutil.rmtree(directory / "notices" / "withdrawn-by-court")
    assert "write notices/withdrawn-by-court/en.md" in run("check", directory).stdout


def test_the_storys_cases_hold_in_shadow_and_then_in_force_and_a_wrong_country_fails_them(
    story: tuple[Path, list[Block]], tmp_path: Path
) -> None:
    directory, told = story
    write_notice(directory, told)
    before = Path(shutil.copytree(directory, tmp_path / "before"))
    shadow, active = [block.text for block in told if block.text.startswith("cases:")]
    policy, cases = directory / "court-order-example.yaml", directory / "tests" / "court-order.yaml"
    policy.write_text(written(told))
    cases.write_text(shadow)
    tried = run("test", directory, "--content", SAMPLE)
    assert (tried.returncode, tried.stderr) == (0, "")
    quiet = run("diff", before, directory, "--content", SAMPLE)
    assert (quiet.returncode, "nothing changes for readers." in quiet.stdout) == (0, True)
    assert "what it would do is said with --shadow" in quiet.stdout
    assert "the-dredging-contract" in run("diff", before, directory, "--content", SAMPLE, "--shadow").stdout
    policy.write_text(written(told).replace("state: shadow", "state: active"))
    assert run("test", directory, "--content", SAMPLE).returncode == 1, "the cases of the shadow fail in force"
    cases.write_text(active)
    tried = run("test", directory, "--content", SAMPLE)
    assert (tried.returncode, tried.stderr) == (0, "")
    changed = run("diff", before, directory, "--content", SAMPLE)
    assert changed.returncode == 1
    assert "the-dredging-contract" in changed.stdout
    policy.write_text(policy.read_text().replace("[DE]", "[GR]"))
    assert run("check", directory).returncode == 0
    assert "status: expected 451, got 200" in run("test", directory, "--content", SAMPLE).stdout


# the eight policies


@dataclass(frozen=True, slots=True)
class Example:
    """One of the eight: its heading, its policy, its cases, its regions if it brings some."""

    heading: str
    policy: str
    cases: str
    regions: str = ""

    @property
    def name(self) -> str:
        return self.policy.partition("\n")[0].removeprefix("policy: ")


def examples() -> list[Example]:
    found: list[Example] = []
    told = [block for block in YAML if block.section == EIGHT]
    for heading in dict.fromkeys(block.subsection for block in told):
        mine = [block.text for block in told if block.subsection == heading]
        [policy] = [text for text in mine if text.startswith("policy:")]
        [cases] = [text for text in mine if text.startswith("- name:")]
        regions = "".join(text.partition("regions:\n")[2] for text in mine if "regions:\n" in text)
        found.append(Example(heading, policy, cases, regions))
    return found


@pytest.fixture(scope="module")
def newspaper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's articles, and those that the eight policies speak of besides."""
    root = Path(shutil.copytree(SAMPLE, tmp_path_factory.mktemp("content") / "sample"))
    write_article(root, "the-trial-day-one", title="The trial, day one", published="2026-11-03T08:00:00Z")
    write_article(root, "what-the-polls-say", title="What the polls say", published="2026-11-03T08:00:00Z")
    write_article(root, "shop-mugs", title="Mugs", published="2026-11-03T08:00:00Z")
    for slug, tag in (("the-trial-day-one", "the-trial"), ("what-the-polls-say", "polls")):
        file = root / "articles" / "en" / f"{slug}.md"
        file.write_text(file.read_text().replace("tags: [harbour]", f"tags: [{tag}]"))
    return root


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city database that knows every place that the eight policies name: what such a newsroom would have."""
    directory = assemble(tmp_path_factory.mktemp("named") / "policies", examples())
    regions = read_and_parse(directory)[1].required().regions.values()
    codes = sorted({code for region in regions for code in region.wholly | region.partly})
    records = {f"93.84.{number}.0/24": geoip2(*code.split("-")) for number, code in enumerate(codes)}
    return write_mmdb(tmp_path_factory.mktemp("evidence") / "city.mmdb", records)


def assemble(directory: Path, chosen: list[Example]) -> Path:
    """A directory as the manual describes it: what it says is left out (owner, review, notices, texts) is put in."""
    (directory / "tests").mkdir(parents=True)
    (directory / "texts").mkdir()
    (directory / "networks").mkdir()
    shutil.copy(POLICIES / "networks" / "relays.txt", directory / "networks")
    regions = (POLICIES / "regions.yaml").read_text() + "".join(example.regions for example in chosen)
    (directory / "regions.yaml").write_text(regions)
    ahead = (datetime.now(UTC) + timedelta(days=90)).date()
    for example in chosen:
        text = re.sub(r"^(owner|review_by): .*\n", "", example.policy, flags=re.MULTILINE)
        (directory / f"{example.name}.yaml").write_text(f"{text}owner: legal@meridian.example\nreview_by: {ahead}\n")
        (directory / "tests" / f"{example.name}.yaml").write_text(f"cases:\n{example.cases}")
        for notice in re.findall(r"(?:id|notice): ([a-z-]+)", example.policy):
            label = "style: statutory\n" if notice == "foreign-agent-label" else ""
            for language in LANGUAGES:
                file = directory / "notices" / notice / f"{language}.md"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(f"---\ntitle: {notice}\nself_conditional: true\n{label}---\nIf you are there.\n")
        for path in re.findall(r"with: ([a-z0-9./-]+)", example.policy):
            (directory / path).write_text("On the list a name has been taken out.\n")
    return directory


def test_there_are_eight_and_each_stands_with_its_cases() -> None:
    assert len(examples()) == 8
    assert all(example.cases.count("- name:") >= 1 for example in examples())


def test_the_eight_policies_together_are_clean_and_every_case_passes(
    tmp_path: Path, newspaper: Path, database: Path
) -> None:
    directory = assemble(tmp_path / "policies", examples())
    checked = run("check", directory, "--content", newspaper, "--strict", GATEWAY_GEOIP=str(database),
                  GATEWAY_REDIRECT_HOSTS="www.meridian.example")  # fmt: skip
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "8 policies; nothing found" in checked.stdout
    tried = run("test", directory, "--content", newspaper, GATEWAY_GEOIP=str(database))
    assert (tried.returncode, tried.stderr) == (0, "")
    assert f"{sum(example.cases.count('- name:') for example in examples())} cases passed, 0 failed" in tried.stdout


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_the_cases_of_each_of_the_eight_fail_without_it(
    example: Example, tmp_path: Path, newspaper: Path, database: Path
) -> None:
    directory = assemble(tmp_path / "policies", examples())
    file = directory / f"{example.name}.yaml"
    file.write_text(f"state: off\n{file.read_text()}")
    tried = CliRunner(env={"GATEWAY_GEOIP": str(database)}).invoke(
        application, ["test", str(directory), "--content", str(newspaper)]
    )
    assert tried.exit_code == 1
    assert f"tests/{example.name}.yaml" in tried.stdout


def test_the_redirects_host_must_be_on_the_engineers_list_as_the_manual_says(tmp_path: Path, database: Path) -> None:
    directory = assemble(tmp_path / "policies", examples())
    checked = run("check", directory, GATEWAY_GEOIP=str(database))
    assert checked.returncode == 1
    assert "redirects to 'www.meridian.example' are not allowed" in checked.stdout


# what it says of the program


def test_every_command_that_the_manual_names_exists() -> None:
    named = set(re.findall(r"`gateway ([a-z]+)", MANUAL.read_text()))
    assert {"check", "test", "explain", "preview", "reload", "new", "diff", "impact", "calendar"} <= named
    listed = run("--help").stdout
    assert [name for name in sorted(named) if not re.search(rf"^  {name} ", listed, re.MULTILINE)] == []


def test_the_editors_settings_give_each_file_of_the_sample_the_schema_of_its_kind() -> None:
    [settings] = [json.loads(block.text)["yaml.schemas"] for block in blocks() if block.kind == "json"]
    [made] = [block.text for block in blocks() if block.kind == "sh"]
    kinds = re.search(r"for kind in ([a-z ]+);", made)
    assert kinds
    assert {f".vscode/gateway-{kind}.json" for kind in kinds[1].split()} == set(settings)
    assert set(kinds[1].split()) < set(KINDS_OF_FILE)
    for file in POLICIES.rglob("*.yaml"):
        path = f"policies/{file.relative_to(POLICIES).as_posix()}"
        of = [
            schema for schema, (first, *others) in settings.items()
            if PurePath(path).match(first) and path.count("/") == first.count("/") and f"!{path}" not in others
        ]  # fmt: skip
        kind = "cases" if "/tests/" in path else file.stem if file.stem in ("regions", "corrections") else "policy"
        assert of == [f".vscode/gateway-{kind}.json"], path


def test_the_manual_lists_every_finding_by_its_name_and_none_that_there_is_not() -> None:
    sources = [*(REPOSITORY / "gateway" / "policy").glob("lint*.py"), REPOSITORY / "gateway" / "policy" / "proofs.py"]
    known = {name for file in sources for name in re.findall(r'"([a-z]+(?:-[a-z]+)+|over|shadowed)"', file.read_text())}
    section = MANUAL.read_text().partition("## What `check` finds\n")[2].partition("\n## ")[0]
    listed = {
        name for row in re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE) for name in re.findall("`(.+?)`", row)
    }
    assert listed == known


def test_every_heading_that_the_manual_links_to_is_there() -> None:
    text = MANUAL.read_text()
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    linked = re.findall(r"\]\(#([a-z0-9-]+)\)", text)
    assert [link for link in linked if link not in anchors] == []
    assert len(linked) >= 10


def test_words_that_the_manual_lists_are_the_programs() -> None:
    text = MANUAL.read_text()
    for word in (*PROTECTIONS, *NoticePlace, *HEADERS):
        assert f"`{word}`" in text, word
    for action in ACTIONS:
        assert re.search(rf"^\| `{action}: ", text, re.MULTILINE), action
    assert len(templates()) == 9
    assert "the nine templates" in text


def test_an_example_that_is_no_yaml_would_be_caught() -> None:
    with pytest.raises(YamlError):
        read("readers: {in: [RU]\n", "x")
