"""What is known of where a reader is, once the address itself is forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from gateway.geo.region import Place, Standing


@dataclass(frozen=True, slots=True)
class Location:
    """Evidence and standings of one reader. It holds no address, so it may be kept, compared and logged.

    `standings`: the standing in every region that policies name, built-in codes ("RU", "UA-43") and "unknown" among
    them. `unknown`: why the place is unknown ("" when it is known): "no-record", "unparsable", "not-global",
    "teredo", "pseudo-code", "anonymizer", "relay", "satellite", "hosting", "no-address".
    `corrected`: the reason given in corrections.yaml, if one decided. `valid_until`: when a correction ends, if that
    changes the answer.
    """

    evidence: tuple[Place, ...] = ()
    standings: Mapping[str, Standing] = field(default_factory=lambda: MappingProxyType({}))
    registered_holders: frozenset[str] = frozenset()
    unknown: str = ""
    corrected: str = ""
    valid_until: datetime | None = None
    _signature: tuple[object, ...] = field(default=(), init=False, repr=False, compare=False)

    @property
    def country(self) -> str | None:
        """The country on which most witnesses agree, for the log; None when unknown or without a majority."""
        if self.unknown or not self.evidence:
            return None
        votes = [place.country for place in self.evidence]
        leader = max(sorted(set(votes)), key=votes.count)
        return leader if 2 * votes.count(leader) > len(votes) else None

    @property
    def disputed(self) -> bool:
        """Whether witnesses name different countries."""
        return len({place.country for place in self.evidence}) > 1

    def signature(self) -> tuple[object, ...]:
        """All that a decision can depend on: the key of the decision memo. Worked out once: there may be hundreds of
        regions, and it is asked for with every request.
        """
        if not self._signature:
            known = (
                tuple(sorted((name, int(value)) for name, value in self.standings.items() if value)),
                tuple(sorted(self.registered_holders)),
                bool(self.unknown),
                self.valid_until,
            )
            object.__setattr__(self, "_signature", known)
        return self._signature
