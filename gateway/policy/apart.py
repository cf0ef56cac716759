"""Read and check policies in a process of their own: `python -m gateway.policy.apart`. Thousands of files take seconds.

What passes between the two are values, over a socket of multiprocessing's that only they have.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from gateway.errors import PolicyError, Problem
from gateway.policy.files import read_directory
from gateway.policy.parse import Parsed, parse

PARSE_SECONDS = 60.0

Source = Path | Mapping[str, bytes]
"""A directory, or files that were read already."""

Outcome = tuple[dict[str, bytes], Parsed] | PolicyError


async def parse_apart(
    source: Source, redirect_hosts: frozenset[str], *, seconds: float = PARSE_SECONDS
) -> tuple[dict[str, bytes], Parsed]:
    """The files and what they say. Raises PolicyError where they cannot be read; other problems are in `Parsed`.

    The event loop is held for moments only. A cancellation ends the other process.
    """
    here, there = Pipe()
    with there:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway.policy.apart", str(there.fileno()),
            stdin=asyncio.subprocess.DEVNULL, pass_fds=(there.fileno(),),
            start_new_session=True,  # Ctrl-C is for us, and we end it
        )  # fmt: skip
    try:
        async with asyncio.timeout(seconds):
            outcome = await asyncio.to_thread(_ask, here, source, redirect_hosts)
    except TimeoutError as error:
        what = f"the policies could not be read within {seconds:.0f} s"
        raise _failed("too-slow", what, "look for huge files in the directory") from error
    except (EOFError, OSError) as error:
        raise _failed("reader-died", "the process that read the policies died", "try again") from error
    finally:
        if process.returncode is None:
            process.kill()  # after a time-out or a cancellation this ends the thread too, which still talks to it
        await process.wait()
    if isinstance(outcome, PolicyError):
        raise outcome
    return outcome


def _ask(here: Connection, source: Source, redirect_hosts: frozenset[str]) -> Outcome:
    with here:
        here.send((source, redirect_hosts))
        here.poll(None)
        with _kept_from_the_collector():
            outcome: Outcome = here.recv()
            return outcome


@contextmanager
def _kept_from_the_collector() -> Iterator[None]:
    """What is made here lives until the next reload. To the collector it would look like a heap that doubled: it would
    hold the event loop for a tenth of a second to visit all of it, again and again, and find nothing.
    """
    gc.collect()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def _failed(code: str, what: str, remedy: str) -> PolicyError:
    problem = Problem(".", 0, 0, code, what, remedy)
    return PolicyError(str(problem), [problem])


def _main() -> None:
    """Read once, answer once."""
    with Connection(int(sys.argv[1])) as there:
        source, redirect_hosts = there.recv()
        try:
            files = read_directory(source) if isinstance(source, Path) else dict(source)
            there.send((files, parse(files, redirect_hosts=redirect_hosts)))
        except PolicyError as error:
            there.send(error)


if __name__ == "__main__":
    _main()
