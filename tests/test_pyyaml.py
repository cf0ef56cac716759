"""YAML is read as people mean it, and what nobody means is refused with its line."""

from __future__ import annotations

import time

import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Problem
from gateway.pyyaml import Fields, YamlError, read, split_front_matter

QUOTES = "put text that contains `: ` in quotes, or mend the indentation"
MOMENT = "write day, time and zone as 2026-11-01T00:00:00+02:00 or 2026-10-31T22:00:00Z"


def problems_of(text: str | bytes) -> list[str]:
    with pytest.raises(YamlError) as caught:
        read(text, "f.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_every_iso_code_comes_back_unquoted_as_item_key_and_value() -> None:
    codes = sorted(country.alpha_2 for country in pycountry.countries)
    assert len(codes) == 249
    node = read(f"in: [{', '.join(codes)}]\nof:\n" + "".join(f"  {code}: {code}\n" for code in codes), "f")
    assert [item.text for item in node.entries["in"][1].items] == codes
    assert {name: value.text for name, (_, value) in node.entries["of"][1].entries.items()} == {c: c for c in codes}


@pytest.mark.parametrize(
    "written",
    ["NO", "no", "on", "Off", "y", "null", "~", "0777", "1e3", "1_000", "12:30:45", ".inf", "1.10", "2024-02-20", "=",
     "0x1F", "+1", "true"],
)  # fmt: skip
def test_every_value_is_the_text_that_stands_there(written: str) -> None:
    node = read(f"a: {written}\nb: [{written}]\n{written}: c\n", "f")
    assert node.entries["a"][1].text == written
    assert node.entries["b"][1].items[0].text == written
    assert node.entries[written][1].text == "c"


def test_every_node_knows_its_line_and_column() -> None:
    node = read("a: 1\nb:\n  - x\n  - {c: d}\n", "f", first_line=10)
    assert (node.entries["b"][0].line, node.entries["b"][0].column) == (11, 1)
    inner = node.entries["b"][1].items[1].entries["c"][1]
    assert (inner.line, inner.column, inner.text) == (13, 9, "d")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2", "f.yaml:2:1: 'a' is written twice, first in line 1; keep one"),
        ("a: {b: 1, b: 2}", "f.yaml:1:11: 'b' is written twice, first in line 1; keep one"),
        ("a: &x 1", "f.yaml:1:4: an anchor (&x) stands here; remove it, and write values out"),
        ("a: *x", "f.yaml:1:4: an alias (*x) stands here; write out what it stands for"),
        ("a: !!int 1", "f.yaml:1:4: a tag (tag:yaml.org,2002:int) stands here; remove it: every value is text"),
        ("a: !x 1", "f.yaml:1:4: a tag (!x) stands here; remove it: every value is text"),
        ("<<: {a: 1}", "f.yaml:1:1: a merge key (<<) stands here; write the values out"),
        ("a: 1\n---\nb: 2", "f.yaml:2:1: a second document begins here; write one file each"),
        ("a:\n\tb: 1", "f.yaml:2:1: a tab stands here; write spaces"),
        ("a: \u2028b", "f.yaml:1:4: the invisible character U+2028 stands here; remove it"),
        ("a: \x00b", "f.yaml:1:4: the invisible character U+0000 stands here; remove it"),
        ("? [a]\n: 1", "f.yaml:1:3: a sequence cannot be a name; write `name: value`"),
        ("", "f.yaml: the file is empty; write it, or remove it"),
        ("# nothing\n", "f.yaml: the file is empty; write it, or remove it"),
        (b"a: \xff", "f.yaml:1:4: byte 0xFF is not UTF-8; save the file as UTF-8"),
        ("a: 1".encode("utf-16"), "f.yaml:1:1: the file is UTF-16; save it as UTF-8"),
        ('a: "x', "f.yaml:1:6: not YAML: found unexpected end of stream; close the quotes"),
        (
            "a: b: c",
            f"f.yaml:1:5: not YAML: mapping values are not allowed in this context; {QUOTES}",
        ),
        (
            "a: [1,\nb: 2",
            "f.yaml:3:1: not YAML: did not find expected ',' or ']' (of what begins in line 1); close the list with ]",
        ),
    ],
)
def test_what_nobody_means_is_refused_with_its_place(text: str | bytes, message: str) -> None:
    assert problems_of(text) == [message]


def test_a_byte_order_mark_changes_nothing() -> None:
    assert read(b"\xef\xbb\xbfa: NO", "f").entries["a"][1].text == "NO"


