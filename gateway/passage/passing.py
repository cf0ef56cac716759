"""What a reader asks of a CMS and what is answered, as values."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass

from gateway.cache.http.stored import Stored
from gateway.content.article import Facts
from gateway.content.message import Request, Response
from gateway.content.origin import Interim, StreamedResponse
from gateway.delivery import Reading
from gateway.passage.sight import NOTHING, Sight
from gateway.policy.decision import Decision


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader asks of the CMS. `request`: as anybody might ask it; `own`: with all that is this reader's own.
    `shared`: whether what others were told may answer it; `personal`: whether the CMS might tell this one otherwise.
    `careful`: policies may treat the answer, so nothing may be left for the CMS to say of a page that a reader has.
    """

    reading: Reading
    request: Request
    own: Request
    shared: bool
    personal: bool = False
    careful: bool = True
    body: AsyncIterator[bytes] | None = None
    interim: Interim | None = None


class Stream:
    """A body that is still coming; whoever sends it closes it."""

    def __init__(self, stack: ExitStack, streamed: StreamedResponse) -> None:
        self._stack = stack
        self.chunks = streamed.chunks

    async def aclose(self) -> None:
        """Let go of the connection."""
        self._stack.close()


@dataclass(frozen=True, slots=True)
class Passed:
    """An answer and why it is this one. `how`: RFC 9211's word ("hit", "uri-miss", "stale" …). `stored`: what the cache
    holds of it. `status` and `level` are the log's words. `stream`: stands for the response's body.
    """

    response: Response
    how: str
    status: str
    level: str
    sight: Sight = NOTHING
    stored: Stored | None = None
    stream: Stream | None = None
    collapsed: bool = False

    @property
    def decision(self) -> Decision | None:
        """What was decided; None where nothing was."""
        return self.sight.decision

    @property
    def facts(self) -> Facts | None:
        """The article, where it is one."""
        return self.sight.facts
