"""Pages over many articles stay small enough for the readers beside them, and say of each what its decision says."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gateway import collection
from gateway.collection import medium_decision
from gateway.content.doors import Door
from gateway.delivery import Delivered, Wanted
from tests.delivery.world import NOW, REFUSES_DE, WARNS_RU, delivery, reading, snapshot
from tests.sites import write_article

LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
LINK = "{http://www.w3.org/1999/xhtml}link"


def addresses(wanted: Wanted | None, kind: str = LOC) -> list[str]:
    assert wanted is not None
    tree = ET.fromstring(wanted.render().body)
    return [str(one.text or one.get("href")) for one in tree.iter(kind)]


@pytest.fixture
def few_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection, "SITEMAP_PAGE", 2)


def test_a_small_site_has_one_sitemap(tmp_path: Path) -> None:
    there = reading(snapshot(tmp_path, WARNS_RU))
    assert len(addresses(delivery().sitemap(there))) == 3
    assert delivery().sitemap(there, 1) is None


@pytest.mark.usefixtures("few_a_page")
def test_a_large_site_has_an_index_whose_files_hold_every_article_once(tmp_path: Path) -> None:
    there = reading(snapshot(tmp_path, WARNS_RU, articles=4))
    index = addresses(delivery().sitemap(there))
    assert index == [f"https://news.example/sitemap-{page}.xml" for page in (1, 2, 3, 4)]
    found = [address for page in (1, 2, 3, 4) for address in addresses(delivery().sitemap(there, page))]
    assert sorted(found) == sorted(f"https://news.example/articles/{slug}" for slug in there.snapshot.index.facts)
    assert delivery().sitemap(there, 5) is None


@pytest.mark.usefixtures("few_a_page")
def test_translations_are_linked_across_files_but_never_one_that_is_refused(tmp_path: Path) -> None:
    refuses = REFUSES_DE.replace("market-day", "der-hafen-oeffnet")
    there = snapshot(tmp_path, refuses, articles=3)
    write_article(tmp_path / "content", "harbour-opens", published="2026-05-02T08:00:00Z")
    index = there.index.refresh()
    moved = type(there)(there.policies, index, there.witnesses, there.renderer)
    linked = {
        region: [one for page in (1, 2, 3) for one in addresses(delivery().sitemap(reading(moved, region), page), LINK)]
        for region in ("FR", "DE")
    }
    assert len(linked["FR"]) == 4  # each of two names both, from two files
    assert linked["DE"] == []


@pytest.mark.usefixtures("few_a_page")
async def test_what_is_published_later_leaves_the_older_files_in_the_cache(tmp_path: Path) -> None:
    before, here = snapshot(tmp_path, WARNS_RU, articles=3), delivery()

    async def ask(page: int) -> Delivered:
        wanted = here.sitemap(reading(current), page)
        assert wanted is not None
        return await here.deliver(reading(current), wanted)

    current = before
    assert [(await ask(page)).status for page in (1, 2, 3)] == ["miss"] * 3
    write_article(tmp_path / "content", "the-latest", published="2026-06-01T08:00:00Z")
    current = type(before)(before.policies, before.index.refresh(), before.witnesses, before.renderer)
    assert [(await ask(page)).status for page in (1, 2, 3)] == ["hit", "hit", "hit"]
    assert (await ask(4)).status == "miss"


@pytest.mark.usefixtures("few_a_page")
def test_the_index_of_the_sitemap_ends_when_the_next_article_appears(tmp_path: Path) -> None:
    write_article(tmp_path / "content", "tomorrow", published="2026-11-24T08:00:00Z")
    there = snapshot(tmp_path, WARNS_RU, articles=2)
    wanted = delivery().sitemap(reading(there))
    assert wanted is not None
    assert wanted.decision.valid_until == there.index.facts["tomorrow"].published
    later = delivery().sitemap(reading(there, now=NOW + timedelta(days=2)), 3)
    assert (
        addresses(later)
        == [
            "https://news.example/articles/page-1",
            "https://news.example/articles/tomorrow",
        ]
        or len(addresses(later)) == 2
    )


def test_a_list_shows_the_newest_fifty(tmp_path: Path) -> None:
    there = reading(snapshot(tmp_path, WARNS_RU, articles=60))
    found = collection.collect(there.snapshot, Door.LISTING, "", there.location, NOW)
    assert found is not None
    assert [facts for facts, _ in found.entries] == list(there.snapshot.index.newest(NOW))[:50]


def test_a_medium_asks_the_articles_that_show_it_and_no_others(tmp_path: Path) -> None:
    for slug in ("shows-it", "shows-it-too"):
        write_article(tmp_path / "content", slug, extra="image: {src: a.svg, alt: ''}\n")
    refuses = REFUSES_DE.replace("market-day", "shows-it, shows-it-too")
    there = snapshot(tmp_path, refuses)
    assert [facts.slug for facts in there.index.showing("a.svg")] == ["shows-it", "shows-it-too"]
    assert not medium_decision(there, "a.svg", reading(there, "DE").location, NOW)[1]
    assert medium_decision(there, "a.svg", reading(there, "FR").location, NOW)[1]
    assert medium_decision(there, "b.svg", reading(there, "DE").location, NOW)[1]


def test_a_medium_that_hundreds_of_articles_show_asks_enough_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slugs = [f"shows-{number}" for number in range(9)]
    for slug in slugs:
        write_article(tmp_path / "content", slug, extra="image: {src: a.svg, alt: ''}\n")
    there = snapshot(tmp_path, REFUSES_DE.replace("market-day", ", ".join(slugs[1:])))
    monkeypatch.setattr(collection, "ENOUGH_ARTICLES", 3)
    decision, allowed = medium_decision(there, "a.svg", reading(there, "FR").location, NOW)
    assert allowed
    assert decision.depends_on_place
    assert len(there.decisions) == 3
    decision, allowed = medium_decision(there, "a.svg", reading(there, "DE").location, NOW)
    assert allowed  # the last one that is asked shows it
    assert decision.depends_on_place
