"""Every promise is kept with a Redis that lets the gateway do what is documented and no more, over TLS alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance import suites
from tests.acceptance.recorder import Recording
from tests.running import REPOSITORY
from tests.servers import running
from tests.tls import Authority, TlsServer

PASSWORD = "least-privileged"
EVALUATING = re.compile(
    r"^(?!\s*#).*(\b(import|from)\s+(pickle|marshal|shelve|dill)\b|\byaml\.(load|unsafe_load)\(|(?<![.\w])(eval|exec)\()",
    re.MULTILINE,
)

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(1800)]


def access_list(directory: Path) -> Path:
    """The documented one, with a password."""
    hashed = subprocess.run(["sha256sum"], input=PASSWORD, capture_output=True, text=True, check=True).stdout.split()[0]
    file = directory / "users.acl"
    shipped = (REPOSITORY / "deploy" / "redis" / "users.acl").read_text()
    file.write_text(shipped.replace("#PASSWORD-SHA256", f"#{hashed}"))
    return file


def test_every_promise_under_the_documented_access_list_and_tls(tmp_path: Path, check: Recording) -> None:
    row = check(25, "ACL and TLS")
    authority = Authority(tmp_path / "ca")
    limits = ["--aclfile", str(access_list(tmp_path)), "--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru"]
    with running(TlsServer(tmp_path / "redis", authority, *limits)) as server:
        url = f"rediss://gateway:{PASSWORD}@127.0.0.1:{server.port}/0?ssl_ca_certs={authority.path}"
        done = suites.run("tests/end_to_end", settings=f"redis_url={url}")
        refused = (server.directory / "log").read_text().count("ACL")
    plain = suites.run("tests/cache/test_redis_tls.py", "tests/deploy/test_valkey.py")
    row.figure(
        f"{done.passed} end-to-end tests passed, {done.failed} failed; TLS, plain speech and access list: "
        f"{plain.passed} passed, {plain.failed} failed"
    )
    assert done.failed == plain.failed == refused == 0, done.said[-5000:] + plain.said[-2000:]


def test_nothing_that_is_read_is_ever_run(check: Recording) -> None:
    row = check(25, "code")
    found = [
        f"{path.relative_to(REPOSITORY)}: {match[0].strip()}"
        for path in (REPOSITORY / "gateway").rglob("*.py")
        for match in EVALUATING.finditer(path.read_text("utf-8"))
    ]
    command = [sys.executable, "-m", "bandit", "-q", "-r", "gateway", "-f", "json"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.stdout, "pip install bandit: make acceptance does"
    totals = json.loads(done.stdout)["metrics"]["_totals"]
    high = [one for one in json.loads(done.stdout)["results"] if one["issue_severity"] == "HIGH"]
    row.figure(f"{len(found)} × pickle, marshal, yaml.load, eval; bandit {totals['SEVERITY.HIGH']} high")
    assert found == []
    assert high == []
