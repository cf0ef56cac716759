"""What a decision costs where policies are many: located and decided anew, and remembered.

`python -m tests.benchmarks.decisions` compares 10 policies with 2,000 policies and 200 regions, in this process, in
turns; each set at least ten policies that mean the article. Ratios of processor time; 1 where one is over its limit.
"""

# ruff: noqa: T201  (a command)
from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path

import pycountry

from gateway.cache.variant import variant_key
from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.content.files import load_directory
from gateway.events import NoEvents
from gateway.geo.client_address import ClientAddress
from gateway.geo.evidence import load_witnesses
from gateway.geo.locate import locate
from gateway.geo.location import Location
from gateway.policy.loading import read_and_parse
from gateway.render.pages import Renderer
from gateway.render.site import Site
from gateway.snapshot import Snapshot
from tests.geo.addresses import ADDRESSES
from tests.sites import policy, write_content, write_policies

SLUG = "harbour-opens"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MEANT = 10
HIT_LIMIT, MISS_LIMIT = 1.10, 3.0
SIZES = {"10 policies": (10, 10), "2,000 policies, 200 regions": (2_000, 200)}


@dataclass(frozen=True, slots=True)
class Hot:
    """A set in service, and the article that everybody asks for."""

    snapshot: Snapshot
    facts: Facts

    def hit(self, client: ClientAddress) -> str:
        """As the hot path does it where everything is remembered: place, decision, key."""
        location = self.snapshot.locations.get(client, "", NOW)
        assert location is not None
        return self._key(location)

    def decided(self, client: ClientAddress) -> str:
        """Where the reader's place is known, but not the decision."""
        self.snapshot.decisions.clear()
        return self.hit(client)

    def miss(self, client: ClientAddress) -> str:
        """Where neither the reader's place nor the decision is known."""
        self.snapshot.locations.clear()
        self.snapshot.decisions.clear()
        return self._key(self.warm(client))

    def warm(self, client: ClientAddress) -> Location:
        """Locate, and remember it."""
        policies = self.snapshot.policies
        location = locate(client, "", self.snapshot.witnesses, policies.regions, policies.corrections, NOW)
        self.snapshot.locations.put(client, "", location)
        return location

    def _key(self, location: Location) -> str:
        decision = self.snapshot.decide(self.facts, location, Door.HTML, NOW)
        return variant_key(self.facts, decision, Door.HTML, self.snapshot.renderer.version, ())


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.decisions", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--readings", type=int, default=2_000, help="of each set in each round")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gateway-decisions-") as name:
        sets = {size: hot(Path(name), *counts) for size, counts in SIZES.items()}
    late = False
    for what, way, readings, limit in (
        ("remembered", Hot.hit, given.readings, HIT_LIMIT),
        ("decided anew", Hot.decided, max(1, given.readings // 10), MISS_LIMIT),
        ("located and decided anew", Hot.miss, max(1, given.readings // 10), MISS_LIMIT),
    ):
        costs = measure(sets, way, given.rounds, readings)
        small, large = (statistics.median(costs[size]) for size in SIZES)
        ratio = statistics.median(b / a for a, b in zip(*(costs[size] for size in SIZES), strict=True))
        late = late or ratio > limit
        print(f"{what}: {small * 1e6:.2f} µs with 10 policies, {large * 1e6:.2f} µs with 2,000 and 200 regions: "
              f"{ratio:.2f} times (at most {limit})")  # fmt: skip
    return int(late)


def measure(
    sets: dict[str, Hot], way: Callable[[Hot, ClientAddress], str], rounds: int, readings: int
) -> dict[str, list[float]]:
    """Processor seconds a reading, by set and round; the sets take turns, so that a noisy minute touches both."""
    clients = [ClientAddress(IPv4Address(text), "peer", "") for text in ADDRESSES.values() if ":" not in text]
    costs: dict[str, list[float]] = {size: [] for size in sets}
    for number in range(rounds):
        order = list(sets) if number % 2 else list(reversed(sets))
        for size in order:
            one = sets[size]
            for client in clients:
                one.warm(client)
                one.hit(client)
            began = time.process_time()
            for reading in range(readings):
                way(one, clients[reading % len(clients)])
            costs[size].append((time.process_time() - began) / readings)
    return costs


def hot(root: Path, policies: int, regions: int) -> Hot:
    """So many policies, of which ten mean the article, each for two countries."""
    directory = write_policies(
        root / f"policies-{policies}",
        [
            policy(
                f"p{number}",
                "notice: {id: first}",
                "protect: all",
                readers=f"{{in: [region-{number % regions}], not_in: [AQ]}}",
                articles=f"{{slugs: [{SLUG if number < MEANT else f'slug-{number}'}]}}",
            )
            for number in range(policies)
        ],
        notices=("first",),
        regions=_regions(regions),
    )
    content = root / "content"
    index = load_directory(content if content.is_dir() else write_content(content))
    made = read_and_parse(directory)[1].required()
    renderer = Renderer(Site.of(index.site, "https://m.example", index.sections))
    return Hot(Snapshot(made, index, load_witnesses([], NoEvents()), renderer), index.facts[SLUG])


def _regions(count: int) -> str:
    codes = sorted(country.alpha_2 for country in pycountry.countries)
    random.Random(1).shuffle(codes)
    pairs = ((codes[number % len(codes)], codes[(number * 7 + 3) % len(codes)]) for number in range(count))
    lines = (f"  region-{number}: {{wholly: [{', '.join(sorted(set(pair)))}]}}\n" for number, pair in enumerate(pairs))
    return "regions:\n" + "".join(lines)


if __name__ == "__main__":
    sys.exit(main())
