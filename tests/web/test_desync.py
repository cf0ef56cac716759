"""Requests that two servers in a row could read as a different number of requests: refused, closed, nothing echoed."""

from __future__ import annotations

import re
import time

import pytest

from tests.running import Running
from tests.web.desync_table import CANARY, IGNORED, MALFORMED, MARK, TARGET, UPGRADES, WITH_A_BODY, post, raw
from tests.web.wire import HOST, Wire, get

STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2}) ")
FIXED = re.compile(r'<!doctype html><html lang="en"><title>[\w ]+</title><h1>[\w ]+</h1></html>\n')


def answers(site: Running, *segments: bytes) -> bytes:
    with Wire(site.port) as wire:
        return wire.send(*segments, pause=0.02).everything()


@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("together", [True, False], ids=["one segment", "apart"])
def test_malformed_framing_is_refused_with_a_fixed_page_and_the_connection_ends(
    site: Running, name: str, together: bool
) -> None:
    payload = MALFORMED[name]
    said = answers(site, payload + CANARY) if together else answers(site, payload, CANARY)
    statuses = [int(status) for status in STATUS.findall(said)]
    expected = [400]
    if name in ("no version", "version 2.0", "version 0.9") and statuses == [505]:
        expected = [505]  # in one segment with the next request aiohttp does not come to tell us the version
    if payload.startswith(b"POST") and statuses[:1] == [405]:
        statuses, expected = statuses[:1], [405]  # the head was in order, and its body is nobody's business
    assert statuses == expected
    body = said.partition(b"\r\n\r\n")[2].decode()
    assert FIXED.fullmatch(body) or statuses == [405]
    for echo in (MARK, "market-day", "aiohttp", "Python"):
        assert echo.encode() not in said


@pytest.mark.parametrize("name", WITH_A_BODY)
def test_a_request_with_a_body_or_another_method_is_refused_and_the_connection_ends(site: Running, name: str) -> None:
    payload, status = WITH_A_BODY[name]
    said = answers(site, payload + CANARY)
    assert [int(found) for found in STATUS.findall(said)] == [status]
    assert MARK.encode() not in said
    assert b"\r\nConnection: close\r\n" in said
    assert (b"\r\nAllow: GET, HEAD, OPTIONS\r\n" in said) == (status == 405)


@pytest.mark.parametrize("name", IGNORED)
def test_what_means_nothing_here_is_passed_over_and_the_next_request_gets_its_own_answer(
    site: Running, name: str
) -> None:
    with Wire(site.port) as wire:
        first = wire.send(IGNORED[name] + CANARY).response()
        second = wire.response()
    assert (first.status, second.status) == (200, 200)
    assert b"ferry" in first.body
    assert b"market-day" in second.body
    assert MARK.encode() not in first.raw + second.raw


@pytest.mark.parametrize("name", UPGRADES)
def test_an_upgrade_is_not_made_and_no_byte_after_it_is_taken_for_a_request(site: Running, name: str) -> None:
    for cut in (0, 10, len(CANARY) - 1):
        said = answers(site, UPGRADES[name] + CANARY[:cut], CANARY[cut:] + CANARY)
        assert STATUS.findall(said) == [b"200"]
        assert b"market-day" not in said
        assert b"\r\nConnection: close\r\n" in said


def test_bytes_after_a_refusal_are_never_answered_to_a_later_connection(site: Running) -> None:
    for payload in list(MALFORMED.values())[:12]:
        with Wire(site.port) as attacker, Wire(site.port) as reader:
            attacker.send(payload + get(f"/articles/{MARK}"))
            assert b"Market day" in reader.ask("/articles/market-day").body


def test_no_answer_waits_for_a_body_that_never_comes(site: Running) -> None:
    began = time.monotonic()
    with Wire(site.port) as wire:
        wire.send(post("Content-Length: 1000000"))
        assert wire.response().status == 405
        assert wire.closed_within(3)
    assert time.monotonic() - began < 3


def test_hosts_are_told_apart_before_anything_else(site: Running) -> None:
    assert STATUS.findall(answers(site, raw(f"GET {TARGET} HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n"))) == [
        b"421"
    ]
    assert HOST in CANARY
