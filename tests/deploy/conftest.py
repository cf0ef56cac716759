"""What the deployment's tests need of the machine; where a Debian package is absent they say so."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def nginx() -> Iterator[Path]:
    """A directory for an nginx of the test's own."""
    for program in ("nginx", "curl", "openssl"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed; tests/debian-packages.sh installs it")
    with tempfile.TemporaryDirectory() as made:
        # nginx's workers run as another user when the tests run as root: let them pass through. (Nobody but the owner
        # gets into pytest's own directories, and a worker that can write nothing aside is not the one that is shipped.)
        Path(made).chmod(0o755)
        directory = Path(made) / "nginx"
        directory.mkdir()
        yield directory
