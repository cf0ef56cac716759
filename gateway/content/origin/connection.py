"""One connection to an origin: aiohttp's client protocol and parser, with our own head, deadlines and words for faults.

aiohttp's session is left out on purpose: it would encode fields anew, drop an empty query, put methods into capitals,
swallow interim responses and hide whether a connection was used before.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar

from aiohttp import ClientError, ClientPayloadError, EofStream, StreamReader
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import HttpProcessingError, RawResponseMessage

from gateway.content.origin.error import Fault, OriginError

T = TypeVar("T")

READ_BYTES = 2**16
LINE_BYTES = 8190
FIELD_BYTES = 16 * 1024
FIELDS = 200
_OWN_LAG_SECONDS = 0.02
_SECOND_LOOK_SECONDS = 0.1


class Connection(ResponseHandler):
    """One request at a time. `heard`: something has come back for this one. `times`: how many it has carried."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.heard = False
        self.times = 0
        self.idle_since = 0.0
        self._bodiless = False

    def data_received(self, data: bytes) -> None:
        """Note that the origin has spoken."""
        self.heard = self.heard or bool(data)
        super().data_received(data)

    def set_exception(self, exc: BaseException, exc_cause: BaseException | None = None) -> None:
        """Tell whoever reads the body, too: aiohttp leaves them waiting where a chunk is malformed."""
        payload = self._payload
        super().set_exception(exc, exc_cause or exc)
        if payload is not None and not payload.is_eof() and payload.exception() is None:
            payload.set_exception(ClientPayloadError("malformed"), exc)

    @property
    def usable(self) -> bool:
        """Whether another request may go out on it: it is open, and nothing came that nobody asked for.

        Never after HEAD: an origin that sends a body with it would have its bytes read as the next answer.
        """
        return self.is_connected() and not self.should_close and not self._bodiless

    def begin(self, head: bytes, *, bodiless: bool) -> None:
        """Send a head. `bodiless`: whatever the answer's fields say, no body follows it (HEAD)."""
        self.heard = False
        self.times += 1
        self._bodiless = bodiless
        self.set_response_params(
            skip_payload=bodiless,
            read_until_eof=True,
            auto_decompress=False,
            read_bufsize=READ_BYTES,
            max_line_size=LINE_BYTES,
            max_field_size=FIELD_BYTES,
            max_headers=FIELDS,
        )
        self._write(head)

    async def send(self, body: AsyncIterator[bytes], length: int, seconds: float) -> None:
        """Send a body of so many bytes; -1: in chunks. `seconds`: how long the origin may read nothing of it.

        Raises OriginError, also if the body is not as long as was said; whatever reading the body raises passes.
        """
        sent = 0
        async for piece in body:
            if not piece:
                continue
            sent += len(piece)
            if 0 <= length < sent:
                break
            self._write(piece if length >= 0 else b"%x\r\n%s\r\n" % (len(piece), piece))
            if self.writing_paused or self.transport is None:
                await within(seconds, Fault.TIMEOUT, self._drain_helper())
        if length < 0:
            self._write(b"0\r\n\r\n")
        elif sent != length:
            raise OriginError(Fault.FORBIDDEN, "a body that is not as long as its Content-Length")

    async def head(self, seconds: float | None) -> tuple[RawResponseMessage, StreamReader]:
        """The next head, interim or final, and its body. Raises OriginError.

        Where it was we who were late, it may lie unread in the socket: then we look once more.
        """
        try:
            return await within(seconds, Fault.FIRST_BYTE_TIMEOUT, self.read())
        except OriginError as error:
            if not error.late:
                raise
        return await within(_SECOND_LOOK_SECONDS, Fault.FIRST_BYTE_TIMEOUT, self.read())

    def _write(self, data: bytes) -> None:
        if self.transport is None:
            raise OriginError(Fault.DISCONNECTED)
        self.transport.write(data)


async def within(seconds: float | None, fault: Fault, doing: Awaitable[T]) -> T:
    """What this awaits, or an OriginError: `fault` when it takes too long, else what aiohttp's or the system's means.

    `seconds`: None for no deadline.
    """
    timeout = asyncio.timeout(seconds)
    try:
        async with timeout:
            return await doing
    except (ClientError, HttpProcessingError, EofStream, OSError) as error:
        if timeout.expired():
            late = asyncio.get_running_loop().time() - (timeout.when() or 0.0) > _OWN_LAG_SECONDS
            raise OriginError(fault, late=late) from None
        raise OriginError(_fault_of(error), type(error).__name__) from error


def reason_of(message: RawResponseMessage) -> str:
    """The reason phrase, a character an octet as in fields; aiohttp reads it as UTF-8 and escapes the rest."""
    return message.reason.encode("utf-8", "surrogateescape").decode("latin-1")


def _fault_of(error: Exception) -> Fault:
    if isinstance(error, ClientPayloadError):
        malformed = isinstance(error.__cause__, HttpProcessingError) and "malformed" in str(error)
        return Fault.MALFORMED if malformed else Fault.TRUNCATED
    if isinstance(error, HttpProcessingError):
        return Fault.MALFORMED
    if isinstance(error, ssl.SSLError):
        return Fault.TLS
    return Fault.DISCONNECTED
