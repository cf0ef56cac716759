"""One immutable state of everything that an answer depends on; a reload builds the next and swaps one reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.content.files import DirectoryIndex
from gateway.geo.evidence import Witnesses
from gateway.geo.locate import LocationMemo
from gateway.geo.location import Location
from gateway.geo.region import Region
from gateway.policy.decide import decide
from gateway.policy.decision import Decision, Treatments
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
    observes: bool = False
    locations: LocationMemo = field(default_factory=lambda: LocationMemo(MEMO_SIZE), compare=False)
    decisions: dict[tuple[object, ...], Decision] = field(default_factory=dict, compare=False)
    faults: dict[str, str] = field(default_factory=dict, compare=False)
    """Policies that could not be decided, and why; whoever holds the log tells it."""

    @property
    def regions(self) -> Mapping[str, Region]:
        """Every region that a standing is known for."""
        return self.policies.regions

    def decide(self, facts: Facts, location: Location, door: Door, now: datetime) -> Decision:
        """The decision for one article, remembered for as long as it holds."""
        key = (facts.slug, facts.version, facts.language, door, location.signature())
        known = self.decisions.get(key)
        if known is not None and (known.valid_until is None or now < known.valid_until):
            return known
        original = self.index.facts.get(facts.original) if facts.translation_of else None
        decision = decide(self.policies, facts, location, door, now, original=original)
        for reason in decision.trace:
            if reason.failed:
                self.faults.setdefault(reason.policy, reason.reason)
        if self.observes:
            decision = decision.observed()
        if len(self.decisions) >= MEMO_SIZE:
            self.decisions.clear()  # a cheap bound: what is asked for often is back at once
        self.decisions[key] = decision
        return decision

    def untreated(self) -> Decision:
        """The decision for a page that no policy can treat."""
        return Decision(Treatments(), (), depends_on_place=False, valid_until=None, fingerprint="untreated")


def no_article(language: str) -> Facts:
    """What a policy sees of a page that shows no article: only policies that mean every article can mean it."""
    return Facts("", "", language, "", frozenset(), datetime(1970, 1, 1, tzinfo=UTC))
