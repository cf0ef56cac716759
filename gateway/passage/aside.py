"""Work on large pages in processes of their own. Nobody else's page waits for it.

A thread would not do: while a parser written in C is at a page, no thread of its process has a turn. What passes
between the two are values, over a socket of multiprocessing's that only they have.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

from gateway.errors import GatewayError

P = ParamSpec("P")
T = TypeVar("T")

WORK_SECONDS = 5.0
"""For one work; whatever takes longer is given up, and its process ended."""
START_SECONDS = 20.0
WAIT_SECONDS = 20.0
"""For a turn."""
PROCESSES = 2
"""At most: one page that takes long keeps one of them from the others."""
GIVEN_UP_SECONDS = 60.0
"""What was given up is not tried again for so long: it would keep the others from their turn."""
_MOST_GIVEN_UP = 1024
PIECE = 200
"""Values that are packed or unpacked at once: twenty microseconds each."""
REST_SECONDS = 60.0
"""After so long without work a process beside the first ends; it has fifty megabytes."""


_PROGRAM = "from gateway.passage.aside import answer; answer()"


class AsideError(GatewayError):
    """The work was given up: it took too long, or its process died."""


@dataclass(slots=True)
class _Helper:
    process: asyncio.subprocess.Process
    wire: Connection

    async def ask(self, work: object, arguments: object) -> tuple[bool, object]:
        """Whether it went well, and what came of it. Raises EOFError or OSError where the process is gone."""
        return await asyncio.to_thread(self._ask, (work, arguments))

    def _ask(self, question: object) -> tuple[bool, object]:
        self.wire.send(question)
        answer: tuple[bool, object] = self.wire.recv()
        return answer

    async def end(self) -> None:
        if self.process.returncode is None:
            self.process.kill()  # this ends the thread, too, that may still talk to it
        await self.process.wait()
        self.wire.close()


class Aside:
    """The helpers of one process; none is started before there is work for it."""

    def __init__(self, *, seconds: float = WORK_SECONDS, processes: int = PROCESSES) -> None:
        self._seconds = seconds
        self._places = asyncio.Semaphore(processes)
        self._idle: list[_Helper] = []
        self._given_up: dict[str, float] = {}
        self._retiring: set[asyncio.Task[None]] = set()
        self._closed = False

    async def run(self, name: str, work: Callable[P, T], *arguments: P.args, **keywords: P.kwargs) -> T:
        """What `work`, a function of a module, makes of these values. Raises what it raises, and AsideError.

        `name`: of the work; one that was given up is given up again for a minute.
        """
        clock = asyncio.get_running_loop().time
        if self._given_up.get(name, 0.0) > clock():
            raise AsideError("it took too long, or its process died, within the last minute")
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._places.acquire()
        except TimeoutError as error:
            raise AsideError(f"others were worked on for {WAIT_SECONDS:g} s") from error
        try:
            well, made = await self._asked(work, (arguments, keywords))
        except AsideError:
            if len(self._given_up) >= _MOST_GIVEN_UP:
                self._given_up.clear()
            self._given_up[name] = clock() + GIVEN_UP_SECONDS
            raise
        finally:
            self._places.release()
        if isinstance(made, BaseException) and not well:
            raise made
        return made  # type: ignore[return-value]

    async def _asked(self, work: object, arguments: object) -> tuple[bool, object]:
        helper = self._idle.pop() if self._idle else await self._started()
        kept = False
        try:
            async with asyncio.timeout(self._seconds):
                answer = await helper.ask(work, arguments)
            kept = not self._closed
        except TimeoutError as error:
            raise AsideError(f"it took longer than {self._seconds:g} s") from error
        except (EOFError, OSError) as error:
            raise AsideError("the process that worked on it died") from error
        finally:
            if kept:
                self._idle.append(helper)
                asyncio.get_running_loop().call_later(REST_SECONDS, self._retire)
            else:
                await helper.end()
        return answer

    async def aclose(self) -> None:
        """End all of them."""
        self._closed = True
        await asyncio.gather(*self._retiring, *(helper.end() for helper in self._idle))
        self._idle.clear()

    async def _started(self) -> _Helper:
        here, there = Pipe()
        with there:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", _PROGRAM, str(there.fileno()),
                stdin=asyncio.subprocess.DEVNULL, pass_fds=(there.fileno(),),
                start_new_session=True,  # Ctrl-C is for us, and we end it
            )  # fmt: skip
        helper = _Helper(process, here)
        try:
            async with asyncio.timeout(START_SECONDS):
                await helper.ask(bool, ((), {}))
        except (TimeoutError, EOFError, OSError) as error:
            await helper.end()
            raise AsideError("no process for it could be started") from error
        except BaseException:
            await helper.end()
            raise
        return helper

    def _retire(self) -> None:
        if len(self._idle) > 1:
            task = asyncio.get_running_loop().create_task(self._idle.pop(0).end())
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)


def packed(values: Sequence[object]) -> list[bytes]:
    """A long list in pieces, which `unpacked` takes apart between two readers."""
    return [pickle.dumps(values[at : at + PIECE], -1) for at in range(0, len(values), PIECE)]


async def packed_in_turns(values: Sequence[object]) -> list[bytes]:
    """The same where readers wait."""
    pieces: list[bytes] = []
    for at in range(0, len(values), PIECE):
        pieces += packed(values[at : at + PIECE])
        await asyncio.sleep(0)
    return pieces


async def unpacked_in_turns(pieces: Sequence[bytes]) -> list[Any]:
    """What was packed. The pieces come from a process of our own."""
    values: list[Any] = []
    for piece in pieces:
        values += pickle.loads(piece)  # noqa: S301  (as everything that comes over that socket)
        await asyncio.sleep(0)
    return values


def unpacked(pieces: Sequence[bytes]) -> list[Any]:
    """The same where nobody waits."""
    return [value for piece in pieces for value in pickle.loads(piece)]  # noqa: S301


def answer() -> None:
    """Answer until nobody asks any more."""
    with Connection(int(sys.argv[1])) as there:
        while True:
            try:
                work, (arguments, keywords) = there.recv()
            except EOFError:
                return
            try:
                made = (True, work(*arguments, **keywords))
            except Exception as error:  # noqa: BLE001  (it is raised where it was asked for)
                made = (False, error)
            there.send(made)
