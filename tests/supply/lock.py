"""The locks in `deploy/lock`: what is installed, in which version, and the hashes of every file that it may come in.

A set lists what it adds to the sets that it begins with. No file names a registry: which one is asked, the environment
says, and whatever it answers has to have one of these hashes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.running import REPOSITORY

LOCKS = REPOSITORY / "deploy" / "lock"
RUNTIME, BOM, DEVELOPMENT = "runtime", "bom", "development"


@dataclass(frozen=True, slots=True)
class Group:
    """A set: the extra of pyproject.toml that it adds (none: what the gateway runs on, and what builds it), and the sets
    that it begins with.
    """

    extra: str = ""
    begins_with: tuple[str, ...] = ()


SETS: Mapping[str, Group] = {
    RUNTIME: Group(),
    BOM: Group("bom"),
    DEVELOPMENT: Group("dev", (RUNTIME, BOM)),
    "acceptance": Group("acceptance", (DEVELOPMENT,)),
    "fuzz": Group("fuzz", (DEVELOPMENT,)),
}


def wanted(name: str) -> list[str]:
    """What pyproject.toml asks for, for this set and those that it begins with."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    extra = SETS[name].extra
    found = [*(project["project"]["optional-dependencies"][extra] if extra else ())]
    if name == RUNTIME:
        found = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    return [*found, *(one for other in SETS[name].begins_with for one in wanted(other))]


_ENTRY = re.compile(
    r"^(?P<requirement>[A-Za-z0-9][^\n]*?) \\\n(?P<hashes>(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Locked:
    """An entry: one version, its marker if it has one, and the hashes; `text`: as it stands in the file."""

    requirement: Requirement
    hashes: frozenset[str]
    text: str

    @property
    def version(self) -> str:
        """The one that it is pinned at."""
        (pin,) = self.requirement.specifier
        assert pin.operator == "=="
        return pin.version

    @property
    def wanted_here(self) -> bool:
        """Whether this platform and this Python are among those that it is for."""
        return self.requirement.marker is None or self.requirement.marker.evaluate()


def entries(text: str) -> dict[str, Locked]:
    """What a lock says, by canonical name; remarks and the sets that it begins with are left out."""
    found = {}
    for match in _ENTRY.finditer(text):
        requirement = Requirement(match["requirement"])
        hashes = frozenset(re.findall("sha256:([0-9a-f]{64})", match["hashes"]))
        found[canonicalize_name(requirement.name)] = Locked(requirement, hashes, match[0])
    return found


def own(name: str, directory: Path = LOCKS) -> dict[str, Locked]:
    """What a set adds."""
    return entries((directory / f"{name}.txt").read_text())


def whole(name: str, directory: Path = LOCKS) -> dict[str, Locked]:
    """All that installing a set installs."""
    found = own(name, directory)
    for other in SETS[name].begins_with:
        found = whole(other, directory) | found
    return found