@pytest.mark.alone
@pytest.mark.parametrize(
    "bomb",
    [
        "[" * 10_000,
        "- " * 10_000,
        "{a: " * 10_000,
        "a: 1\n" * 300_000,
        "[" + "1," * 60_000 + "]",
        "a: &a [1]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nd: [*c,*c]",
        "&a [*a]",
        "a: '" + "x" * (1 << 20) + "'",
    ],
    ids=["deep-flow", "deep-block", "deep-map", "large", "many", "laughs", "cycle", "long"],
)
def test_a_bomb_is_refused_and_costs_no_more_than_the_largest_good_file(bomb: str) -> None:
    """Beside a control of the same minute: a file at the limit of values, which takes a tenth of a second or two."""
    began = time.process_time()
    read("[" + "1," * 49_000 + "1]", "good")
    control = time.process_time() - began
    began = time.process_time()
    assert problems_of(bomb)
    assert time.process_time() - began < 3 * control


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_whatever_is_read_is_a_node_or_problems_with_the_file(text: str | bytes) -> None:
    problems: list[Problem] = []
    try:
        found = read(text, "f.yaml").line >= 1
    except YamlError as error:
        problems.extend(error.problems)
        found = bool(problems)
    assert found
    assert all(problem.path == "f.yaml" and problem.remedy for problem in problems)


@given(
    st.dictionaries(st.from_regex(r"[A-Za-z]{1,5}", fullmatch=True), st.from_regex(r"[A-Za-z0-9]{1,6}", fullmatch=True))
)
def test_plain_words_come_back_as_they_were_written(words: dict[str, str]) -> None:
    text = "".join(f"{name}: {value}\n" for name, value in words.items()) or "{}"
    assert {name: value.text for name, (_, value) in read(text, "f").entries.items()} == words


def test_front_matter_is_split_from_its_text_and_lines_are_counted_on() -> None:
    node, body, line = split_front_matter("---\ntitle: A\n---\nFirst\n", "n.md")
    assert (node.entries["title"][1].line, body, line) == (2, "First\n", 4)
    crlf = split_front_matter(b"---\r\ntitle: A\r\n---\r\nFirst", "n.md")
    assert crlf[1:] == ("First", 4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: A", "n.md:1:1: the file does not begin with front matter; begin it with a line `---`"),
        ("---\ntitle: A\n", "n.md:1:1: the front matter is not closed; end it with a line `---`"),
        ("---\na: 1\na: 2\n---\n", "n.md:3:1: 'a' is written twice, first in line 2; keep one"),
    ],
)
def test_front_matter_that_is_wrong_says_where(text: str, message: str) -> None:
    with pytest.raises(YamlError) as caught:
        split_front_matter(text, "n.md")
    assert [str(problem) for problem in caught.value.problems] == [message]


def test_a_body_may_hold_what_yaml_may_not() -> None:
    assert split_front_matter("---\na: 1\n---\n\tcode & *stars*\n", "n.md")[1] == "\tcode & *stars*\n"


def test_fields_find_every_problem_at_once() -> None:
    problems: list[Problem] = []
    node = read("titel: x\nstate: on\nwhen: 2026-11-01\nlist: []\nnumber: many\nday: 2026-02-30\nempty:\n", "f")
    with Fields(node, problems, "in policy 'p'") as fields:
        fields.text("title", required=True)
        fields.one_of("state", ("active", "off"))
        fields.moment("when")
        fields.texts("list")
        fields.integer("number", minimum=0, maximum=9)
        fields.day("day")
        fields.text("empty")
    assert sorted(map(str, problems)) == [
        "f:1:1: 'title' is missing in policy 'p'; add `title:`",
        "f:1:1: unknown key 'titel' in policy 'p'; did you mean 'title'?",
        "f:2:8: 'state' is 'on' in policy 'p'; write one of: active, off",
        f"f:3:7: 'when' is '2026-11-01', no moment with a zone; {MOMENT}",
        "f:4:7: the list 'list' in policy 'p' is empty; name at least one, or remove it; an empty list never means all",
        "f:5:9: 'number' is 'many'; write a whole number from 0 to 9",
        "f:6:6: 'day' is '2026-02-30', no day of the calendar; write 2026-11-01",
        "f:7:7: 'empty' in policy 'p' is empty; write a value, or remove the line",
    ]


@pytest.mark.parametrize("text", ["2026-11-01T00:00:00Z", "2026-11-01T00:00:00.5+05:45", "2026-11-01t00:00:00z"])
def test_a_moment_is_taken_as_rfc_3339_writes_it(text: str) -> None:
    problems: list[Problem] = []
    moment = Fields(read(f"at: {text}", "f"), problems).moment("at")
    assert moment is not None
    assert moment.tzinfo is not None
    assert not problems


@pytest.mark.parametrize(
    "text",
    ["2026-11-01T00:00:00", "2026-11-01T00:00Z", "20261101T000000Z", "2026-W01", "0001-01-01T00:00:00+14:00",
     "2026-11-01T24:00:00Z", "2026-11-01T00:00:60Z", "soon", "2026-11-01T00:00:00+25:00"],
)  # fmt: skip
def test_what_is_no_moment_is_refused(text: str) -> None:
    problems: list[Problem] = []
    assert Fields(read(f"at: {text}", "f"), problems).moment("at") is None
    assert [problem.code for problem in problems] == ["bad-time"]
