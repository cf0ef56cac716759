"""What a change does, what is coming, and how it is written: diff, calendar, schemas."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from gateway.errors import PolicyError
from gateway.policy.calendar import calendar
from gateway.policy.compare import ELSEWHERE, REWORDED, compare, readers_of
from gateway.policy.git import read_revision
from gateway.policy.parse import parse
from gateway.policy.schema import KINDS_OF_FILE, schema
from gateway.pyyaml import Node, read, split_front_matter
from tests.policy.test_lint import shelf
from tests.policy.test_oracle import written_policies
from tests.policy.test_parse import GOOD
from tests.policy.world import article, files, notice, policies, policy

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SAMPLE = Path(__file__).parents[2] / "policies"
BLOCK = "block: {notice: gone}"


def as_an_editor_reads(node: Node) -> Any:  # noqa: ANN401  (whatever YAML holds)
    """Scalars by YAML 1.2's core schema, as editors' extensions type them."""
    if node.kind == "mapping":
        return {name: as_an_editor_reads(value) for name, (_, value) in node.entries.items()}
    if node.kind == "sequence":
        return [as_an_editor_reads(item) for item in node.items]
    if not node.quoted and node.text in ("true", "false"):
        return node.text == "true"
    return int(node.text) if not node.quoted and re.fullmatch(r"-?\d+", node.text) else node.text


def errors(kind: str, node: Node) -> list[str]:
    return [error.message for error in Draft202012Validator(schema(kind)).iter_errors(as_an_editor_reads(node))]


@pytest.mark.parametrize("kind", KINDS_OF_FILE)
def test_each_schema_is_a_schema_whose_every_name_is_described(kind: str) -> None:
    made = schema(kind)
    Draft202012Validator.check_schema(made)
    assert json.dumps(made)
    names = list(named(made))
    assert len(names) > 3 or kind == "corrections"
    assert [name for name, value in names if len(value.get("description", "")) < 10] == []


def named(part: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every name that an editor may complete, however deep, and what the schema says of it."""
    if isinstance(part, dict):
        yield from part.get("properties", {}).items()
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from named(inner)


def test_the_samples_files_are_as_the_schemas_say() -> None:
    for path in SAMPLE.rglob("*"):
        if path.suffix == ".md" and path.parent.parent.name == "notices" and ".long" not in path.suffixes:
            assert errors("notice", split_front_matter(path.read_bytes(), path.name)[0]) == []
        elif path.suffix == ".yaml":
            kind = {"regions.yaml": "regions", "corrections.yaml": "corrections"}.get(path.name, "policy")
            kind = "cases" if path.parent.name == "tests" else kind
            assert errors(kind, read(path.read_bytes(), path.name)) == [], path


@settings(max_examples=80, deadline=None)
@given(written_policies())
def test_whatever_the_parser_takes_the_schema_takes(written: list[dict[str, Any]]) -> None:
    for one in written:
        text = re.sub(r'"(true|false|307)"', r"\1", json.dumps(one))
        assert errors("policy", read(text, "p")) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("in: [RU]", "in: []"),
        ("in: [RU]", "inn: [RU]"),
        ("title: A policy\n", ""),
        ("state: active", "state: on"),
        ("kind: order", "kind: oder"),
        ("from: 2026-01-01T00:00:00Z", "from: 2026-01-01"),
        ("place: banner", "place: footer"),
        ("certainty: possible", "certainty: maybe"),
        ("  - block: {notice: gone}", "  - blok: {notice: gone}"),
        ("  - block: {notice: gone}", "  - {block: {notice: gone}, protect: all}"),
        ("  - block: {notice: gone}", "  - protect: [shraing]"),
        ("slugs: [a]", "slug: [a]"),
        ("  - block: {notice: gone}", "  - substitute: {part: p3, title: true, with: a.md}"),
        ("  - block: {notice: gone}", "  - substitute: {with: a.md}"),
        ("  - block: {notice: gone}", "  - redirect: {to: /a, status: 301}"),
        ("  - block: {notice: gone}", "  - headers: {Set-Cookie: a=b}"),
    ],
)
def test_an_editor_underlines_what_the_parser_refuses(before: str, after: str) -> None:
    assert errors("policy", read(GOOD, "p")) == []
    assert errors("policy", read(GOOD.replace(before, after), "p"))
    assert parse(files(GOOD.replace(before, after))).policies is None


def test_a_difference_names_readers_articles_and_both_outcomes() -> None:
    old = policies(policy(BLOCK, readers="{in: [DE]}", articles="{slugs: [a]}"))
    new = policies(policy(BLOCK, readers="{in: [DE, FR]}", articles="{slugs: [a]}"))
    (difference,) = compare(old, new, shelf(article("a"), article("b")), NOW)
    assert (difference.readers, difference.articles) == (("FR",), ("a",))
    assert (difference.before, difference.after) == ((), ("block:gone",))


def test_what_comes_out_alike_is_no_difference_however_it_is_written() -> None:
    old = policies(policy(BLOCK, name="one", readers="{in: [DE]}"))
    new = policies(
        policy(BLOCK, name="other", readers="{in: [de-only]}"),
        **{"regions.yaml": "regions:\n  de-only: {countries: [DE]}\n"},
    )
    assert compare(old, new, shelf(article("a")), NOW) == []


def test_another_wording_of_a_notice_is_a_difference_too() -> None:
    old = policies(policy("notice: warn"))
    new = policies(policy("notice: warn"), **{"notices/warn/en.md": notice(text="If you are there, take care.")})
    assert {one.after for one in compare(old, new, shelf(article("a")), NOW)} >= {("notice:warn", REWORDED)}


def test_readers_whom_nothing_tells_apart_are_asked_for_once() -> None:
    made = policies(policy(BLOCK, readers="{in: [EU]}"))
    labels = readers_of(made)
    assert any(ELSEWHERE in together for together in labels)
    assert len(labels) < 10


def test_the_calendar_holds_what_is_coming_and_what_is_overdue_in_order() -> None:
    window = "effective: [{in: [DE], from: 2026-12-01T00:00:00Z, until: 2027-01-01T00:00:00+01:00}]"
    made = policies(
        policy(BLOCK, name="a", readers="all", more=f"{window}\nreview_by: 2026-11-01"),
        policy(BLOCK, name="b", more="state: off\nreview_by: 2026-11-02"),
    )
    assert [(entry.policy, entry.event, entry.within, entry.overdue) for entry in calendar(made, NOW)] == [
        ("a", "review", (), True),
        ("a", "begins", ("DE",), False),
        ("a", "ends", ("DE",), False),
    ]


def test_a_directory_is_read_as_it_was_at_a_git_revision(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@t.example"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True)

    directory = tmp_path / "newsroom" / "policies"
    (directory / "notices").mkdir(parents=True)
    (directory / "p.yaml").write_text("one")
    (directory / ".hidden.yaml").write_text("x")
    git("init")
    git("add", ".")
    git("commit", "-m", "one")
    (directory / "p.yaml").write_text("two")
    assert read_revision("HEAD", directory) == {"p.yaml": b"one"}
    with pytest.raises(PolicyError):
        read_revision("nowhere", directory)
    with pytest.raises(PolicyError):
        read_revision("--output=x", directory)
