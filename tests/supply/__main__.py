"""`make lock`: resolve what pyproject.toml wants, for all Pythons and platforms at once, and write deploy/lock anew.

What is pinned stays where pyproject.toml permits it; `--upgrade` takes the newest of everything that it does not pin.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.supply.lock import LOCKS, SETS, Locked, entries, own, wanted, whole

OLDEST = "3.11"
HEAD = """\
# Written by `make lock` from pyproject.toml: hashes of every file of each release, for all platforms. It names no registry:
# the environment does. To install: pip install --require-hashes --only-binary :all: --requirement THIS
"""


def resolved(requirements: Iterable[str], scratch: Path, *arguments: str) -> dict[str, Locked]:
    """What these bring along, by uv, for every Python from OLDEST on. Pins in `scratch` are kept."""
    command = [
        Path(sys.executable).with_name("uv"), "pip", "compile", "-", "--universal", f"--python-version={OLDEST}",
        "--generate-hashes", "--no-header", "--no-annotate", "--quiet", f"--output-file={scratch}", *arguments,
    ]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, text=True, input="\n".join(requirements))
    return entries(scratch.read_text())


def main() -> None:
    """Resolve all sets together, so that what two of them want is one version; then see who wants what."""
    kept = {name: entry for each in SETS if (LOCKS / f"{each}.txt").exists() for name, entry in own(each).items()}
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory) / "all.txt"
        scratch.write_text("".join(entry.text for entry in kept.values()))
        found = resolved([line for name in SETS for line in wanted(name)], scratch, *sys.argv[1:])
        for name, group in SETS.items():
            names = resolved(wanted(name), Path(directory) / f"{name}.txt", f"--constraint={scratch}")
            before = {one for other in group.begins_with for one in whole(other)}
            begun = [f"--requirement {other}.txt\n" for other in group.begins_with]
            added = [found[one].text for one in sorted(names) if one not in before]
            (LOCKS / f"{name}.txt").write_text("".join((HEAD, *begun, *added)))


if __name__ == "__main__":
    main()
