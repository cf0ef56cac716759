"""Readers at a steady rate, a fault every few seconds, and what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import linear_regression, median

from tests.acceptance.processes import descriptors, resident_bytes
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.world import Asks, World
from tests.load import Seen, readers, undisturbed

SAMPLE_SECONDS = 2.0
CONTROL_SECONDS = 5.0
WARM_SHARE = 0.2
SLOPE_FROM_SECONDS = 600
"""Memory is judged in runs at least so long."""
SLOPE_BYTES = 1 << 20
"""What it may grow in ten minutes, a worker."""
AVAILABILITY = 0.9999
LEFT_OPEN = 30
"""Descriptors more, once the readers have gone: pools have grown, and a worker is another one."""


@dataclass(slots=True)
class Soak:
    """How it went. `kept`: readers on connections that they keep, `fresh`: on a new one each time; `control`:
    the same for some seconds before anything goes wrong, to tell a busy machine by. `kills`: of workers.
    `memory`: seconds since the start, and bytes of all workers. `descriptors`: of theirs, before the readers and after.
    """

    seed: int
    seconds: float = 0.0
    kept: Seen = field(default_factory=Seen)
    fresh: Seen = field(default_factory=Seen)
    control: Seen = field(default_factory=Seen)
    faults: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)
    descriptors: tuple[int, int] = (0, 0)
    kills: int = 0
    may_be_lost: int = 0
    wrong: Sequence[str] = ()

    @property
    def faulty(self) -> Counter[str]:
        """Answers that were not what they should be, by what was wrong."""
        return self.kept.faults + self.fresh.faults

    @property
    def mismatches(self) -> int:
        """Answers against the oracle."""
        return self.faulty["missing"] + self.faulty["wrong"]

    @property
    def refused(self) -> int:
        """Answers with a status that nobody asked for."""
        return sum(count for fault, count in self.faulty.items() if fault.startswith("status"))

    @property
    def explained(self) -> int:
        """Connections that died with a worker: no more than were being answered when it was killed."""
        return min(_lost(self.kept) + _lost(self.fresh), self.may_be_lost)

    @property
    def lost(self) -> int:
        """Connections that broke, were refused, or never answered, without a reason."""
        return _lost(self.kept) + _lost(self.fresh) - self.explained

    @property
    def sent(self) -> int:
        """All requests."""
        return self.kept.sent + self.fresh.sent

    @property
    def availability(self) -> float:
        """Of all requests; what a killed worker took with it is counted against it."""
        return 1 - sum(self.faulty.values()) / max(1, self.sent)

    @property
    def slope(self) -> float:
        """Bytes in ten minutes, a worker, after warming up. Windows are told by their medians: a restart is no leak."""
        warm = [sample for sample in self.memory if sample[0] >= self.seconds * WARM_SHARE]
        size = max(1, len(warm) // 20)
        windows = [warm[start : start + size] for start in range(0, len(warm), size)]
        if len(windows) < 3:
            return 0.0
        times, sizes = ([median(sample[axis] for sample in window) for window in windows] for axis in (0, 1))
        return linear_regression(times, sizes).slope * 600 / 2

    def failures(self) -> list[str]:
        """What did not hold."""
        found = list(self.broken)
        found += [f"{self.mismatches} answers against the oracle"] if self.mismatches else []
        found += [f"{self.refused} answers with a status that nobody asked for"] if self.refused else []
        found += [f"{self.lost} connections lost for no reason"] if self.lost else []
        if self.seconds >= SLOPE_FROM_SECONDS:
            found += [f"memory grows {self.slope / 1e6:.1f} MB in ten minutes"] if self.slope > SLOPE_BYTES else []
            found += [f"available to {self.availability:.5%}"] if self.availability < AVAILABILITY else []
        before, after = self.descriptors
        found += [f"descriptors from {before} to {after}"] if after > before + LEFT_OPEN else []
        return found

    def table(self) -> str:
        """For whoever waited."""
        names = {fault.__name__: (fault.__doc__ or "").strip() for kind in FAULTS.values() for fault in kind}
        lines = [f"  {self.faults[name]:4} × {told}" for name, told in names.items()]
        sizes = [size for _, size in self.memory]
        return "\n".join(
            [
                f"seed {self.seed}, {self.seconds:.0f} s, {sum(self.faults.values())} faults:",
                *lines,
                f"{self.sent:,} requests: {self.mismatches} against the oracle, {self.refused} other statuses, {self.lost} "
                f"connections lost and {self.explained} with {self.kills} killed workers {dict(self.faulty)}, "
                f"available to {self.availability:.4%}",
                *(
                    f"{name}: p50 {seen.percentile(0.5) * 1000:.1f} ms, p99 {seen.percentile(0.99) * 1000:.0f} ms, "
                    f"longest {seen.percentile(1) * 1000:.0f} ms"
                    for name, seen in (
                        ("before the faults", self.control),
                        ("kept connections", self.kept),
                        ("new connections", self.fresh),
                    )
                ),
                f"memory of both workers {sizes[0] / 1e6:.0f} MB at first, {median(sizes) / 1e6:.0f} MB median, "
                f"{max(sizes) / 1e6:.0f} MB at most, slope {self.slope / 1e6:+.2f} MB in ten minutes a worker; "
                f"descriptors {self.descriptors[0]} before, {self.descriptors[1]} after",
                *[f"NOT HELD: {one}" for one in self.failures()],
                *self.wrong[:10],
            ]
        )


def _lost(seen: Seen) -> int:
    return sum(
        count
        for fault, count in seen.faults.items()
        if fault not in ("missing", "wrong") and not fault.startswith("status")
    )


async def soak(world: World, seed: int, seconds: float, *, rate: float = 200, every: float = 10) -> Soak:
    """`every`: seconds between the beginnings of two faults. All faults are over before the readers stop."""
    result, under_way = Soak(seed), dict[str, asyncio.Task[None]]()
    before = descriptors(world.running)
    port, asks = world.running.port, Asks(world)
    control = result.control = await undisturbed(port, asks, rate, CONTROL_SECONDS)
    began = time.monotonic()
    async with (
        readers(port, asks, rate / 2) as result.kept,
        readers(port, asks, rate / 2, keep_alive=False) as result.fresh,
    ):
        world.answered = lambda: result.sent + control.sent
        sampling = asyncio.create_task(_sample(world, result, began))
        queue: list[Fault] = []
        while time.monotonic() - began < seconds:
            queue = queue or world.chance.sample(
                every_fault := [f for kind in FAULTS.values() for f in kind], len(every_fault)
            )
            kind, fault = next(
                ((k, f) for f in queue for k, fs in FAULTS.items() if f in fs and k not in under_way), ("", None)
            )
            if fault is not None:
                queue.remove(fault)
                result.faults[fault.__name__] += 1
                task = under_way[kind] = asyncio.create_task(_guarded(fault, world, result))
                task.add_done_callback(lambda _, kind=kind: under_way.pop(kind))
            await asyncio.sleep(world.chance.uniform(0.5, 1.5) * every)
        await asyncio.gather(*under_way.values())
        await asyncio.sleep(3)
        result.seconds = time.monotonic() - began
        sampling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sampling
    await asyncio.sleep(3)
    result.descriptors = before, descriptors(world.running)
    result.kills, result.may_be_lost, result.wrong = world.kills, world.may_be_lost, world.wrong
    return result


async def _guarded(fault: Fault, world: World, result: Soak) -> None:
    try:
        await fault(world)
    except Exception as error:  # noqa: BLE001  (the soak goes on, and tells of it)
        result.broken.append(f"{fault.__name__}: {type(error).__name__}: {error}")


async def _sample(world: World, result: Soak, began: float) -> None:
    while True:
        with contextlib.suppress(OSError):  # a worker that went meanwhile
            result.memory.append((time.monotonic() - began, resident_bytes(world.running)))
        await asyncio.sleep(SAMPLE_SECONDS)
