"""A request and its response as values, so that each lane serves the same ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from gateway.content.doors import Door
from gateway.content.message import Fields, Response
from gateway.delivery import Told
from gateway.geo.location import Location
from gateway.web.preview import Preview

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Incoming:
    """What came in. `target`: in origin form, not yet canonical. `host`: the name alone, "" where it could not be read.
    `headers` have lower-case names, in their order, repeats kept. `body`: whether one follows; only a CMS reads it.
    For a CMS: `fields`, octet for octet; `content`, the body as it comes; `interim`, which sends on a 1xx.
    """

    method: str
    target: str
    host: str
    headers: Sequence[Header]
    peer: str | None
    body: bool = False
    fields: Fields = ()
    content: AsyncIterator[bytes] | None = None
    interim: Callable[[Response], object] | None = None

    def header(self, name: str) -> str | None:
        """All values of a list-valued field, joined as RFC 9110 section 5.3 has it; None when absent."""
        values = [value for key, value in self.headers if key == name]
        return ", ".join(values) if values else None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, as far as anyone may know: the location, how the address was learnt, and the moment. `network`: a name
    for the network that means nothing outside this process. `preview`: the link by which they are somebody else.
    """

    location: Location
    address_source: str
    now: datetime
    preview: Preview | None = None
    network: int = 0


class Streamed(Protocol):
    """A body that is still coming; whoever sends it closes it."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The body, a piece at a time. Raises OriginError where it breaks off."""

    async def aclose(self) -> None:
        """Let go of where it comes from."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes out. `headers` are complete but for Date and framing. `delivered`: what the log line tells of it;
    None where no decision was asked for (assets, robots). `reader`: whom it
    was made for, where a preview stands for another reader than the one who asks. `file`: stands for a body of
    `length` bytes; whoever sends it closes it. `exact`: a CMS's own words, written octet for octet, with its `reason`
    and, where the body is still coming, a `stream` in its place.
    """

    status: int
    headers: Sequence[Header]
    body: bytes
    door: Door | None = None
    delivered: Told | None = None
    reader: Reader | None = None
    close: bool = False
    file: BinaryIO | None = None
    length: int = 0
    exact: bool = False
    reason: str = ""
    stream: Streamed | None = None

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return len(self.body) or self.length
