"""What the deployment's tests need of the machine; where a Debian package is absent they say so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def nginx(tmp_path: Path) -> Path:
    """A directory for an nginx of the test's own."""
    for program in ("nginx", "curl", "openssl"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed; tests/debian-packages.sh installs it")
    # nginx's workers run as another user when the tests run as root: let them pass through.
    directory = tmp_path / "nginx"
    directory.mkdir()
    return directory
