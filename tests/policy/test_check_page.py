"""`gateway check --html` and `--junit`: what is mailed to counsel, and what a build server reads."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from gateway.cli import application
from gateway.cli.policy_page import title_of

ROOT = Path(__file__).parents[2]
CONTENT = str(ROOT / "gateway" / "sample")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))


def check(*arguments: str | Path) -> int:
    return CliRunner().invoke(application, ["check", *map(str, arguments)], env={"COLUMNS": "400"}).exit_code


def page(directory: Path, *arguments: str) -> str:
    check(directory, *arguments, "--html", directory / "page.html")
    return (directory / "page.html").read_text("utf-8")


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def test_the_page_says_who_sees_what_by_which_policy_and_act(directory: Path) -> None:
    told = plain(page(directory, "--content", CONTENT))
    assert "Germany (DE) 451: refused, with the notice “withdrawn-by-court” One article withdrawn for readers" in told
    assert "Preliminary injunction, file 00 O 0000/26" in told
    assert "Austria (AT) without “p3” One passage left out for readers in Austria" in told
    assert "everywhere else as published no policy" in told
    assert "place unknown notice “undesirable-organization”; protected: everything" in told
    assert "2027-01-21 review passage-withheld" in told
    assert re.search(r"revision [0-9a-f]{12}: 4 policies; nothing found\.", told)


def test_what_a_policy_in_shadow_would_do_is_said_in_words(directory: Path) -> None:
    file = directory / "undesirable-organization-anyone.yaml"
    file.write_text(file.read_text().replace("state: off", "state: shadow"))
    told = plain(page(directory, "--content", CONTENT))
    assert (
        "in shadow, not applied: undesirable-organization-anyone (notice “undesirable-organization”; protected: "
        "everything) " in told
    )


def test_the_page_needs_nothing_but_itself(directory: Path) -> None:
    html = page(directory, "--content", CONTENT)
    assert "<script" not in html
    assert not re.search(r"""(?:src|srcset|@import|url\()\s*=?\s*["'(]?http""", html)
    assert "<link" not in html
    assert "default-src 'none'" in html


def test_the_page_shows_findings_and_what_was_not_checked(directory: Path) -> None:
    file = directory / "court-order-example.yaml"
    file.write_text(file.read_text().replace("the-dredging-contract]", "the-dredging-contract, <nowhere>]"))
    told = page(directory, "--content", CONTENT)
    assert "no article has the slug &#39;&lt;nowhere&gt;&#39;" in told
    assert "court-order-example.yaml:17:34" in told
    assert "No content was given" in plain(page(directory))


def test_a_set_that_cannot_be_used_still_makes_a_page(directory: Path) -> None:
    (directory / "broken.yaml").write_text("policy: [\n")
    told = plain(page(directory))
    assert "cannot be used: 1 error" in told
    assert "broken.yaml:2:1" in told


def test_without_content_the_kinds_of_articles_are_told_by_their_selectors(directory: Path) -> None:
    told = plain(page(directory))
    assert "an article with slug 'the-dredging-contract'" in told
    assert "any article" in told


def test_a_page_that_cannot_be_written_is_wrong_usage(directory: Path) -> None:
    assert check(directory, "--html", directory / "nowhere" / "page.html") == 2


def test_the_junit_report_has_a_case_a_file_and_a_failure_a_finding(directory: Path) -> None:
    assert check(directory, "--content", CONTENT, "--junit", directory / "a.xml") == 0
    suite = ET.parse(directory / "a.xml").getroot()
    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")
    assert str(directory / "regions.yaml") in {case.get("name") for case in suite}
    file = directory / "court-order-example.yaml"
    file.write_text(file.read_text().replace("in: [DE]", "in: [UK]"))
    assert check(directory, "--content", CONTENT, "--junit", directory / "a.xml") == 1
    (failure,) = ET.parse(directory / "a.xml").getroot().iter("failure")
    assert failure.get("type") == "unknown-country"


def test_warnings_are_failures_in_the_report_where_they_fail(directory: Path) -> None:
    file = directory / "court-order-example.yaml"
    file.write_text(file.read_text().replace("review_by: 2027-03-03", "review_by: 2026-01-01"))
    check(directory, "--junit", directory / "a.xml")
    assert "review-overdue" in (directory / "a.xml").read_text()
    assert not list(ET.parse(directory / "a.xml").getroot().iter("failure"))
    check(directory, "--junit", directory / "a.xml", "--strict")
    assert list(ET.parse(directory / "a.xml").getroot().iter("failure"))


def test_kinds_of_articles_are_lettered_on_beyond_the_alphabet() -> None:
    assert [title_of(number) for number in (0, 25, 26, 27, 702)] == ["A", "Z", "AA", "AB", "AAA"]
