"""`gateway geo` as people and programs call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.geo.addresses import ADDRESSES
from tests.geo.worlds import flat, write_mmdb


def geo(*arguments: str, given: str = "", cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command where there is no policies directory."""
    command = [sys.executable, "-m", "gateway", "geo", *arguments]
    return subprocess.run(command, input=given, capture_output=True, text=True, cwd=cwd, timeout=100, check=False)


def test_lookup_prints_a_json_line_an_address(tmp_path: Path) -> None:
    done = geo("lookup", ADDRESSES["Simferopol"], ADDRESSES["Kyiv"], "10.0.0.1", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    crimea, kyiv, private = map(json.loads, done.stdout.splitlines())
    assert crimea == {
        "address": ADDRESSES["Simferopol"],
        "evidence": [
            {"source": "dbip-city", "country": "RU", "subdivision": "UA-43"},
            {"source": "ipfire", "country": "RU", "subdivision": None},
            {"source": "geo-whois-asn-country", "country": "RU", "subdivision": None},
            {"source": "iptoasn-country", "country": "RU", "subdivision": None},
        ],
        "regions": {"RU": "inside", "controlled_by(RU)": "confirmed", "UA": "inside", "unknown": "outside"},
    }
    assert kyiv["regions"]["controlled_by(RU)"] == "outside"
    assert private["unknown"] == "not-global"
    assert set(private["regions"].values()) == {"possible", "confirmed"}


def test_lookup_holds_readers_against_the_regions_of_policies(tmp_path: Path) -> None:
    policies = Path(__file__).parents[2] / "policies"
    done = geo("lookup", "--json", "--policies", str(policies), given=f"{ADDRESSES['Donetsk']}\n", cwd=tmp_path)
    assert json.loads(done.stdout)["regions"]["russia-controlled-ukraine"] == "possible"


def test_lookup_of_garbage_is_a_finding_and_the_reader_unknown(tmp_path: Path) -> None:
    done = geo("lookup", "garbage", "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["unknown"] == "unparsable"


def test_wrong_usage_is_told_apart_from_findings(tmp_path: Path) -> None:
    assert geo("lookup", "--nonsense", cwd=tmp_path).returncode == 2
    assert geo("nonsense", cwd=tmp_path).returncode == 2
    missing = geo("lookup", "8.8.8.8", "--geoip", "nowhere.mmdb", cwd=tmp_path)
    assert missing.returncode == 1
    assert "nowhere.mmdb: cannot be read" in missing.stderr


def test_status_says_age_licence_coverage_and_strange_labels(tmp_path: Path) -> None:
    records = {"77.88.0.0/16": flat("RU", "Moscow"), "37.73.0.0/16": flat("UA", "New Oblast"), "8.8.0.0/16": flat("CS")}
    path = write_mmdb(tmp_path / "dbip-city.mmdb", records, built=1_780_000_000)
    done = geo("status", "--json", "--geoip", str(path), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (database,) = json.loads(done.stdout)
    (source,) = database["sources"]
    assert (database["kind"], source["licence"], source["link"]) == ("flat", "CC-BY-4.0", "https://db-ip.com")
    assert source["not_understood"] == ["CS", "UA|New Oblast"] or source["not_understood"] == ["UA|New Oblast", "CS"]
    assert source["coverage"]["subdivided"] == {"RU": 1.0, "UA": 0.0}
    assert source["age_days"] > 0
    assert geo("status", "--fast", "--strict", "--geoip", str(path), cwd=tmp_path).returncode == 1


LOG = """91.241.128.34 - - [23/Nov/2026:10:00:00 +0000] "GET /articles/x HTTP/1.1" 200 512 "-" "Mozilla/5.0"
37.144.12.34 - - [23/Nov/2026:10:00:01 +0000] "GET / HTTP/1.1" 200 512 "-" "curl/8.8.8"
195.184.213.34, 10.0.0.1
{"client": "102.88.20.34", "status": 200}
::ffff:37.73.40.34
10.0.0.7
no address here
"""


def test_compare_counts_and_prints_no_address(tmp_path: Path) -> None:
    done = geo("compare", "--json", given=LOG, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["lines"], found["readers"], found["unknown"]) == (7, 6, 1)
    assert found["naive"]["dbip-city"] == 2
    assert (found["warned"], found["added"], found["dropped"]) == (4, 2, 0)
    shown = geo("compare", given=LOG, cwd=tmp_path).stdout
    assert not [word for word in ("91.241", "37.144", "195.184", "10.0.0") if word in shown + done.stdout]


def test_compare_tells_operators_apart_where_they_are_known(tmp_path: Path) -> None:
    records = {"91.241.128.0/24": {"autonomous_system_organization": "CrimeaTelecom"}}
    asn = write_mmdb(tmp_path / "asn.mmdb", records, kind="GeoLite2-ASN")
    done = geo("compare", "--json", "--asn", str(asn), given=LOG, cwd=tmp_path)
    operators = {name: (naive, warned) for name, naive, warned in json.loads(done.stdout)["operators"]}
    assert operators == {"CrimeaTelecom": (1, 1), "unknown": (1, 3)}


def test_build_diff_and_update_work_together(tmp_path: Path) -> None:
    write_mmdb(tmp_path / "one.mmdb", {"77.88.0.0/16": flat("RU"), "8.8.8.0/24": flat("US")}, built=1_780_000_000)
    write_mmdb(tmp_path / "two.mmdb", {"77.88.0.0/17": flat("DE")}, built=1_780_000_000)
    built = geo("build", "one.mmdb", "two.mmdb", "--output", "evidence.mmdb", "--json", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    assert json.loads(built.stdout)["disputed"] == 32768
    assert "The price" in geo("build", "one.mmdb", "--output", "one-fused.mmdb", cwd=tmp_path).stdout
    moved = json.loads(geo("diff", "one.mmdb", "evidence.mmdb", "--json", cwd=tmp_path).stdout)
    assert (moved["compared"], moved["moves"]) == (65536 + 256, [["RU", "disputed", 32768]])
    done = geo("update", "evidence.mmdb", "--into", "kept", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["changed"] is True
    assert json.loads(geo("lookup", "8.8.8.8", "--geoip", "kept/evidence.mmdb", "--json", cwd=tmp_path).stdout)[
        "evidence"
    ] == [{"source": "one", "country": "US", "subdivision": None}]


@pytest.mark.parametrize("verb", ["lookup", "status", "compare", "build", "diff", "update"])
def test_every_verb_explains_itself(tmp_path: Path, verb: str) -> None:
    done = geo(verb, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "--json" in done.stdout
