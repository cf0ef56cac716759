"""Listing, feed and sitemap: one decision an entry, and documents that other programs can read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from gateway.content.doors import Door
from gateway.content.files import DirectoryIndex
from gateway.policy.decision import Treatments
from gateway.render.guard import missing_in_fragment
from gateway.render.pages import Renderer
from gateway.render.site import Site
from tests.payloads import dangers
from tests.render.world import BASE, NOW, TREATMENTS, decision, due, xml

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def entries(index: DirectoryIndex, treatments: Treatments | None = None) -> list:  # type: ignore[type-arg]
    return [(facts, decision(treatments)) for facts in index.newest(NOW)]


@pytest.mark.parametrize(
    ("language", "slug"), [("en", "the-ledger"), ("de", "das-hauptbuch"), ("ar", "ad-daftar"), ("ru", "the-ledger")]
)
def test_a_family_is_listed_once_in_the_readers_language_or_the_original(
    index: DirectoryIndex, renderer: Renderer, language: str, slug: str
) -> None:
    rendered = renderer.collection(Door.LISTING, entries(index), "", decision(), language)
    tree = LexborHTMLParser(rendered.body.decode())
    [story] = tree.css("article.story")
    assert story.css_first("h2 a").attributes["href"] == f"/articles/{slug}"
    assert len(story.css(".translations a")) == 2
    assert tree.css_first("html").attributes["lang"] == language
    assert len(tree.css("h1")) == 1


def test_a_listing_shows_the_pages_notice_once_and_takes_controls_away(
    index: DirectoryIndex, renderer: Renderer
) -> None:
    rendered = renderer.collection(Door.LISTING, entries(index), "culture", decision(TREATMENTS["warned"]), "en")
    assert rendered.notices == ("undesirable",)
    assert rendered.lost() == set()
    assert b"gazette.example/give" not in rendered.body
    assert b"feed.xml" not in rendered.body


def test_a_refused_article_is_left_out_or_marked_without_its_title(index: DirectoryIndex, renderer: Renderer) -> None:
    for door in (Door.LISTING, Door.FEED):
        assert (
            b"the-ledger"
            not in renderer.collection(door, entries(index, TREATMENTS["refused"]), "", decision(), "en").body
        )
        marked = renderer.collection(door, entries(index, TREATMENTS["refused, marked"]), "", decision(), "en").body
        assert b"An article is not available here" in marked
        assert b"TITLEWORD" not in marked
    assert (
        b"the-ledger"
        not in renderer.collection(
            Door.SITEMAP, entries(index, TREATMENTS["refused, marked"]), "", decision(), "en"
        ).body
    )


def test_every_entry_of_the_feed_carries_its_notices_and_the_feed_has_them_all(
    index: DirectoryIndex, renderer: Renderer
) -> None:
    rendered = renderer.collection(Door.FEED, entries(index, TREATMENTS["two notices"]), "", decision(), "en")
    assert set(rendered.notices) == {"undesirable", "second"}
    assert rendered.lost() == set()
    feed = xml(rendered.body)
    assert missing_in_fragment(feed.findtext(f"{ATOM}subtitle", ""), rendered.notices) == set()
    found = feed.findall(f"{ATOM}entry")
    assert len(found) == 3
    for entry in found:
        assert missing_in_fragment(entry.findtext(f"{ATOM}content", ""), rendered.notices) == set()


def test_the_feed_has_what_atom_requires(index: DirectoryIndex, renderer: Renderer) -> None:
    """RFC 4287, sections 4.1.1 and 4.1.2."""
    feed = xml(renderer.collection(Door.FEED, entries(index), "culture", decision(), "de").body)
    for name in ("id", "title", "updated"):
        assert len(feed.findall(f"{ATOM}{name}")) == 1
    rels = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert rels == {"self": f"{BASE}/sections/culture/feed.xml", "alternate": f"{BASE}/sections/culture"}
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids) == 3
    for entry in feed.findall(f"{ATOM}entry"):
        for name in ("id", "title", "updated", "content"):
            assert len(entry.findall(f"{ATOM}{name}")) == 1


def test_an_empty_feed_and_an_empty_list_are_still_documents(renderer: Renderer) -> None:
    assert xml(renderer.collection(Door.FEED, [], "", decision(), "en").body).tag == f"{ATOM}feed"
    assert b"Nothing has been published" in renderer.collection(Door.LISTING, [], "", decision(), "en").body


def test_the_sitemap_lists_each_address_with_its_translations(index: DirectoryIndex, renderer: Renderer) -> None:
    tree = xml(renderer.collection(Door.SITEMAP, entries(index), "", decision(), "en").body)
    addresses = {loc.text for loc in tree.iter(f"{MAP}loc")}
    assert addresses == {f"{BASE}/articles/{slug}" for slug in index.facts}
    assert len(list(tree.iter("{http://www.w3.org/1999/xhtml}link"))) == 9


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_title_and_summary_make_wellformed_documents_that_say_them(
    index: DirectoryIndex, renderer: Renderer, title: str, summary: str
) -> None:
    facts = replace(index.facts["the-ledger"], title=title, summary=summary, authors=(title,), kicker=summary)
    given_entries = [(facts, decision(Treatments(notices=(due(),))))]
    feed = renderer.collection(Door.FEED, given_entries, "", decision(), "en")
    assert feed.lost() == set()
    xml(feed.body)
    listing = renderer.collection(Door.LISTING, given_entries, "", decision(), "en").body.decode()
    assert dangers(listing, own=f"{BASE}/") == []
    assert len(LexborHTMLParser(listing).css("article.story")) == 1


def test_dates_are_written_in_the_sites_own_zone_if_it_has_one() -> None:
    moment = datetime(2026, 5, 1, 23, 30, tzinfo=UTC)
    assert Site(timezone="Asia/Tokyo").here(moment).date().isoformat() == "2026-05-02"
    assert Site().here(moment) is moment
