"""A newsroom's CMS, asked over HTTP/1.1 and with care."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

from gateway.content.message import Fields, Request, Response
from gateway.content.origin_care import Care
from gateway.content.origin_error import Fault, OriginError
from gateway.events import Events

__all__ = ["Care", "Fault", "Interim", "Origin", "OriginError", "StreamedResponse"]

Interim = Callable[[Response], object]
"""Told of each interim response (1xx but 101) at once; its body is empty."""


class StreamedResponse:
    """A final response whose body is still coming. Fields as sent, but those of the connection are gone.

    `framed`: the end of the body can be told (length, chunks, or no body); False: it ends where the connection does.
    """

    status: int
    reason: str
    fields: Fields
    framed: bool

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, undecoded. Raises OriginError where it is cut off or nothing comes for too long."""
        raise NotImplementedError

    async def whole(self, limit: int) -> Response:
        """All of it, checked: length or chunks complete, content codings ended, coded and decoded at most `limit` bytes.

        Raises OriginError; a response that failed this check must not be kept or sent.
        """
        raise NotImplementedError


class Origin:
    """One origin at `base_url` (scheme and authority; the target is the request's). It is shared by all requests.

    `host`: the Host that it is told; the authority of `base_url` if empty. Nothing in a request can choose another.
    """

    def __init__(self, base_url: str, events: Events, care: Care | None = None, *, host: str = "") -> None:
        raise NotImplementedError

    @property
    def up(self) -> bool:
        """Whether it is being asked; False while the breaker is open."""
        raise NotImplementedError

    def exchange(
        self,
        request: Request,
        body: AsyncIterator[bytes] | None = None,
        interim: Interim | None = None,
        *,
        standby: bool = False,
    ) -> AbstractAsyncContextManager[StreamedResponse]:
        """Ask, and read the answer while the context lasts. Raises OriginError on entering it.

        The request's connection fields, Host, Expect and framing are left out or made anew here; everything else goes
        as it stands. `body` is sent as Content-Length says, else in chunks. `standby`: something stale stands ready,
        so that this request gives way where the origin has just recovered or this page has just failed.
        """
        raise NotImplementedError

    async def fetch(
        self, request: Request, *, limit: int | None = None, interim: Interim | None = None, standby: bool = False
    ) -> Response:
        """The whole answer to a request without body, within the total deadline (see `StreamedResponse.whole`)."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Stop probing; close every connection."""
