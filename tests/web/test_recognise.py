"""What the express lane recognises, aiohttp's parser reads as exactly that one plain request, and nothing else."""

from __future__ import annotations

import asyncio
import random

import pytest
from aiohttp import HttpVersion11
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import HttpRequestParser, RawRequestMessage
from aiohttp.streams import EMPTY_PAYLOAD
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.web.recognise import Head, Recogniser
from tests.web.conversations import HANDED_OVER, heads
from tests.web.desync_table import MALFORMED, WITH_A_BODY
from tests.web.wire import get

TAGS = ['"aaa"', '"bbb-gzip"']
CLAIMS = ("x-forwarded-for", "cf-ipcountry")
INTERESTING = b"\r\n\t :;,=/?#%\x00\x0b\x0c\x7f\x80\xa0\xff\"'GHTP1.0"


def parsed(data: bytes) -> RawRequestMessage | None:
    """The one request that aiohttp reads in these bytes, plain and complete; None for anything else."""
    loop = asyncio.new_event_loop()
    try:
        parser = HttpRequestParser(
            BaseProtocol(loop), loop, 2**16, max_line_size=8190, max_field_size=8190, max_headers=128
        )
        messages, upgraded, tail = parser.feed_data(data)
    except HttpProcessingError:
        return None
    finally:
        loop.close()
    if len(messages) != 1 or upgraded or tail:
        return None
    message, payload = messages[0]
    plain = payload is EMPTY_PAYLOAD and not message.should_close and not message.upgrade and not message.chunked
    return message if plain and message.version == HttpVersion11 else None


def assert_read_alike(data: bytes, head: Head) -> None:
    message = parsed(data)
    assert message is not None, data
    values = {name: message.headers.getall(name, []) for name in ("Host", "Accept", "Accept-Encoding", "If-None-Match")}
    assert (message.method, message.path) == ("HEAD" if head.bodiless else "GET", text(head.target))
    assert values["Host"] == [text(head.host)]
    for name, value in (("Accept", head.accept), ("Accept-Encoding", head.codings), ("If-None-Match", head.condition)):
        assert values[name] in ([text(value)], [] if not value else [text(value)]), data
    claims = [(name.lower(), value) for name, value in message.headers.items() if name.lower() in CLAIMS]
    assert [(text(name), text(value)) for name, value in head.forwarded] == claims


def text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


@settings(max_examples=800, deadline=None, suppress_health_check=list(HealthCheck))
@given(heads(TAGS), st.data())
def test_a_recognised_head_is_one_plain_request_also_with_bytes_changed(head: bytes, data: st.DataObject) -> None:
    recogniser = Recogniser(CLAIMS)
    changed = bytearray(head)
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(changed) - 1))
        changed[place : place + data.draw(st.integers(0, 1))] = bytes([data.draw(st.sampled_from(list(INTERESTING)))])
    for candidate in (head, bytes(changed)):
        found = recogniser.recognise(candidate)
        if found is not None:
            assert_read_alike(candidate, found)


def test_any_byte_at_any_place_of_a_head_leaves_it_one_plain_request_or_unrecognised() -> None:
    """Every byte value at a hundred places: what a fuzzer finds first, in order."""
    plain = get("/articles/ferry", "Accept: */*", "X-Forwarded-For: 1.2.3.4", "User-Agent: x", "If-None-Match: *")
    recogniser, drawn, recognised = Recogniser(CLAIMS), random.Random(5), 0
    for place in sorted(drawn.sample(range(len(plain)), 100)):
        for value in range(256):
            changed = plain[:place] + bytes([value]) + plain[place + 1 :]
            found = recogniser.recognise(changed)
            if found is not None:
                recognised += 1
                assert_read_alike(changed, found)
    assert recognised > 5000


@pytest.mark.parametrize("name", [*MALFORMED, *WITH_A_BODY])
def test_nothing_of_the_table_of_desyncs_is_recognised(name: str) -> None:
    payload = MALFORMED[name] if name in MALFORMED else WITH_A_BODY[name][0]
    recogniser = Recogniser(CLAIMS)
    assert recogniser.recognise(payload) is None
    assert recogniser.recognise(payload.partition(b"\r\n\r\n")[0] + b"\r\n\r\n") is None or name.startswith("bare LF")


@pytest.mark.parametrize("line", HANDED_OVER)
def test_what_routes_frames_or_conditions_is_handed_over(line: bytes) -> None:
    assert Recogniser(CLAIMS).recognise(get("/x")) is not None
    assert Recogniser(CLAIMS).recognise(get("/x", line)) is None


def test_a_flood_of_new_names_fills_no_memory_and_shuts_nobody_out() -> None:
    recogniser = Recogniser(CLAIMS)
    for number in range(20_000):
        assert recogniser.recognise(get("/x", f"X-Flood-{number}: y", f"X-{'long' * 100}-{number}: y")) is not None
    assert len(recogniser.names()) <= 4100
    assert sum(map(len, recogniser.names())) < 4100 * 64
    assert recogniser.recognise(get("/x", "Range: bytes=0-1")) is None
