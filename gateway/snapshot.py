"""One immutable state of everything that an answer depends on; a reload builds the next and swaps one reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.content.files import DirectoryIndex
from gateway.geo.evidence import Witnesses
from gateway.geo.locate import LocationMemo
from gateway.geo.location import Location
from gateway.geo.region import Region
from gateway.policy.decide import decide
from gateway.policy.decision import Decision
from gateway.policy.model import PolicySet
from gateway.render.pages import Renderer

MEMO_SIZE = 65_536


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Policies, content, evidence and templates of one moment. Its memos die with it, so no answer outlives them."""

    policies: PolicySet
    index: DirectoryIndex
    witnesses: Witnesses
    renderer: Renderer
    locations: LocationMemo = field(default_factory=lambda: LocationMemo(MEMO_SIZE), compare=False)
    decisions: dict[tuple[object, ...], Decision] = field(default_factory=dict, compare=False)

    @property
    def regions(self) -> Mapping[str, Region]:
        """Every region that a standing is known for."""
        return self.policies.regions

    def decide(self, facts: Facts, location: Location, door: Door, now: datetime) -> Decision:
        """The decision for one article, remembered for as long as it holds."""
        key = (facts.slug, facts.version, door, location.signature())
        known = self.decisions.get(key)
        if known is not None and (known.valid_until is None or now < known.valid_until):
            return known
        decision = decide(self.policies, facts, location, door, now)
        if len(self.decisions) >= MEMO_SIZE:
            self.decisions.clear()  # a cheap bound: what is asked for often is back at once
        self.decisions[key] = decision
        return decision
