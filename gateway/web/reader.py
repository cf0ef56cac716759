"""Who reads? The address is looked at here and goes no further than the lookup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.errors import PolicyError
from gateway.geo.cdn import SILENT, CdnGeo
from gateway.geo.client_address import TrustedProxies, client_address
from gateway.geo.locate import locate, unknown_location
from gateway.geo.shadow import Shadow
from gateway.policy.cases import locate_in
from gateway.snapshot import Snapshot
from gateway.web.exchange import Incoming, Reader
from gateway.web.own_proxy import Crowd
from gateway.web.preview import verify


@dataclass(frozen=True, slots=True)
class Readers:
    """Turns a request into a Reader. `cdn`: whose word on the place is one more source; None: nobody's.
    `shadow`: told of each new location, and never asked.
    """

    trusted: TrustedProxies
    signing_key: bytes
    clock: Callable[[], datetime]
    crowd: Crowd
    cdn: CdnGeo | None = None
    shadow: Shadow | None = None

    def of(self, incoming: Incoming, snapshot: Snapshot) -> Reader:
        """The reader of an ordinary request."""
        now = self.clock()
        client = client_address(incoming.peer, incoming.headers, self.trusted)
        host, said = incoming.host, self.cdn.ask(incoming.peer, incoming.headers) if self.cdn else SILENT
        location = snapshot.locations.get(client, host, now, said)
        if location is None:
            corrections = snapshot.policies.corrections
            location = locate(client, host, snapshot.witnesses, snapshot.regions, corrections, now, said)
            snapshot.locations.put(client, host, location, said)
            if self.shadow is not None:
                self.shadow.compare(client, host, location, snapshot.regions, corrections, now, said)
            if self.cdn:
                snapshot.witnesses.lookups[self.cdn.source, "found" if said.places else "abstained"] += 1
        return Reader(location, client.source, now, network=self.crowd.network_of(client))

    def previewed(self, token: str, slug: str, snapshot: Snapshot) -> Reader | None:
        """The reader that a preview link stands for; None where the link grants nothing."""
        now = self.clock()
        granted = verify(token, slug, self.signing_key, now)
        if granted is None:
            return None
        if not granted.target:
            return Reader(unknown_location(snapshot.regions, "preview"), "none", now, preview=granted)
        try:
            return Reader(locate_in(granted.target, snapshot.regions), "none", now, preview=granted)
        except PolicyError:
            return None  # such a region is no more; an unknown reader's page would tell the opposite of the truth
