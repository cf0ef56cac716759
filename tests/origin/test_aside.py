"""No page keeps the readers of others waiting: large ones, and those that a parser is slow at, are worked on aside."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.content.message import Response
from gateway.content.origin.error import Fault, OriginError
from gateway.passage import aside as rooms
from gateway.passage.aside import Aside, AsideError, packed_in_turns, unpacked_in_turns
from gateway.passage.look import (
    LOOKED_AT_HERE,
    TREATED_HERE,
    light,
    look,
    look_aside,
    remake,
    remake_aside,
    with_entries,
)
from gateway.render.foreign.rules import Rules
from gateway.render.site import Site
from tests.foreign import shown as cms
from tests.origin.newsroom import MOSCOW, newsroom, story
from tests.origin.scripted import response
from tests.sites import policy, write_policies

ATTRIBUTES = "".join(f" a{number}=v" for number in range(20_000)).encode()
WORDS = b"three passengers had been turned back in October"
AROUND = 50
"""Answers that others get while one such page is worked on; they got two or three where that held the loop."""


def hostile() -> bytes:
    return story("hostile").replace(b"<p>", b"<p" + ATTRIBUTES + b">", 1)


def large() -> bytes:
    return story("large").replace(b"</article>", (b"<p>It is said that " + WORDS + b".</p>") * 6_000 + b"</article>")


@pytest_asyncio.fixture
async def room() -> AsyncIterator[Aside]:
    opened = Aside(seconds=2.0)
    yield opened
    await opened.aclose()


@pytest.mark.alone
@pytest.mark.parametrize("make", [hostile, large], ids=["20,000 attributes", "six thousand passages"])
def test_others_are_answered_while_a_page_takes_long(tmp_path: Path, make: Callable[[], bytes]) -> None:
    with newsroom(tmp_path, origin_first_byte_seconds="5", origin_total_seconds="10") as news:
        cut = f'withhold: {{parts: ["quote:{WORDS.decode()}"], notice: noted}}'
        noted = policy("cut", cut, readers="{in: [RU]}", articles="{paths: [/story/*]}")
        noticed = policy("warn", "notice: {id: warned}", articles="{paths: [/story/*]}")
        write_policies(news.policies, [noted, noticed], notices=("warned", "noted"))
        assert news.running.admin("/reload", {"accept_removals": True}).status == 200
        news.cms.answers["/story/long"] = [
            response(make(), "200 OK", "Content-Type: text/html", "Cache-Control: max-age=60")
        ]
        news.warm("/quick")
        with ThreadPoolExecutor(1) as reader:
            longest, others, began = 0.0, 0, time.monotonic()
            long = reader.submit(news.get, "/story/long", MOSCOW)
            while not long.done():
                asked = time.monotonic()
                assert news.get("/quick").status == 200
                longest, others = max(longest, time.monotonic() - asked), others + 1
            took = time.monotonic() - began
        answer = long.result()
        assert (answer.status, answer.text.count('data-notice="warned"')) == (200, 1)
        assert WORDS not in answer.body
        assert others >= AROUND, f"{others} others in {took:.2f} s, one of them {longest:.3f} s"
        assert longest < took / 5, f"{others} others in {took:.2f} s, one of them {longest:.3f} s"


async def test_what_is_made_aside_is_what_is_made_here(room: Aside) -> None:
    of = cms.page(large(), "text/html")
    known = look(of, "/story/large", "", Rules(), cms.HOST)
    assert await room.run("look", look, of, "/story/large", "", Rules(), cms.HOST) == known
    decision = cms.decided(cms.withheld(f"quote:{WORDS.decode()}"))
    here = remake(of, known, decision, (), Rules(), Site(), cms.HOST, "key")
    assert await room.run("remake", remake, of, known, decision, (), Rules(), Site(), cms.HOST, "key") == here


async def test_a_long_list_comes_and_goes_in_pieces_and_is_the_same(room: Aside) -> None:
    body = "".join(f"<url><loc>https://news.example/story/{number}</loc></url>" for number in range(5_000))
    of = cms.page(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{body}</urlset>', "application/xml")
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    known, packed = await room.run("look", look_aside, of, "/sitemap.xml", "", Rules(), cms.HOST)
    watching = asyncio.create_task(others())
    whole = with_entries(known, tuple(await unpacked_in_turns(packed)))
    again = await packed_in_turns(whole.found.entries if whole.found else ())
    watching.cancel()
    assert turns >= 5_000 // rooms.PIECE
    assert whole == look(of, "/sitemap.xml", "", Rules(), cms.HOST)
    page, entries = cms.decided(cms.endangered()), [cms.decided(cms.endangered())] * 5_000
    here = remake(of, whole, page, entries, Rules(), Site(), cms.HOST, "key")
    assert (
        await room.run("remake", remake_aside, of, known, again, page, entries, Rules(), Site(), cms.HOST, "key")
        == here
    )


async def test_a_work_that_takes_too_long_is_given_up_and_not_tried_at_once_again(room: Aside) -> None:
    await room.run("start", bool)
    with pytest.raises(AsideError, match="longer than 2 s"):
        await room.run("slow", time.sleep, 60)
    began = time.monotonic()
    with pytest.raises(AsideError, match="within the last minute"):
        await room.run("slow", time.sleep, 60)
    assert time.monotonic() - began < 1
    assert await room.run("quick", abs, -1) == 1


async def test_a_process_that_dies_costs_one_work(room: Aside) -> None:
    pid = await room.run("pid", os.getpid)
    assert pid != os.getpid()
    assert await room.run("pid", os.getpid) == pid
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(AsideError, match="died"):
        await room.run("first", abs, -1)
    assert await room.run("second", abs, -1) == 1


async def test_faults_of_a_body_come_through(room: Aside) -> None:
    broken = Response(200, "OK", (*cms.HTML_FIELDS, ("Content-Encoding", "gzip")), b"x" * 100)
    with pytest.raises(OriginError) as raised:
        await room.run("look", look, broken, "/", "", Rules(), cms.HOST)
    assert raised.value.fault is Fault.UNDECODABLE


async def test_no_more_than_two_processes_work_and_none_is_left(room: Aside) -> None:
    await asyncio.gather(*(room.run(f"{number}", time.sleep, 0.2) for number in range(4)))
    pids = set(await asyncio.gather(*(room.run("pid", os.getpid) for _ in range(8))))
    assert len(pids) <= rooms.PROCESSES
    await room.aclose()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_what_is_light_is_told_by_what_a_parser_would_have_to_do() -> None:
    assert light(cms.page(story("short")), TREATED_HERE)
    assert light(cms.response(cms.WORDPRESS), TREATED_HERE)
    assert not light(cms.page(large()), LOOKED_AT_HERE)
    assert not light(cms.page(b"<p" + ATTRIBUTES[:20_000] + b">x</p>"), LOOKED_AT_HERE)
    assert not light(cms.page("<b>" * 5_000), TREATED_HERE)


def test_a_page_that_cannot_be_treated_is_not_shown() -> None:
    of = cms.page(story("secret"))
    known = look(of, "/story/secret", "", Rules(), cms.HOST)
    decision = cms.decided(cms.endangered())
    made, alarms = remake(of, known, decision, (), Rules(), Site(), cms.HOST, "key", unable="it took too long")
    assert (made.status, made.notices) == (200, (cms.WARNING.id,))
    assert b"secret brought" not in made.bodies["identity"]
    assert [alarm.event for alarm in alarms] == ["treatment_failed"]
