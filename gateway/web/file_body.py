"""A file as the body of a response: a piece at a time, so that a slow reader holds a piece and not the whole."""

from __future__ import annotations

import asyncio
from typing import BinaryIO

from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload

PIECE_BYTES = 64 * 1024


class FileBody(Payload):
    """`length` bytes of a file. One that has become shorter breaks the connection: the next response must never be
    taken for the rest of this one.
    """

    def __init__(self, file: BinaryIO, length: int) -> None:
        super().__init__(file)
        self._file = file
        self._size = length

    async def write(self, writer: AbstractStreamWriter) -> None:
        """All of it; each piece is read when the reader has taken the one before."""
        await self.write_with_length(writer, None)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """As `write`; the length is always what was said."""
        del content_length
        left = self._size or 0
        try:
            while left:
                piece = await asyncio.to_thread(self._file.read, min(PIECE_BYTES, left))
                if not piece:
                    raise ConnectionError("the file has become shorter")
                left -= len(piece)
                await writer.write(piece)
        finally:
            self._file.close()

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Nobody asks."""
        raise NotImplementedError
