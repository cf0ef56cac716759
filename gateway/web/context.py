"""One request on its way: what came in, the snapshot that answers it, and who reads."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.delivery import Delivery, Reading
from gateway.snapshot import Snapshot
from gateway.web.exchange import Incoming, Reader
from gateway.web.languages import preferred
from gateway.web.reader import Readers


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that a handler may look at. `path` and `query` are canonical once a route was looked for."""

    incoming: Incoming
    snapshot: Snapshot
    delivery: Delivery
    readers: Readers
    reader: Reader
    base_url: str
    path: str = ""
    query: str = ""

    @property
    def reading(self) -> Reading:
        """What delivery needs to know."""
        return Reading(self.snapshot, self.reader.location, self.reader.now, self.reader.preview is not None)

    def language(self) -> str:
        """The language in which the gateway itself should speak to this reader."""
        return preferred(self.incoming.header("accept-language"), self.snapshot.renderer.languages)
