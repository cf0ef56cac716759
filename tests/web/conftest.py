from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Running, gateway
from tests.web.wire import SITE
from tests.web.world import MIRROR, write_world

NAMES = f"http://{SITE},http://{MIRROR}"
ELSEWHERE = "elsewhere.example"


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Content and policies; nobody changes them."""
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def site(world: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The site with both lanes open."""
    content, policies = world
    with gateway(
        tmp_path_factory.mktemp("site"), content=content, policies=policies, base_url=NAMES, redirect_hosts=ELSEWHERE
    ) as running:
        yield running


@pytest.fixture(scope="session")
def natural(world: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The same site without the express lane."""
    content, policies = world
    directory = tmp_path_factory.mktemp("natural")
    with gateway(
        directory, content=content, policies=policies, base_url=NAMES, redirect_hosts=ELSEWHERE, express="off"
    ) as running:
        yield running
