"""An origin in trouble is asked little, and a page in trouble does not take the others along (faults O1–O4, O12–O14)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from gateway.content.message import Request
from gateway.content.origin import Care, Fault, Origin, OriginError
from gateway.errors import SettingsError
from tests.origin.asking import CARE, Kept, asking, fault_of, page, until
from tests.origin.faults import PAGE
from tests.origin.scripted import CUT, HANG, RESET, Heard, Script, Scripted, response, scripted


@pytest.fixture
async def cms() -> AsyncIterator[Scripted]:
    async with scripted() as origin:
        yield origin


def once_per_connection(ending: Script) -> object:
    """Answers the first request of each connection and ends with the second."""
    seen: set[int] = set()

    def answer(heard: Heard) -> Script:
        if heard.connection in seen:
            return ending
        seen.add(heard.connection)
        return page(heard)

    return answer


@pytest.mark.parametrize("ending", [[CUT], [RESET]])
async def test_a_kept_connection_that_ends_under_us_costs_a_reader_nothing(cms: Scripted, ending: Script) -> None:
    cms.default = once_per_connection(ending)  # type: ignore[assignment]
    async with asking(cms) as (origin, events):
        assert [await fault_of(origin, "/") for _ in range(6)] == [None] * 6
        assert (origin.counts["retries"], events.names, len(cms.heard)) == (5, [], 11)


async def test_connections_closed_while_idle_are_not_used(cms: Scripted) -> None:
    cms.default = [response(PAGE), 0.02, CUT]
    async with asking(cms) as (origin, _):
        for _ in range(5):
            assert await fault_of(origin, "/") is None
            await asyncio.sleep(0.3)
        assert origin.counts["retries"] == 0


async def test_it_is_tried_again_once_and_only_where_no_word_came(cms: Scripted) -> None:
    cms.default = [CUT]
    cms.answers["/first"] = page
    async with asking(cms) as (origin, _):
        await fault_of(origin, "/first")
        assert await fault_of(origin, "/a") is Fault.DISCONNECTED
        assert cms.asked["/a"] == 2
        cms.answers["/b"] = [b"HTTP/1.1 200", CUT]
        await fault_of(origin, "/first")
        assert await fault_of(origin, "/b") is Fault.DISCONNECTED
        assert cms.asked["/b"] == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PURGE"])
async def test_what_may_not_be_done_twice_is_never_repeated_nor_risked(cms: Scripted, method: str) -> None:
    cms.default = once_per_connection([CUT])  # type: ignore[assignment]
    async with asking(cms) as (origin, _):
        assert [await fault_of(origin, "/", method=method) for _ in range(4)] == [None] * 4
        assert len(cms.heard) == 4
        cms.default = [CUT]
        assert await fault_of(origin, "/", method=method) is Fault.DISCONNECTED
        assert len(cms.heard) == 5


async def test_rfc9111_means_no_retry_no_breaker_and_no_back_off(cms: Scripted) -> None:
    cms.default = once_per_connection([CUT])  # type: ignore[assignment]
    async with asking(cms, CARE.for_rfc9111()) as (origin, events):
        assert [await fault_of(origin, "/") for _ in range(4)] == [None, Fault.DISCONNECTED] * 2
        cms.default = [response(b"", "503 No", "Retry-After: 100")]
        assert [await fault_of(origin, "/", standby=True) for _ in range(8)] == [None] * 8
        cms.default = [HANG]
        assert [await fault_of(origin, "/", standby=True) for _ in range(2)] == [Fault.FIRST_BYTE_TIMEOUT] * 2
        assert (origin.up, cms.probes, [name for name in events.names if "lost" in name]) == (True, 0, [])


async def test_an_origin_that_refuses_is_probed_in_the_background_and_asked_again_when_it_is_back(
    cms: Scripted,
) -> None:
    cms.default = page
    async with asking(cms) as (origin, events):
        assert await fault_of(origin, "/") is None
        await cms.refuse()
        faults = [await fault_of(origin, f"/{n}") for n in range(5)]
        assert faults in ([Fault.REFUSED] * 5, [Fault.DISCONNECTED, *[Fault.REFUSED] * 4])
        await until(lambda: not origin.up and "origin_lost refused" in events.names)
        asked = origin.counts["requests"]
        assert {await fault_of(origin, f"/{n}") for n in range(50)} == {Fault.OPEN}
        assert origin.counts["requests"] == asked
        await cms.listen()
        await until(lambda: origin.up)
        assert (cms.probes, events.names[-1]) == (1, "origin_restored")
        assert await fault_of(origin, "/") is None


async def test_it_is_asked_no_more_than_a_probe_at_a_time_while_it_is_down(cms: Scripted) -> None:
    cms.default = [response(b"", "503 Service Unavailable")]
    async with asking(cms) as (origin, _):
        for n in range(5):
            await fault_of(origin, f"/{n}")
        await until(lambda: not origin.up)
        heard = len(cms.heard) - cms.probes
        began = time.monotonic()
        while time.monotonic() - began < 1.0:
            await fault_of(origin, "/x", standby=True)
            await asyncio.sleep(0.001)
        assert len(cms.heard) - cms.probes == heard
        assert 2 <= cms.probes <= 13


async def test_pages_that_fail_do_not_take_a_well_origin_away(cms: Scripted) -> None:
    cms.default = lambda heard: page(heard) if heard.target in ("/", "/well") else [response(b"", "500 Broken")]
    async with asking(cms) as (origin, events):
        for n in range(40):
            await asyncio.gather(*(fault_of(origin, f"/search?q={n}-{m}") for m in range(5)))
            assert await fault_of(origin, "/well") is None
        await asyncio.sleep(0.1)
        assert (origin.up, "origin_lost 500" in events.names, cms.probes > 0) == (True, False, True)
        assert await fault_of(origin, "/well", standby=True) is None


async def test_a_page_that_fails_is_left_alone_where_something_stale_stands_ready(cms: Scripted) -> None:
    cms.answers["/a"] = [response(b"", "500 Broken")]
    cms.default = page
    async with asking(cms) as (origin, _):
        assert await fault_of(origin, "/a") is None
        assert [await fault_of(origin, "/a", standby=True) for _ in range(9)] == [Fault.BACKING_OFF] * 9
        assert await fault_of(origin, "/b", standby=True) is None
        assert (await fault_of(origin, "/a"), cms.asked["/a"]) == (None, 2)
        cms.answers["/a"] = page
        assert [await fault_of(origin, "/a"), await fault_of(origin, "/a", standby=True)] == [None, None]


async def test_a_page_that_hangs_is_left_alone_by_everybody(cms: Scripted) -> None:
    cms.answers["/a"] = [HANG]
    cms.default = page
    async with asking(cms) as (origin, _):
        assert await fault_of(origin, "/a") is Fault.FIRST_BYTE_TIMEOUT
        assert [await fault_of(origin, "/a", standby=ready) for ready in (True, False)] == [Fault.BACKING_OFF] * 2
        assert (await fault_of(origin, "/b"), cms.asked["/a"]) == (None, 1)


async def test_a_head_that_goes_wrong_takes_the_page_from_nobody(cms: Scripted) -> None:
    cms.default = lambda heard: [HANG] if heard.method == "HEAD" else page(heard)
    async with asking(cms) as (origin, _):
        assert await fault_of(origin, "/a", method="HEAD") is Fault.FIRST_BYTE_TIMEOUT
        assert await fault_of(origin, "/a") is None


async def test_the_back_off_ends(cms: Scripted) -> None:
    cms.answers["/a"] = [HANG]
    async with asking(cms, Care(first_byte_seconds=0.1, backoff_seconds=0.2)) as (origin, _):
        await fault_of(origin, "/a")
        await asyncio.sleep(0.25)
        assert (await fault_of(origin, "/a"), cms.asked["/a"]) == (Fault.FIRST_BYTE_TIMEOUT, 2)


async def test_retry_after_is_heeded_for_the_page_and_told_on(cms: Scripted) -> None:
    cms.answers["/a"] = [response(b"", "429 Too Many Requests", "Retry-After: 120")]
    async with asking(cms) as (origin, _):
        await fault_of(origin, "/a")
        with pytest.raises(OriginError) as caught:
            await origin.fetch(Request("GET", "/a"), standby=True)
        assert 119 <= caught.value.retry_after <= 121


async def test_an_origin_that_asks_for_quiet_is_not_even_probed_before_its_time(cms: Scripted) -> None:
    cms.default = [response(b"", "429 Too Many Requests", "Retry-After: 1")]
    async with asking(cms) as (origin, events):
        for n in range(5):
            await fault_of(origin, f"/{n}")
        await until(lambda: not origin.up)
        await asyncio.sleep(0.5)
        assert (cms.probes, events.names) == (0, ["origin_lost 429"])
        cms.default = page
        await until(lambda: origin.up)
        assert cms.probes == 1


async def test_nobody_listening_and_no_such_name_are_told_apart() -> None:
    async with scripted() as cms:
        pass
    for url, fault in ((cms.url, Fault.REFUSED), ("http://nowhere.invalid", Fault.UNRESOLVED)):
        origin = Origin(url, Kept(), CARE)
        assert await fault_of(origin, "/") is fault
        await origin.aclose()


async def test_tls_is_checked_and_never_given_up(cms: Scripted) -> None:
    origin = Origin(cms.url.replace("http:", "https:"), Kept(), CARE)
    assert await fault_of(origin, "/") in {Fault.TLS, Fault.DISCONNECTED}
    await origin.aclose()


@pytest.mark.parametrize(
    "url",
    ["", "cms", "ftp://cms", "http://", "http://a:b@cms", "http://cms/path", "http://cms?x", "http://cms:0x50", "http://cms:99999", "http://c\u043cs"],
)  # fmt: skip
def test_what_is_no_origin_is_refused_at_start(url: str) -> None:
    with pytest.raises(SettingsError, match="write scheme and host"):
        Origin(url, Kept())
