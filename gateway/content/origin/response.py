"""An origin's answer while its body is still coming, and the check that all of it came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from aiohttp import StreamReader
from aiohttp.http import HttpProcessingError, RawResponseMessage
from aiohttp.streams import EMPTY_PAYLOAD

from gateway.content.message import Response, fields_from_octets, joined, values
from gateway.content.origin.coding import decodable, decode
from gateway.content.origin.connection import Connection, reason_of, within
from gateway.content.origin.error import Fault, OriginError
from gateway.content.origin.head import end_to_end, sendable

if TYPE_CHECKING:
    from gateway.content.origin.care import Care

_ASIDE_BYTES = 128 * 1024
"""From this size on a coded body is checked in a thread: it would hold up the loop for milliseconds."""


class StreamedResponse:
    """A final response whose body is still coming. Fields as sent, but those of the connection are gone.

    `framed`: the end of the body can be told (length, chunks, or no body); False: it ends where the connection does.
    `length`: of the body in bytes, where it was announced. `sending`: the request's body, which may still be going out.
    """

    def __init__(
        self,
        message: RawResponseMessage,
        payload: StreamReader,
        connection: Connection,
        care: Care,
        until: float,
        blame: Callable[[OriginError], None],
        sending: asyncio.Task[None] | None = None,
    ) -> None:
        raw = fields_from_octets(message.raw_headers)
        codings = values(raw, "transfer-encoding")
        unusual = message.code < 200 or not sendable((*raw, ("reason", reason_of(message))))
        if unusual or (codings and [each.lower() for each in codings] != ["chunked"]):
            raise OriginError(Fault.MALFORMED, "a head that cannot be passed on")
        self.status: int = message.code
        self.reason = reason_of(message)
        self.fields = end_to_end(raw)
        self._payload = EMPTY_PAYLOAD if message.code in {204, 304} else payload
        announced = joined(raw, "content-length")
        self.length = int(announced) if announced is not None and announced.isdecimal() else None
        self.framed = bool(message.chunked) or self.length is not None or self._payload is EMPTY_PAYLOAD
        self.leave: Callable[[], None] = _stay
        self.done: Callable[[StreamedResponse], None] = _stay
        self.connection = connection
        self.sending = sending
        self._care = care
        self._until = until
        self._blame = blame
        self._ahead: list[bytes] = []
        self._sound_within: int | None = None

    async def fits(self, limit: int) -> bool:
        """Whether `whole` would find at most `limit` bytes, coded and decoded. What is read for that is kept: either
        `whole` or `chunks` still has all of it. Raises OriginError as `whole` does where less came than was announced.
        """
        if self._announces_more_than(limit):
            return False
        body = await self._read(limit)
        if len(body) > limit:
            return False
        try:
            await self._decode(body, limit)
        except OriginError as error:
            return error.fault is not Fault.TOO_LARGE  # what else is wrong with it `whole` says
        return True

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, undecoded. Raises OriginError where it is cut off or nothing comes for too long.

        From here on it takes as long as its reader takes, and holds no place at the origin any more.
        """
        self.leave()
        while self._ahead:
            yield self._ahead.pop(0)
        while piece := await self._next(self._care.silence_seconds):
            yield piece

    async def whole(self, limit: int) -> Response:
        """All of it, checked: length or chunks complete, codings ended, coded and decoded at most `limit` bytes.

        Raises OriginError; a response that failed this check must not be kept or sent. One that announces more than
        `limit` fails before anything is read, so that its chunks can still be passed through.
        """
        if self._announces_more_than(limit):
            raise OriginError(Fault.TOO_LARGE, f"{self.length} bytes announced")
        body = await self._read(limit)
        if len(body) > limit:
            raise self.refused(OriginError(Fault.TOO_LARGE, f"more than {limit} bytes"))
        if isinstance(self.connection.exception(), HttpProcessingError) or len(self.connection):
            raise self.refused(OriginError(Fault.MALFORMED, "more bytes than were announced"))
        try:
            await self._decode(body, limit)
        except OriginError as error:
            raise self.refused(error) from None
        return Response(self.status, self.reason, self.fields, body)

    def close(self) -> None:
        """Nothing more is wanted of it."""
        self.leave()
        self.done(self)

    @property
    def complete(self) -> bool:
        """Whether the body has been read to its end."""
        return self._payload.at_eof()

    def _announces_more_than(self, limit: int) -> bool:
        return self.length is not None and self.length > limit and self._payload is not EMPTY_PAYLOAD

    async def _read(self, limit: int) -> bytes:
        """The body to its end, or a little more than `limit` bytes of it."""
        size = sum(map(len, self._ahead))
        while size <= limit:
            piece = await self._next(max(0.001, self._until - asyncio.get_running_loop().time()))
            if not piece:
                break
            self._ahead.append(piece)
            size += len(piece)
        return b"".join(self._ahead)

    async def _decode(self, body: bytes, limit: int) -> None:
        """Undo the coding, to see whether that can be done; once for both who ask. Raises OriginError."""
        if self._sound_within is not None and self._sound_within <= limit:
            return
        coding = joined(self.fields, "content-encoding")
        # A range is a piece of a coded body, and has no end mark of its own (RFC 9110, section 14.2).
        if body and coding and self.status != 206 and decodable(coding):
            if len(body) < _ASIDE_BYTES:
                decode(body, coding, limit)
            else:
                await asyncio.to_thread(decode, body, coding, limit)
        self._sound_within = limit

    async def _next(self, seconds: float) -> bytes:
        if self._payload.is_eof() and self._payload.exception() is None:
            return await self._payload.readany()  # all of it is here: no timer is needed
        try:
            return await within(seconds, Fault.TIMEOUT, self._payload.readany())
        except OriginError as error:
            raise self.refused(error) from error.__cause__

    def refused(self, error: OriginError) -> OriginError:
        """The error, once it has been counted against the page."""
        self._blame(error)
        return error


def _stay(_response: object = None) -> None:
    """Nothing is held."""
