"""A thousand at once for a page that nobody has cost one rendering; a page that is slow to make holds up no other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.acceptance.recorder import Recording
from tests.acceptance.steady import READERS, ask, everybody, write_site
from tests.end_to_end.test_one_fill import fills
from tests.load import Asks, at_once, readers, undisturbed
from tests.running import gateway
from tests.sites import write_article

WORKERS = 2
MORE_SECONDS = 0.1
"""Than one reader alone waits until the page is made."""

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]


async def test_a_thousand_at_once_for_a_cold_page(tmp_path: Path, check: Recording) -> None:
    row = check(22, "directory: 1,000 at once")
    content, policies = write_site(tmp_path, cold=2)
    with gateway(tmp_path, content=content, policies=policies, arguments=["--workers", f"{WORKERS}"]) as running:
        await at_once(running.port, ask("warm-0", "NG"))
        warm = await at_once(running.port, ask("warm-0", "NG"))
        alone = await undisturbed(running.port, lambda _: ask("cold-1", "NG"), 1, 1)
        before = await asyncio.to_thread(fills, running)
        cold = await at_once(running.port, ask("cold-0", "NG"))
        made = await asyncio.to_thread(fills, running) - before
    row.seen(cold, warm, p99=alone.percentile(1) + MORE_SECONDS)
    row.figure(f"rendered {made} times by {WORKERS} workers")
    assert not alone.faults
    assert not cold.faults
    assert not warm.faults
    assert 1 <= made <= WORKERS


async def test_a_hot_page_that_is_slow_to_make_holds_up_no_other(tmp_path: Path, check: Recording) -> None:
    """A long article that is edited every second while 500 a second want it; others read others."""
    row = check(22, "directory: hot slow page")
    content, policies = write_site(tmp_path)
    others = everybody()
    hot: Asks = lambda number: ask("hot", list(READERS)[number % len(READERS)])  # noqa: E731
    with gateway(tmp_path, content=content, policies=policies, arguments=["--workers", f"{WORKERS}"]) as running:
        edit(content, 0)
        await asyncio.to_thread(running.admin, "/reload", {})
        control = await undisturbed(running.port, others, 100, 10)
        async with readers(running.port, hot, 500) as wanted, readers(running.port, others, 100) as seen:
            for number in range(1, 21):
                edit(content, number)
                await asyncio.sleep(1)
    row.seen(seen, control, p99=0.05)
    row.figure(f"the hot page: {wanted.told()}")
    row.time("its p99", wanted.percentile(0.99))
    assert not seen.faults
    assert not wanted.faults
    assert not control.faults


def edit(content: Path, number: int) -> None:
    """A hundred kilobytes anew."""
    middle = "\n\n".join(
        f"Edition {number}, paragraph {n}: the harbour master said what {n * 7} others had." for n in range(1500)
    )
    body = f"The first paragraph of hot.\n\n::: part id=p2\nA passage of hot to withhold.\n:::\n\n{middle}"
    write_article(content, "hot", body=body)


async def test_a_load_three_times_as_high_within_ten_seconds(tmp_path: Path, check: Recording) -> None:
    row = check(22, "directory: three times the load")
    content, policies = write_site(tmp_path)
    asks = everybody()
    with gateway(tmp_path, content=content, policies=policies, arguments=["--workers", f"{WORKERS}"]) as running:
        control = await undisturbed(running.port, asks, 300, 10)
        async with readers(running.port, asks, 300) as seen:
            await asyncio.sleep(2)
            for _ in range(5):
                async with readers(running.port, asks, 600) as more:
                    await asyncio.sleep(2)
                assert not more.faults
                seen.seconds.extend(more.seconds)
                seen.began.extend(more.began)
            await asyncio.sleep(2)
    row.seen(seen, control)
    assert not seen.faults
    assert not control.faults
