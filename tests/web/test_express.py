"""What the express lane remembers is bounded by what memory holds, and ends when the page's truth does."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

from aiohttp import web

from gateway.cache.fetch import Fetches
from gateway.cache.memory import MemoryPages
from gateway.cache.page import StoredPage
from gateway.cache.recode import Recoder
from gateway.delivery import Delivery
from gateway.geo.client_address import TrustedProxies
from gateway.snapshot import Snapshot
from gateway.telemetry.logs import start_logging
from gateway.telemetry.metrics import Metrics
from gateway.web.answers import Answer, Answers
from gateway.web.exchange import Incoming, Outgoing
from gateway.web.express import Express
from gateway.web.own_proxy import Crowd
from gateway.web.public import Public
from gateway.web.reader import Readers
from gateway.web.recognise import Recogniser
from gateway.web.record import Record
from gateway.web.server import Server
from tests.delivery.world import Nothing, Said, no_other, snapshot
from tests.sites import policy, write_article
from tests.web.wire import SITE, Wire, get, timeless
from tests.web.world import READERS, serve, write_world


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def lanes(
    directory: Path, there: Snapshot, memory_bytes: int = 2**24, clock: Callable[[], datetime] = now
) -> AsyncIterator[tuple[Public, MemoryPages, Record]]:
    """What both lanes are made of, without sockets."""
    memory, events = MemoryPages(memory_bytes), start_logging("json", directory / "log")
    fetches, recoder = Fetches(memory, Nothing()), Recoder(memory, Nothing())
    delivery, crowd = Delivery(memory, fetches, recoder, Said()), Crowd(Said(), time.monotonic())
    readers = Readers(TrustedProxies(), b"key", clock, crowd)
    public = Public(lambda: there, delivery, readers, lambda: f"http://{SITE}", frozenset({SITE}), no_other)
    yield public, memory, Record(events, Metrics(), clock, crowd)
    for part in (fetches, recoder):
        await part.aclose()
    events.close()


def alive(kind: type) -> int:
    """How many of these anything holds."""
    gc.collect()
    return sum(isinstance(found, kind) for found in gc.get_objects())


async def test_the_lane_holds_so_many_answers_and_no_more_whatever_is_asked(tmp_path: Path) -> None:
    async with lanes(tmp_path, snapshot(tmp_path)) as (public, memory, record):
        express = Express(public, memory, record, (), answers_held=20)
        await public.respond(Incoming("GET", "/articles/market-day", SITE, [], "102.88.20.34"))
        for order in permutations(("br", "zstd", "gzip", "identity")):
            codings = ", ".join(f"{coding};q=0.{9 - rank}" for rank, coding in enumerate(order))
            for method in ("GET", "HEAD"):
                asked = get("/articles/market-day", f"Accept-Encoding: {codings}", method=method)
                assert express.answer(asked, "102.88.20.34")
        express.settle()
        assert alive(Answer) <= 20


async def test_the_lane_holds_no_page_that_memory_has_given_up(tmp_path: Path) -> None:
    async with lanes(tmp_path, snapshot(tmp_path, articles=120), 100_000) as (public, memory, record):
        express = Express(public, memory, record, ("x-forwarded-for",))
        answered = 0
        for number in range(120):
            target = f"/articles/page-{number}"
            await public.respond(Incoming("GET", target, SITE, [], "102.88.20.34"))
            answered += express.answer(get(target), "102.88.20.34") is not None
        express.settle()
        assert answered > 100
        assert len(memory) < 20
        assert alive(StoredPage) <= len(memory) + 2


async def test_an_answer_counts_down_to_a_boundary_that_lies_within_a_second(tmp_path: Path) -> None:
    boundary = datetime(2031, 11, 23, 12, 0, 0, 700_000, tzinfo=UTC)
    begins = f"effective: [{{from: '{boundary.isoformat()}', until: lifted}}]\n"
    there = snapshot(tmp_path, policy("late", "notice: {id: first}", effective=begins))
    head = Recogniser(()).recognise(get("/articles/market-day"))
    assert head is not None
    moment = [boundary]
    async with lanes(tmp_path, there, clock=lambda: moment[0]) as (public, memory, record):
        answers = Answers(public, memory, record)

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


async def test_a_fault_in_the_lane_costs_no_reader_the_answer_and_is_told() -> None:
    def faulty(_data: bytes, _peer: str | None) -> bytes | None:
        raise ValueError("a fault of ours")

    async def natural(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=b"answered")

    said = Said()
    server = Server(natural, said, lambda status: Outgoing(status, [], b"", close=True), express=faulty)
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
    for _ in range(2):
        writer.write(get("/"))
        assert (await reader.readuntil(b"answered")).startswith(b"HTTP/1.1 200")
    writer.close()
    listening.close()
    await server.shutdown()
    assert [name for name, _ in said.seen] == ["request_failed", "request_failed"]
