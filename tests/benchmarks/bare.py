"""The floor under anything in Python on uvloop: the same bytes whatever is asked, nothing looked at, nothing logged.

`python -m tests.benchmarks.bare PORT FILE`: the file holds a whole response.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import cast

import uvloop


class Bare(asyncio.Protocol):
    """Takes every read for a request."""

    answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.write = cast("asyncio.Transport", transport).write

    def data_received(self, _data: bytes) -> None:
        self.write(self.answer)


async def serve(port: int) -> None:
    """Serve until ended."""
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    Bare.answer = Path(sys.argv[2]).read_bytes()
    uvloop.run(serve(int(sys.argv[1])))
