"""The container's health check says what the gateway says of itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.deploy.front import DEPLOY, free_port
from tests.running import gateway


def _check(port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(DEPLOY / "container" / "healthcheck.py")],
        env={**os.environ, "GATEWAY_ADMIN_PORT": str(port)}, check=False, capture_output=True, text=True,
    )  # fmt: skip


def test_a_gateway_that_is_ready_is_healthy_and_one_that_does_not_answer_is_not(tmp_path: Path) -> None:
    with gateway(tmp_path) as running:
        checked = _check(running.admin_port)
        assert checked.returncode == 0, checked.stdout
        assert '"ready":true' in checked.stdout
    gone = _check(free_port())
    assert gone.returncode == 1
    assert "does not answer" in gone.stdout
