from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Running
from tests.web.world import serve, write_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Content and policies; nobody changes them."""
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def site(world: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The site with both lanes open."""
    with serve(tmp_path_factory.mktemp("site"), world) as running:
        yield running


@pytest.fixture(scope="session")
def natural(world: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The same site without the express lane."""
    with serve(tmp_path_factory.mktemp("natural"), world, express="off") as running:
        yield running
