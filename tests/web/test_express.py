"""What the express lane remembers is bounded by what memory holds, and ends when the page's truth does."""

from __future__ import annotations

import gc
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.cache.fetch import Fetches
from gateway.cache.memory import MemoryPages
from gateway.cache.page import StoredPage
from gateway.cache.recode import Recoder
from gateway.delivery import Delivery
from gateway.geo.client_address import TrustedProxies
from gateway.telemetry.logs import start_logging
from gateway.telemetry.metrics import Metrics
from gateway.web.answers import Answers
from gateway.web.exchange import Incoming
from gateway.web.express import Express
from gateway.web.own_proxy import Crowd
from gateway.web.public import Public
from gateway.web.reader import Readers
from gateway.web.recognise import Recogniser
from gateway.web.record import Record
from tests.delivery.world import Nothing, Said, no_other, snapshot
from tests.sites import policy, write_article
from tests.web.wire import SITE, Wire, get, timeless
from tests.web.world import READERS, serve, write_world


def now() -> datetime:
    return datetime.now(UTC)


async def test_the_lane_holds_no_page_that_memory_has_given_up(tmp_path: Path) -> None:
    there = snapshot(tmp_path, articles=120)
    memory, events = MemoryPages(100_000), start_logging("json", tmp_path / "log")
    fetches, recoder = Fetches(memory, Nothing()), Recoder(memory, Nothing())
    delivery = Delivery(memory, fetches, recoder, Said())
    crowd = Crowd(Said(), time.monotonic())
    readers = Readers(TrustedProxies(), b"key", now, crowd)
    public = Public(lambda: there, delivery, readers, lambda: f"http://{SITE}", frozenset({SITE}), no_other)
    express = Express(public, memory, Record(events, Metrics(), now, crowd), ("x-forwarded-for",))
    answered = 0
    for number in range(120):
        target = f"/articles/page-{number}"
        await public.respond(Incoming("GET", target, SITE, [], "102.88.20.34"))
        answered += express.answer(get(target), "102.88.20.34") is not None
    express.settle()
    gc.collect()
    alive = sum(isinstance(found, StoredPage) for found in gc.get_objects())
    assert answered > 100
    assert len(memory) < 20
    assert alive <= len(memory) + 2
    for part in (fetches, recoder):
        await part.aclose()
    events.close()


async def test_an_answer_counts_down_to_a_boundary_that_lies_within_a_second(tmp_path: Path) -> None:
    boundary = datetime(2031, 11, 23, 12, 0, 0, 700_000, tzinfo=UTC)
    late = policy(
        "late", "notice: {id: first}", effective=f"effective: [{{from: '{boundary.isoformat()}', until: lifted}}]\n"
    )
    there, memory, events = snapshot(tmp_path, late), MemoryPages(2**24), start_logging("json", tmp_path / "log")
    fetches, recoder = Fetches(memory, Nothing()), Recoder(memory, Nothing())
    moment = [boundary]
    readers = Readers(TrustedProxies(), b"key", lambda: moment[0], crowd := Crowd(Said(), time.monotonic()))
    delivery = Delivery(memory, fetches, recoder, Said())
    public = Public(lambda: there, delivery, readers, lambda: f"http://{SITE}", frozenset({SITE}), no_other)
    answers = Answers(public, memory, Record(events, Metrics(), now, crowd))
    head = Recogniser(()).recognise(get("/articles/market-day"))
    assert head is not None

    async def control(seconds_before: float) -> str:
        moment[0] = boundary - timedelta(seconds=seconds_before)
        _, outgoing = await public.respond(Incoming("GET", "/articles/market-day", SITE, [], None))
        return dict(outgoing.headers)["Cache-Control"]

    held = 0.0
    for before in (100.0, 60.5, 59.9, 30.0, 10.8, 10.3, 9.999, 1.2, 0.6, 0.1):
        said = await control(before)
        reader = answers.reader(head, None, there)
        answer = reader and answers.prepare(head, reader, there)
        assert answer is not None
        left = boundary.timestamp() - answer.until / 1e9
        held += before - left
        assert said == await control(min(before, left + 0.001)), (before, left)
    assert held > 40
    for part in (fetches, recoder):
        await part.aclose()
    events.close()


def test_a_translation_that_is_published_appears_in_its_second_on_the_page_that_links_to_it(tmp_path: Path) -> None:
    world = write_world(tmp_path)
    with serve(tmp_path, world) as running, Wire(running.port) as wire:
        moment = now().replace(microsecond=0) + timedelta(seconds=4)
        write_article(
            world[0],
            "rynok",
            title="Soon there",
            language="ru",
            extra="translation_of: market-day\n",
            published=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        running.admin("/reload", {})
        by = f"X-Forwarded-For: {READERS['NG']}"
        while (before := wire.ask("/articles/market-day", by)) and now() < moment - timedelta(seconds=0.2):
            assert b"rynok" not in before.body
            assert (
                int(before["cache-control"].split("max-age=")[1].split(",")[0]) <= (moment - now()).total_seconds() + 1
            )
            time.sleep(0.05)
        assert before["cache-status"] == "gateway; hit"
        time.sleep(max(0.0, (moment - now()).total_seconds()) + 0.05)
        assert b"rynok" in wire.ask("/articles/market-day", by).body
        assert wire.ask("/articles/rynok", by).status == 200
        assert {event["gateway.lane"] for event in running.logged()} >= {"express"}


def test_the_lane_follows_a_reload_at_once(tmp_path: Path) -> None:
    world = write_world(tmp_path)
    with serve(tmp_path, world) as running, Wire(running.port) as wire:
        first = [timeless(wire.ask("/articles/ferry").raw) for _ in range(3)]
        assert len(set(first)) == 1
        write_article(world[0], "ferry", title="Another title")
        running.admin("/reload", {})
        assert b"Another title" in wire.ask("/articles/ferry").body
        assert b"Another title" in wire.ask("/articles/ferry").body


def test_readers_of_two_countries_share_an_answer_and_each_is_told_of_as_where_it_is(tmp_path: Path) -> None:
    world = write_world(tmp_path)
    with serve(tmp_path, world) as running:
        for _ in range(14):
            for place in ("NG", "AT"):
                with Wire(running.port) as wire:  # on one that aiohttp just answered it may not be waiting yet
                    wire.ask("/articles/market-day", f"X-Forwarded-For: {READERS[place]}")
        lines = [event for event in running.logged() if event["gateway.lane"] == "express"]
        running.stop()
        cells = [cell for event in running.events("decision_facts") for cell in event["gateway.facts.cells"]]
    told = [line["client.geo.country_iso_code"] for line in lines]
    assert min(told.count("NG"), told.count("AT")) >= 12
    counted = {cell["evidence"][0]["country"]: cell["count"] for cell in cells if cell["article"] == "market-day"}
    assert counted == {"NG": 14, "AT": 14}
