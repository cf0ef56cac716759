"""A site for everything to go wrong with: a gateway of two workers, its Redis, its policies, its evidence, its log."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.acceptance.steady import READERS, everybody, write_site
from tests.geo.worlds import geoip2, write_mmdb
from tests.load import Ask
from tests.running import Running, gateway
from tests.servers import Server, valkey
from tests.sites import policy

SETTLED_SECONDS = 2.0
"""How long after a reload was answered some worker may still show the set before."""
PLACES = {"RU": "RU", "NG": "NG", "DE": "DE", "AT": "AT"}


class LogPipe:
    """The log's reader, who may stop reading; what it reads goes into a file."""

    def __init__(self, pipe: Path, file: Path) -> None:
        os.mkfifo(pipe)
        self.reads = threading.Event()
        self.reads.set()
        self._descriptor = os.open(pipe, os.O_RDWR)  # so that it never ends, whoever comes and goes
        os.set_blocking(self._descriptor, False)
        self._file = file.open("ab")
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while not self._ends.is_set():
            self.reads.wait()
            try:
                self._file.write(os.read(self._descriptor, 1 << 16))
                self._file.flush()
            except BlockingIOError:
                time.sleep(0.01)

    def close(self) -> None:
        self.reads.set()
        self._ends.set()
        self._thread.join()
        os.close(self._descriptor)
        self._file.close()


@dataclass(slots=True)
class World:
    """What faults act on, and what is in force. `kills`: of workers, so far; `may_be_lost`:
    requests that were being answered then.
    """

    root: Path
    running: Running
    redis: Server
    log: LogPipe
    chance: random.Random
    wrong: list[str] = field(default_factory=list)
    kills: int = 0
    may_be_lost: int = 0
    asked: int = 0
    answered: Callable[[], int] = int
    extra: bool = False
    _until: dict[bool, float] = field(default_factory=lambda: {False: float("inf")})

    @property
    def policies(self) -> Path:
        return self.root / "policies"

    @property
    def evidence(self) -> Path:
        return self.root / "country.mmdb"

    def write_extra(self, *, on: bool) -> None:
        """Switch the notice `extra` on or off, as an operator would; from now on either may be seen."""
        self._until[on] = float("inf")
        self.extra = on
        made = policy("extra", "notice: {id: extra}", state="active" if on else "off")
        (self.policies / "extra.yaml").write_text(made)

    def settle(self) -> None:
        """What is written has been reloaded: the other one may be seen a little longer, and no more."""
        self._until[not self.extra] = time.monotonic() + SETTLED_SECONDS

    def may_show(self, sent: float) -> list[bool]:
        """Whether `extra` may be on a page that was asked for at this moment and has come now."""
        return [on for on, until in self._until.items() if until >= sent]


@dataclass(frozen=True, slots=True)
class Either:
    """A request, whose answer must be right under one of the sets in force while it was under way."""

    ask: Ask
    world: World
    sent: float

    @property
    def request(self) -> bytes:
        return self.ask.request

    def fault(self, status: int, body: bytes) -> str:
        """As the oracle's, for the set that fits best."""
        found = ""
        for extra in self.world.may_show(self.sent):
            notices = self.ask.notices | ({"extra"} if extra else set())
            found = Ask(b"", self.ask.status, notices, self.ask.holds, self.ask.lacks).fault(status, body)
            if not found:
                return ""
        self.world.wrong.append(f"{found}: {self.ask.request!r}, due {sorted(self.ask.notices)}")
        return found


class Asks:
    """Readers of every standing; each request knows when it was made."""

    def __init__(self, world: World) -> None:
        self._world, self._asks = world, everybody()

    def __call__(self, number: int) -> Ask:
        self._world.asked += 1
        return Either(self._asks(number), self._world, time.monotonic())  # type: ignore[return-value]


def write_evidence(path: Path) -> None:
    records = {f"{READERS[name][0]}/32": geoip2(place) for name, place in PLACES.items()}
    write_mmdb(path, records)


@contextlib.contextmanager
def world(root: Path, seed: int) -> Iterator[World]:
    """The site, running."""
    content, policies = write_site(root)
    notice = policies / "notices" / "extra" / "en.md"
    notice.parent.mkdir()
    notice.write_text("---\ntitle: Extra\nself_conditional: true\n---\nIf you are there, this is more.\n")
    (policies / "extra.yaml").write_text(policy("extra", "notice: {id: extra}", state="off"))
    write_evidence(root / "country.mmdb")
    log = LogPipe(root / "log.pipe", root / "gateway.log")
    try:
        with (
            valkey(root / "valkey") as server,
            gateway(
                root, content=content, policies=policies, redis_url=server.url, log_file=str(root / "log.pipe"),
                geoip=str(root / "country.mmdb"), arguments=["--workers", "2"],
            ) as running,
        ):  # fmt: skip
            yield World(root, running, server, log, random.Random(seed))
    finally:
        log.close()


async def in_thread(world: World, path: str, body: dict[str, object]) -> int:
    """Ask the admin port without holding the readers up; the status, 0 where nobody answered."""
    try:
        return (await asyncio.to_thread(world.running.admin, path, body)).status
    except OSError:
        return 0
