"""Answers of a running gateway agree with the oracle, which takes the generated world and nothing of the gateway's."""

# ruff: noqa: T201  (progress, for whoever waits)
from __future__ import annotations

import json
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import answers, generated, site
from tests.acceptance.recorder import Recording
from tests.acceptance.test_check_01_oracle_at_scale import CASES, SEED
from tests.acceptance.whereabouts import MIRROR, whereabouts
from tests.policy.test_oracle import oracle
from tests.running import Answer, Running, gateway

REQUESTS = max(50, CASES // 25)
REQUESTS_A_SET = 40
UNITS = (timedelta(seconds=40), timedelta(hours=1), timedelta(days=1))
PATHS = {"html": "/articles/{}", "json": "/articles/{}.json", "listing": "/", "feed": "/feed.xml"}
World = dict[str, Any]

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(3600)]


def generate(r: random.Random, root: Path) -> World:
    """A set of policies, and the articles that it is for, on disk."""
    now = datetime.now(UTC).replace(microsecond=0)
    unit = r.choice(UNITS)
    world = {
        "policies": generated.policies(r, now, unit),
        "corrections": generated.corrections(r, generated.ADDRESSES, now, unit),
        "articles": site.articles(r),
    }
    site.write_articles(root / "content", world["articles"])
    site.write_policies(root / "policies", world["policies"], world["corrections"])
    return world


def must_be(world: World, reader: World, door: str, slug: str, now: datetime) -> World:
    """What the oracle says must be seen."""
    here = whereabouts(reader, world["corrections"], now)
    outcomes = {}
    for name, art in world["articles"].items():
        family = [art, *([world["articles"][art["of"]]] if art["of"] else [])]
        outcome = oracle(world["policies"], family, here, door, now)
        ends = [end for end in (outcome["until"], here["until"]) if end is not None]
        outcomes[name] = outcome | {"until": min(ends, default=None)}
    return answers.expected(door, slug, outcomes, world["articles"], now)


def agrees(found: World, before: World, after: World) -> bool:
    """Whether an answer is the one due before or after it was made; the seconds left may be any between."""
    for due in (before, after):
        kept, ours = due["cache"], found["cache"]
        ages = sorted(one["cache"] for one in (before, after) if isinstance(one["cache"], int))
        fresh = ours == kept or (isinstance(kept, int) and isinstance(ours, int) and ages[0] <= ours <= ages[-1])
        if fresh and {**found, "cache": 0} == {**due, "cache": 0}:
            return True
    return False


def ask(running: Running, reader: World, path: str, more: dict[str, str] | None = None) -> Answer:
    headers = {"Host": reader["host"], **(more or {})}
    return running.get(path, headers, reader=reader["named"])


def test_generated_answers_agree_with_the_oracle(tmp_path: Path, check: Recording) -> None:
    print(f"\n{REQUESTS} requests, ORACLE_SEED={SEED}", flush=True)
    r = random.Random(SEED)
    says = site.write_evidence(r, tmp_path / "geo")
    world = generate(r, tmp_path)
    geoip = ",".join(str(tmp_path / "geo" / name) for name in ("city-of-a.mmdb", "country-of-b.mmdb"))
    began = told = time.monotonic()
    done = sets = unchanged = 0
    met: dict[str, int] = {}
    with gateway(
        tmp_path,
        content=tmp_path / "content",
        policies=tmp_path / "policies",
        geoip=geoip,
        base_url=f"http://{site.HOST},http://{MIRROR}",
    ) as running:
        while done < REQUESTS:
            if sets:
                world = generate(r, tmp_path)
            reloaded = running.admin("/reload", {"accept_removals": True})
            assert reloaded.status == 200, reloaded.text
            sets += 1
            for _ in range(min(REQUESTS_A_SET, REQUESTS - done)):
                reader = site.reader(r, says)
                door = r.choice(["html", "html", "json", "listing", "feed"])
                slug = r.choice(sorted(world["articles"]))
                path = PATHS[door].format(slug)
                sent = datetime.now(UTC)
                answer = ask(running, reader, path)
                due = [must_be(world, reader, door, slug, moment) for moment in (sent, datetime.now(UTC))]
                found = answers.seen(door, slug, world["articles"][slug], answer)
                if not agrees(found, due[0], due[1]):
                    differing = {
                        n: (found.get(n), due[0].get(n)) for n in {*found, *due[0]} if found.get(n) != due[0].get(n)
                    }
                    lines = [json.dumps(one, default=str) for one in (*world["policies"], *world["corrections"])]
                    about = f"{door} {slug} for {reader} at {sent}, request {done}; got and expected: {differing}"
                    pytest.fail("\n".join([about, *lines, json.dumps(world["articles"])]))
                if answer.status == 200 and r.random() < 0.2:
                    again = ask(running, reader, path, {"If-None-Match": answer.headers["etag"]})
                    later = must_be(world, reader, door, slug, datetime.now(UTC))
                    same = {**later, "cache": 0} == {**due[0], "cache": 0}
                    assert again.status == 304 or not same, (door, slug, reader, again.status)
                    unchanged += again.status == 304
                met[f"{door} {answer.status}"] = met.get(f"{door} {answer.status}", 0) + 1
                done += 1
            if time.monotonic() - told > 10:
                told = time.monotonic()
                print(f"  {done} of {REQUESTS} in {told - began:.0f} s, {sets} sets", flush=True)
    check(1, "answers at the socket").figure(f"0 of {done:,} differ, {sets} policy sets by reload")
    print(f"0 of {done} differ, {sets} sets by reload, {unchanged} times 304, {time.monotonic() - began:.1f} s; {met}")
