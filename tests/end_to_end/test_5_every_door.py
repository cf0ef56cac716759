"""Promise 5: every door asks the same question."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import brotli
import pytest

from tests.geo.addresses import ADDRESSES
from tests.running import Running, gateway
from tests.sites import policy, write_content, write_policies

PASSAGE = "A passage of harbour-opens to withhold"
BLOCKED, WITHHELD, WARNED, FREE = (ADDRESSES[city] for city in ("Berlin", "Minsk", "Moscow", "Lagos"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("doors")
    only = "{slugs: [harbour-opens]}"
    policies = write_policies(
        root / "policies",
        [
            policy("block", "block: {notice: second}", readers="{in: [DE]}", articles=only, kind="order"),
            policy("hold", "withhold: {parts: [p2], notice: third}", readers="{in: [BY]}", articles=only, kind="order"),
            policy("warn", "notice: {id: first}", "protect: all", readers="{in: [RU]}"),
        ],
        notices=("first", "second", "third"),
    )
    with gateway(root, content=write_content(root / "content"), policies=policies) as running:
        yield running


DOORS = ("/articles/harbour-opens", "/articles/harbour-opens.json", "/", "/sections/world", "/feed.xml", "/sitemap.xml")


@pytest.mark.parametrize("door", DOORS)
def test_a_blocked_article_leaves_no_trace_at_any_door(site: Running, door: str) -> None:
    answer = site.get(door, reader=BLOCKED)
    assert answer.status == (451 if "/articles/" in door else 200)
    assert "The harbour opens" not in answer.text
    assert PASSAGE not in answer.text
    if "/articles/" not in door:
        assert "harbour-opens" not in answer.text
    assert "harbour-opens" in site.get(door, reader=FREE).text


@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
@pytest.mark.parametrize("door", DOORS)
def test_a_withheld_part_is_in_no_byte_of_any_door(site: Running, door: str, coding: str) -> None:
    answer = site.get(door, {"Accept-Encoding": coding}, reader=WITHHELD)
    used = answer.headers.get("content-encoding", "identity")
    decode = {"identity": bytes, "gzip": gzip.decompress, "br": brotli.decompress}[used]
    assert answer.status == 200
    assert PASSAGE.encode() not in decode(answer.body)
    if door.startswith("/articles/harbour-opens"):
        assert b"third" in decode(answer.body)
        assert PASSAGE in site.get(door, reader=FREE).text


def test_translations_come_along(site: Running) -> None:
    assert site.get("/articles/der-hafen-oeffnet", reader=BLOCKED).status == 451
    assert "A passage of" not in site.get("/articles/der-hafen-oeffnet", reader=WITHHELD).text


def test_the_warning_is_on_the_page_of_who_may_be_there_and_with_every_fetcher(site: Running) -> None:
    warned, free = (site.get("/articles/market-day", reader=reader) for reader in (WARNED, FREE))
    assert warned.text.count('data-notice="first"') == 1
    assert "data-notice" not in free.text
    for answer in (warned, free):
        description = re.search(r'property="og:description" content="([^"]*)"', answer.text)
        assert description
        assert "first concerns you" in description[1]
    for reader in (WARNED, FREE):
        told = site.get("/articles/market-day.json", reader=reader).json()
        assert [notice["id"] for notice in told["notices"]] == ["first"]  # type: ignore[attr-defined]
        feed = site.get("/feed.xml", reader=reader)
        ET.fromstring(feed.text)
        assert feed.text.count("first concerns you") >= 2


def test_json_comes_by_name_and_by_accept_and_is_the_same(site: Running) -> None:
    named = site.get("/articles/market-day.json", reader=FREE)
    asked = site.get("/articles/market-day", {"Accept": "application/json"}, reader=FREE)
    assert named.headers["content-type"].startswith("application/json")
    assert named.body == asked.body


def test_error_pages_owe_the_warning_too(site: Running) -> None:
    answer = site.get("/articles/there-is-none", reader=WARNED)
    assert answer.status == 404
    assert answer.text.count('data-notice="first"') == 1
    assert "there-is-none" not in answer.text
    refused = site.get("/articles/harbour-opens", reader=BLOCKED)
    assert refused.text.count('data-notice="second"') == 1
