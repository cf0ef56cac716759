"""The bill of materials names everything that the gateway runs on, with version and licence."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from tests.running import REPOSITORY
from tests.supply.lock import RUNTIME, whole

CONTAINER = REPOSITORY / "deploy" / "container" / "Containerfile"
MAKE = re.compile(r"/cyclonedx-py (environment .*) --output-file \S+ \S+/bin/python")


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Made as `make bom` makes it, of the packages that these tests run on."""
    command = MAKE.search((REPOSITORY / "Makefile").read_text())
    assert command is not None
    file = tmp_path_factory.mktemp("bom") / "gateway.cdx.json"
    tool = Path(sys.executable).with_name("cyclonedx-py")
    subprocess.run(
        [tool, *command[1].split(), "--output-file", str(file), sys.executable], cwd=REPOSITORY, check=True, timeout=100
    )
    read = json.loads(file.read_text())
    assert isinstance(read, dict)
    return read


def test_it_is_the_gateways_and_in_a_form_that_scanners_read(bill: dict[str, Any]) -> None:
    assert bill["bomFormat"] == "CycloneDX"
    root = bill["metadata"]["component"]
    assert (root["name"], root["type"]) == ("newsroom-gateway", "application")
    assert root["licenses"][0]["license"]["id"] == "Apache-2.0"


def test_every_locked_package_is_in_it_with_its_version_and_licence(bill: dict[str, Any]) -> None:
    components = {canonicalize_name(one["name"]): one for one in bill["components"]}
    for name, entry in whole(RUNTIME).items():
        if entry.wanted_here and name != "setuptools":  # which only builds it
            component = components[name]
            assert component["version"] == entry.version, name
            assert component["purl"].startswith(f"pkg:pypi/{name}@{entry.version}"), name
            said = component["licenses"]
            assert said, name
            assert all(one.get("expression") or one["license"].get("id") or one["license"].get("name") for one in said)


def test_the_image_makes_its_own_in_the_same_way() -> None:
    asked = MAKE.search((REPOSITORY / "Makefile").read_text())
    built = MAKE.search(re.sub(r" \\\n\s*", " ", CONTAINER.read_text()))
    assert asked is not None
    assert built is not None
    assert asked[1] == built[1]
    assert "COPY --from=build /opt/gateway /opt/gateway" in CONTAINER.read_text()
    assert "/opt/gateway/gateway.cdx.json" in CONTAINER.read_text()
