from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running import Running, gateway


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The sample site behind a proxy on loopback; shared, so tests leave it as it is."""
    with gateway(tmp_path_factory.mktemp("sample")) as running:
        yield running
