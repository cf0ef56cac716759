from __future__ import annotations

from pathlib import Path

import pytest

from gateway.content.files import DirectoryIndex
from gateway.render.pages import Renderer
from tests.render import world


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> DirectoryIndex:
    root: Path = tmp_path_factory.mktemp("newspaper")
    return world.newspaper(root)


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer(world.site())
