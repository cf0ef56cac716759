"""`python -m tests.chaos --seconds N --seed S`: everything goes wrong while readers read; 1 where something did not hold.

The schedule follows from the seed; what happens in a second depends on the machine.
"""

# ruff: noqa: T201  (a command)
from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from tests.chaos.soak import Soak, soak
from tests.chaos.world import world


def main() -> int:
    """Run it."""
    asked = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    asked.add_argument("--seconds", type=float, default=60)
    asked.add_argument("--seed", type=int, default=None)
    asked.add_argument("--rate", type=float, default=200, help="requests a second")
    asked.add_argument("--every", type=float, default=10, help="seconds between two faults, on average")
    given = asked.parse_args()
    seed = secrets.randbelow(1 << 31) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as directory, world(Path(directory), seed) as there:

        async def run() -> Soak:
            return await soak(there, seed, given.seconds, rate=given.rate, every=given.every)

        result = asyncio.run(run())
    print(result.table())
    return 1 if result.failures() else 0


if __name__ == "__main__":
    sys.exit(main())
