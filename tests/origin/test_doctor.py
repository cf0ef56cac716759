"""What the self-test says of the CMS behind a gateway."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.origin.scripted import apart, response
from tests.running import POLICIES


def told(state: Path, content: str, **settings: str) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit code, and what is said of the CMS, by check."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    environment |= {f"GATEWAY_{name.upper()}": value for name, value in settings.items()}
    environment |= {"GATEWAY_CONTENT": content, "GATEWAY_POLICIES": str(POLICIES), "GATEWAY_STATE": str(state)}
    command = [sys.executable, "-m", "gateway", "doctor", "--json"]
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    failed = {name for name, check in checks.items() if check["status"] == "failed"}
    assert (done.returncode == 1) == bool(failed)
    return done.returncode, {name: check for name, check in checks.items() if name.startswith("CMS")}


def test_the_self_test_says_whether_a_cms_and_its_probe_answer_and_fails_where_not(tmp_path: Path) -> None:
    with apart() as cms:
        url = cms.origin.url
        cms.origin.answers["/"] = [response(b"front", "200 OK", "Content-Type: text/html")]
        cms.origin.answers["/health"] = [response(b"", "204 No Content")]
        cms.origin.answers["/ill"] = [response(b"", "503 Service Unavailable")]
        _, checks = told(tmp_path, url, origin_probe_path="/health")
        assert [check["status"] for check in checks.values()] == ["ok", "ok"]
        assert checks["CMS"]["what"].startswith(f"GET {url}/: 200 after ")
        assert checks["CMS probe"]["what"].startswith(f"HEAD {url}/health: 204 after ")
        code, checks = told(tmp_path, url, origin_probe_path="/ill")
        assert (code, checks["CMS"]["status"], checks["CMS probe"]["status"]) == (1, "ok", "failed")
        assert "/ill: 503 after" in checks["CMS probe"]["what"]
        cms.origin.answers["/"] = [response(b"who?", "404 Not Found")]
        _, checks = told(tmp_path, url, origin_probe_path="/health")
        assert (checks["CMS"]["status"], checks["CMS probe"]["status"]) == ("warning", "ok")
        assert "GATEWAY_ORIGIN_HOST" in checks["CMS"]["remedy"]
    code, checks = told(tmp_path, url)
    assert (code, [check["status"] for check in checks.values()]) == (1, ["failed", "failed"])
    assert f"GET {url}/: refused" in checks["CMS"]["what"]


def test_the_self_test_asks_no_cms_where_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "content" / "articles").mkdir(parents=True)
    assert told(tmp_path / "state", str(tmp_path / "content"))[1] == {}
