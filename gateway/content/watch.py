"""Notice that a content directory changed: by the kernel's word where it gives one, else by looking now and then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from pathlib import Path

import watchfiles

LOOK_EVERY_SECONDS = 1.0
LOOK_AT_LEAST_EVERY_SECONDS = 60.0
LOOKING_SHARE = 0.01
"""Looking at everything takes this share of one processor at most; a hundred thousand files take half a second."""
_SETTLE_MS = 100


def pause_after(look_seconds: float) -> float:
    """How long to wait before looking at everything again, after a look that took so long: 1 to 60 seconds."""
    return min(max(LOOK_EVERY_SECONDS, look_seconds / LOOKING_SHARE), LOOK_AT_LEAST_EVERY_SECONDS)


async def changes(root: Path, look_seconds: Callable[[], float]) -> AsyncIterator[frozenset[str] | None]:
    """Paths relative to the root in which something changed; None: look at everything. Endless.

    `look_seconds` tells how long the last look at everything took. The kernel's word may be wanting (network file
    systems, no watches left) or lost: the looks find what it did not say.
    """
    clock = asyncio.get_running_loop().time
    looked = clock()
    while True:
        pause = pause_after(look_seconds())
        watching = watchfiles.awatch(
            root,
            watch_filter=None,
            debounce=_SETTLE_MS,
            step=50,
            rust_timeout=max(50, int((looked + pause - clock()) * 1000)),
            yield_on_timeout=True,
        )
        # no directory, or no watches left: looking goes on alone
        with suppress(OSError, RuntimeError):
            async with aclosing(watching):
                async for told in watching:
                    if told:
                        yield _relative(root, {path for _, path in told})
                    if clock() - looked >= pause:
                        break
        await asyncio.sleep(max(0.0, looked + pause - clock()))
        yield None
        looked = clock()


def _relative(root: Path, paths: set[str]) -> frozenset[str] | None:
    """None where a path lies elsewhere: then the kernel means something that we do not understand."""
    found = set()
    for path in paths:
        try:
            found.add(Path(path).relative_to(root).as_posix())
        except ValueError:
            return None
    return frozenset(found)
