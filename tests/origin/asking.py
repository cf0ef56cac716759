"""An Origin in the test's own loop, its events kept."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

from gateway.content.message import Request
from gateway.content.origin import Care, Fault, Origin, OriginError
from gateway.events import Level
from tests.origin.faults import PAGE
from tests.origin.scripted import Heard, Script, Scripted, response

CARE = Care(first_byte_seconds=0.3, total_seconds=1.0, queue_seconds=0.3, probe_seconds=0.1)


class Kept:
    """Events, as they were emitted."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def emit(self, event: str, /, *, level: Level = "info", **fields: object) -> None:
        del level
        self.names.append(" ".join([event, *(str(fields[name]) for name in ("reason", "path") if name in fields)]))


@contextlib.asynccontextmanager
async def asking(cms: Scripted, care: Care = CARE) -> AsyncIterator[tuple[Origin, Kept]]:
    events = Kept()
    origin = Origin(cms.url, events, care)
    try:
        yield origin, events
    finally:
        await origin.aclose()


async def fault_of(origin: Origin, target: str, *, standby: bool = False, method: str = "GET") -> Fault | None:
    try:
        await origin.fetch(Request(method, target), standby=standby)
    except OriginError as error:
        assert error.retry_after >= 1  # noqa: PT017
        return error.fault
    return None


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def page(heard: Heard) -> Script:
    return [response(b"" if heard.method == "HEAD" else PAGE, length=len(PAGE))]
