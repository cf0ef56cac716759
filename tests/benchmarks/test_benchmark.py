"""The benchmark compares like with like. How fast anything is, no test says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.benchmarks.__main__ import GEOIP_MODULE, PROGRAMS
from tests.running import REPOSITORY

pytestmark = pytest.mark.skipif(
    not (all(map(shutil.which, PROGRAMS)) and GEOIP_MODULE.exists() and (os.cpu_count() or 1) > 1),
    reason="nginx with geoip2, wrk, Varnish and two cores are needed; tests/debian-packages.sh installs the packages",
)


def test_every_server_sends_every_reader_the_same_bytes_and_logs_each_answer(tmp_path: Path) -> None:
    picture = tmp_path / "ratios.svg"
    small = ["--rounds", "1", "--seconds", "1", "--readers", "300", "--articles", "3", "--connections", "4"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", *small, "--json", "--svg", str(picture)],
        cwd=REPOSITORY, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["facts"]["wrong answers"] == 0
    assert found["facts"]["answers without a log line"] == 0
    servers = ["nginx", "gateway", "nginx", "aiohttp", "Starlette", "Varnish", "uvloop alone"]
    for rows in found["scenarios"].values():
        assert rows[0]["ratio"] == 1
        assert {row["server"].split(",")[0] for row in rows} <= set(servers)
    assert [row["server"].split(",")[0] for row in found["scenarios"]["warm, 14 kB"]] == servers
    assert all(amount > 0 for amount in found["megabytes"].values())
    assert ET.parse(picture).getroot().tag.endswith("svg")
