"""A policy that cannot be decided: the others hold, and it is told once, not once a reader, by whichever lane meets it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from gateway.cache.fetch import Fetches
from gateway.cache.memory import MemoryPages
from gateway.cache.recode import Recoder
from gateway.delivery import Delivery
from gateway.geo.client_address import TrustedProxies
from gateway.snapshot import Snapshot
from gateway.telemetry.logs import start_logging
from gateway.telemetry.metrics import Metrics
from gateway.web.answers import Answers
from gateway.web.exchange import Incoming
from gateway.web.own_proxy import Crowd
from gateway.web.public import Public
from gateway.web.reader import Readers
from gateway.web.recognise import Recogniser
from gateway.web.record import Record
from tests.delivery.world import Nothing, Said, no_other, snapshot
from tests.sites import policy
from tests.web.wire import SITE, get


def now() -> datetime:
    return datetime.now(UTC)


async def test_a_policy_that_cannot_be_decided_is_told_once_a_revision(tmp_path: Path) -> None:
    sound = snapshot(
        tmp_path,
        policy("broken", "notice: {id: first}\n    certainty: possible", readers="{in: [RU]}"),
        policy("stop", "block: {notice: first}\n    certainty: anyone", articles="{slugs: [market-day]}", kind="order"),
    )
    there = broken(sound, "one")
    memory, events, metrics = MemoryPages(100_000), start_logging("json", tmp_path / "log"), Metrics()
    fetches, recoder = Fetches(memory, Nothing()), Recoder(memory, Nothing())
    crowd = Crowd(Said(), time.monotonic())
    readers = Readers(TrustedProxies(), b"key", now, crowd)
    delivery = Delivery(memory, fetches, recoder, Said())
    public = Public(lambda: there, delivery, readers, lambda: f"http://{SITE}", frozenset({SITE}), no_other)
    record = Record(events, metrics, now, crowd)

    async def ask(slug: str) -> int:
        context, outgoing = await public.respond(Incoming("GET", f"/articles/{slug}", SITE, [], "192.0.2.1"))
        record.request(context, outgoing, lane="natural", duration_ns=1)
        return outgoing.status

    assert [await ask(slug) for slug in ("market-day", "market-day", "harbour-opens")] == [410, 410, 200]
    there = broken(sound, "two")
    await ask("market-day")
    there = broken(sound, "three")
    answers = Answers(public, memory, record)
    head = Recogniser(()).recognise(get("/articles/harbour-opens"))
    assert head is not None
    reader = answers.reader(head, "192.0.2.1", there)
    assert reader is not None
    assert answers.prepare(head, reader, there) is not None
    for part in (fetches, recoder):
        await part.aclose()
    events.close()
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    told = [line for line in lines if line["event.action"] == "policy_failed"]
    assert [(line["gateway.policy.name"], line["gateway.policy.revision"]) for line in told] == [
        ("broken", "one"),
        ("broken", "two"),
        ("broken", "three"),
    ]
    assert told[0]["message"] == "it could not be decided (AttributeError)"


def broken(there: Snapshot, revision: str) -> Snapshot:
    """The same set with one policy that no code can decide."""
    first, *others = sorted(there.policies.policies, key=lambda policy: policy.name)
    spoilt = replace(first, actions=(None,))  # type: ignore[arg-type]
    return replace(
        there, policies=replace(there.policies, policies=(spoilt, *others), revision=revision), decisions={}, faults={}
    )
