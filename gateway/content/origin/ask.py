"""One request and its answer: on which connection, with which deadlines, and when to try once more."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable

from aiohttp import StreamReader
from aiohttp.http import RawResponseMessage

from gateway.content.message import Request, Response, fields_from_octets, joined
from gateway.content.origin.care import SAFE, Care
from gateway.content.origin.connection import Connection, reason_of, within
from gateway.content.origin.error import Fault, OriginError
from gateway.content.origin.head import end_to_end, head_of, sendable
from gateway.content.origin.pool import Pool
from gateway.content.origin.response import StreamedResponse

Interim = Callable[[Response], object]
"""Told of each interim response (1xx but 101) at once; its body is empty."""

INTERIM_LIMIT = 16


class Asking:
    """Asks and gives connections back. Knows nothing of an origin's health."""

    def __init__(self, pool: Pool, care: Care, host: str, counts: Counter[str]) -> None:
        self._pool = pool
        self._care = care
        self._host = host
        self._counts = counts

    async def ask(
        self,
        request: Request,
        body: AsyncIterator[bytes] | None,
        interim: Interim | None,
        blame: Callable[[OriginError], None] = lambda _error: None,
    ) -> StreamedResponse:
        """The final response; `done` must be told of it. Raises OriginError.

        What is safe to repeat goes once more, on a new connection, if a connection that had been used before ended
        without a word (RFC 9112, section 9.3.1). What is not never goes on such a connection.
        """
        length = _length(request, body)
        head = head_of(request, self._host, length)
        until = asyncio.get_running_loop().time() + self._care.total_seconds
        repeatable = request.method in SAFE and body is None
        retried = False
        while True:
            connection = await self._pool.take(fresh=retried or not repeatable)
            used = connection.times > 0
            sending = None
            try:
                connection.begin(head, bodiless=request.method == "HEAD")
                if body is None or not length:
                    seconds = self._care.first_byte_seconds if repeatable else self._care.unsafe_first_byte_seconds
                    message, payload = await _final(connection, seconds, interim)
                else:
                    sending = asyncio.create_task(connection.send(body, length, self._care.silence_seconds))
                    message, payload = await self._while_sending(connection, sending, interim)
                if not repeatable:  # it has had its time to begin; this is for the rest
                    until = asyncio.get_running_loop().time() + self._care.total_seconds
                return StreamedResponse(message, payload, connection, self._care, until, blame, sending)
            except OriginError as error:
                connection.abort()
                alone = error.fault is Fault.DISCONNECTED and used and not connection.heard
                if not (alone and repeatable and self._care.retry and not retried):
                    raise
                retried = True
                self._counts["retries"] += 1
            except BaseException:
                connection.abort()
                raise

    def done(self, response: StreamedResponse) -> None:
        """Nothing more is wanted of it: keep the connection if all was said on it."""
        sending = response.sending
        if sending is not None and not sending.done():
            sending.cancel()
        elif response.complete:
            self._pool.give(response.connection)
            return
        response.connection.abort()

    async def _while_sending(
        self, connection: Connection, sending: asyncio.Task[None], interim: Interim | None
    ) -> tuple[RawResponseMessage, StreamReader]:
        """The answer to a request with a body. It may come before the body is through; then the rest is not needed."""
        reading = asyncio.create_task(_final(connection, None, interim))
        sending.add_done_callback(_noted)
        try:
            await asyncio.wait({sending, reading}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done() and not _cut_off(sending):
                sending.result()
            return await within(self._care.unsafe_first_byte_seconds, Fault.FIRST_BYTE_TIMEOUT, reading)
        except BaseException:
            sending.cancel()
            reading.cancel()
            raise


def _cut_off(sending: asyncio.Task[None]) -> bool:
    """Whether the origin closed the connection while it was being sent a body; it may have said why before."""
    error = sending.exception()
    return isinstance(error, OriginError) and error.fault is Fault.DISCONNECTED


def _noted(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.exception()


def _length(request: Request, body: AsyncIterator[bytes] | None) -> int | None:
    announced = joined(request.fields, "content-length")
    if announced is None:
        return None if body is None else -1
    if not (announced.isascii() and announced.isdecimal()) or (body is None and int(announced)):
        raise OriginError(Fault.FORBIDDEN, "a body that is not as long as its Content-Length")
    return int(announced)


async def _final(
    connection: Connection, seconds: float | None, interim: Interim | None
) -> tuple[RawResponseMessage, StreamReader]:
    for _ in range(INTERIM_LIMIT):
        message, payload = await connection.head(seconds)
        if not 100 <= message.code < 200:
            return message, payload
        fields = end_to_end(fields_from_octets(message.raw_headers))
        if message.code == 101 or not sendable(fields):
            raise OriginError(Fault.MALFORMED, "another protocol than was asked for")
        if interim is not None:
            interim(Response(message.code, reason_of(message), fields))
    raise OriginError(Fault.MALFORMED, "interim responses without end")
