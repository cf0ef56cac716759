"""`gateway check`, `test` and `explain`, as an operator runs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]
CONTENT = str(ROOT / "gateway" / "sample")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    command = [sys.executable, "-m", "gateway", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def test_check_is_content_with_the_sample(directory: Path) -> None:
    done = run("check", directory, "--content", CONTENT, "--strict")
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 policies; nothing found" in done.stdout


def test_check_names_file_line_column_and_remedy_of_every_mistake(directory: Path) -> None:
    edit(directory / "court-order-example.yaml", "in: [DE]", "in: [UK]")
    edit(directory / "passage-withheld.yaml", "readers:", "raeders:")
    edit(directory / "undesirable-organization.yaml", "id: undesirable-organization,", "id: undesirable,")
    edit(directory / "regions.yaml", "hosts: [mirror.meridian.example, meridianmirror.onion]", "hosts: []")
    (directory / "broken.yaml").write_text("policy: [\n")
    done = run("check", directory)
    assert done.returncode == 1
    for line in [
        "court-order-example.yaml:15:8: unknown country 'UK' in 'in' of policy 'court-order-example'; ISO 3166-1 says 'GB'",
        "passage-withheld.yaml:14:1: unknown key 'raeders' in the policy; did you mean 'readers'?",
        "there is no notice 'undesirable' in 'notice' of policy 'undesirable-organization'; write notices/undesirable/en.md",
        "regions.yaml:16:12: the list 'hosts' in region 'mirrors' is empty;",
        "broken.yaml:2:1: not YAML:",
    ]:
        assert line in done.stdout
    assert done.stderr == "", "findings are what was asked for, and no trouble"
    assert "cannot be used" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_check_says_what_it_could_not_check(directory: Path) -> None:
    assert "Not checked: No content was given" in run("check", directory).stdout


def test_strict_makes_warnings_failures(directory: Path) -> None:
    edit(directory / "court-order-example.yaml", "the-dredging-contract]", "the-dredging-contract, nowhere]")
    assert run("check", directory, "--content", CONTENT).returncode == 0
    strict = run("check", directory, "--content", CONTENT, "--strict")
    assert strict.returncode == 1
    assert "court-order-example.yaml:17:34: no article has the slug 'nowhere'" in strict.stdout


def test_check_speaks_json(directory: Path) -> None:
    edit(directory / "court-order-example.yaml", "in: [DE]", "in: [UK]")
    done = run("check", directory, "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["ok"], report["revision"]) == (1, False, None)
    assert report["findings"][0] == {
        "path": str(directory / "court-order-example.yaml"),
        "line": 15,
        "column": 8,
        "code": "unknown-country",
        "severity": "error",
        "what": "unknown country 'UK' in 'in' of policy 'court-order-example'",
        "remedy": "ISO 3166-1 says 'GB'",
    }


def test_wrong_usage_is_exit_2(tmp_path: Path) -> None:
    assert run("check", tmp_path / "nowhere").returncode == 2
    assert run("explain", "the-ferry-that-still-runs").returncode == 2
    assert run("explain", "nowhere", "--unknown").returncode == 2
    assert run("explain", "the-ferry-that-still-runs", "--ip", "garbage").returncode == 2
    assert run("explain", "the-ferry-that-still-runs", "--in", "UK").returncode == 2
    assert run("explain", "the-ferry-that-still-runs", "--unknown", "--at", "soon").returncode == 2


def test_the_samples_cases_pass(directory: Path, tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    done = run("test", directory, "--content", CONTENT, "--junit", report)
    assert (done.returncode, done.stderr) == (0, "")
    suite = ET.parse(report).getroot()
    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")
    assert int(suite.get("tests", "0")) >= 20


def test_a_case_that_fails_says_what_differs_and_why(directory: Path) -> None:
    (directory / "tests" / "mine.yaml").write_text(
        "cases:\n"
        "  - name: A reader in Lagos is warned\n"
        "    reader: {in: NG}\n"
        "    article: the-ferry-that-still-runs\n"
        "    expect: {status: 451, notices: [undesirable-organization], policies: []}\n"
    )
    done = run("test", directory, "--content", CONTENT)
    assert done.returncode == 1
    assert "tests/mine.yaml:2: A reader in Lagos is warned" in done.stdout
    assert "status: expected 451, got 200" in done.stdout
    assert "notices: undesirable-organization expected, but not there" in done.stdout
    assert "undesirable-organization: does not apply; the reader is outside RU" in done.stdout
    assert "    2 policies more: the policy means other articles.\n" in done.stdout, "there may be thousands"
    assert "court-order-example" not in done.stdout


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("{name: x, reader: {in: UK}, article: a, expect: {status: 200}}", "unknown region 'UK' in case 'x'; ISO 3166-1 says 'GB'"),
        ("{name: x, reader: {}, article: a, expect: {status: 200}}", "it is not clear who reads in case 'x'"),
        ("{name: x, reader: {ip: here}, article: a, expect: {status: 200}}", "'here' is no address in case 'x'"),
        ("{name: x, reader: {in: DE}, article: a, expect: {}}", "nothing is expected in case 'x'"),
        ("{name: x, reader: {in: DE}, article: a, expcet: {status: 200}}", "unknown key 'expcet' in case 'x'; did you mean 'expect'?"),
        ("{name: x, reader: {in: DE}, article: the-fery-that-still-runs, expect: {status: 200}}", "did you mean 'the-ferry-that-still-runs'?"),
    ],
)  # fmt: skip
def test_a_case_that_cannot_be_tried_is_told(directory: Path, case: str, message: str) -> None:
    (directory / "tests" / "mine.yaml").write_text(f"cases:\n  - {case}\n")
    done = run("test", directory, "--content", CONTENT)
    assert done.returncode == 1
    assert message in done.stdout


def test_explain_speaks_the_interfaces_json(directory: Path) -> None:
    done = run("explain", "the-dredging-contract", "--in", "DE", "--policies", directory, "--json",
               "--at", "2026-11-20T12:00:00Z")  # fmt: skip
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert (told["status"], told["treatments"]) == (451, ["block:withdrawn-by-court"])
    assert told["valid_until"] == "2027-09-04T00:00:00+02:00"
    assert {one["policy"]: (one["matched"], one["standing"]) for one in told["policies"]} == {
        "court-order-example": (True, "confirmed"),
        "passage-withheld": (False, None),
        "undesirable-organization": (False, "outside"),
        "undesirable-organization-anyone": (False, None),
    }
    assert all(one["reason"] for one in told["policies"])


def test_explain_tells_a_person_on_what_evidence_and_until_when(directory: Path) -> None:
    done = run("explain", "the-dredging-contract", "--unknown", "--policies", directory, "--at", "2026-11-20T12:00:00Z")
    for sentence in [
        "The reader's place is unknown (hypothetical).",
        "200: notice:undesirable-organization, protect:all.",
        "court-order-example: does not apply; the reader may be in DE; not enough for what needs confirmed.",
        "This can change at 2027-09-04T00:00:00+02:00.",
    ]:
        assert sentence in done.stdout


def test_explain_looks_a_real_address_up_in_the_embedded_evidence(directory: Path) -> None:
    told = json.loads(
        run("explain", "the-ferry-that-still-runs", "--ip", "95.173.136.70", "--policies", directory, "--json").stdout
    )
    assert told["regions"]["RU"] == "confirmed"
    assert "notice:undesirable-organization" in told["treatments"]
    assert "95.173" not in json.dumps(told)
