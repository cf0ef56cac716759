"""What each treatment takes out, puts in and leaves, at every door."""

from __future__ import annotations

import unicodedata
from html import escape
from urllib.parse import quote

import orjson
import pytest
from selectolax.lexbor import LexborHTMLParser

from gateway.content.doors import Door
from gateway.content.files import DirectoryIndex
from gateway.policy.decision import Treatments, Withheld
from gateway.policy.model import NoticePlace
from gateway.render.pages import Renderer
from tests.render.world import LOST, REFUSAL, TREATMENTS, at, decision, due, page, text

ALL_DOORS = (Door.HTML, Door.JSON, Door.LISTING, Door.FEED, Door.SITEMAP)


@pytest.mark.parametrize("name", TREATMENTS)
@pytest.mark.parametrize("door", ALL_DOORS)
def test_nothing_of_what_is_taken_out_is_in_any_byte_of_any_door(
    index: DirectoryIndex, renderer: Renderer, name: str, door: Door
) -> None:
    rendered = at(index, renderer, door, TREATMENTS[name])
    body = rendered.body.decode()
    if name == "warned" and door is not Door.HTML:
        return
    for lost in LOST.get(name, ()):
        for form in {
            lost,
            escape(lost),
            quote(lost),
            unicodedata.normalize("NFD", lost),
            lost.encode("ascii", "backslashreplace").decode(),
        }:
            assert form not in body, (name, door, form)
    assert rendered.lost() == set()


def test_what_is_taken_out_would_be_there_otherwise(index: DirectoryIndex, renderer: Renderer) -> None:
    body = at(index, renderer, Door.HTML, Treatments()).body.decode()
    everything = {word for words in LOST.values() for word in words} - {"S&ouml;hne", "S\\u00f6hne"}
    assert [word for word in everything if word not in body] == []


def test_a_withheld_part_leaves_a_mark_that_says_so(index: DirectoryIndex, renderer: Renderer) -> None:
    tree = page(index, renderer, TREATMENTS["part withheld"])
    mark = tree.css_first('.body aside.withheld[data-withheld="part:p1"]')
    assert mark.attributes["role"] == "note"
    assert "beware" in mark.text()
    assert mark.css_first("a").attributes["href"] == "/-/notices/left-out?lang=en"
    value = orjson.loads(at(index, renderer, Door.JSON, TREATMENTS["part withheld"]).body)
    assert value["withheld"] == [
        {"what": "part:p1", "id": "left-out", "language": "en", "text": "If you are there, beware."}
    ]
    assert value["parts"] == {}


@pytest.mark.parametrize("name", ["picture withheld", "body picture withheld"])
def test_a_withheld_picture_leaves_a_mark_and_no_preview(index: DirectoryIndex, renderer: Renderer, name: str) -> None:
    tree = page(index, renderer, TREATMENTS[name])
    assert len(tree.css(".withheld")) == 1
    if name == "picture withheld":
        assert tree.css_first('meta[property="og:image"]') is None


def test_a_part_that_is_withheld_stays_so_though_it_is_also_replaced(index: DirectoryIndex, renderer: Renderer) -> None:
    both = Treatments(withheld=TREATMENTS["part withheld"].withheld, substitutes=(("part:p1", "NEWWORD"),))
    assert "NEWWORD" not in at(index, renderer, Door.HTML, both).body.decode()


@pytest.mark.parametrize(
    ("what", "signs"),
    [
        ("sharing", ("t.me", "wa.me", "mailto:?subject")),
        ("liking", ("community.example/like",)),
        ("commenting", ("community.example/talk",)),
        ("saving", ("community.example/save",)),
        ("contacting", ("mailto:newsroom", "mailto:tips")),
        ("donating", ("gazette.example/give",)),
        ("subscribing", ("gazette.example/letter", "feed.xml")),
        ("embeds", ("video.example",)),
        ("third-party", ("video.example",)),
    ],
)
def test_each_protection_takes_away_its_own_controls_and_no_others(
    index: DirectoryIndex, renderer: Renderer, what: str, signs: tuple[str, ...]
) -> None:
    plain = at(index, renderer, Door.HTML, Treatments()).body.decode()
    protected = at(index, renderer, Door.HTML, Treatments(protect=frozenset({what}))).body.decode()
    others = (
        "t.me",
        "community.example/like",
        "community.example/talk",
        "community.example/save",
        "gazette.example/give",
        "gazette.example/letter",
        "mailto:newsroom",
        "video.example",
    )
    for sign in signs:
        assert sign in plain
        assert sign not in protected
    assert all(other in protected for other in others if other not in signs)


def test_a_protected_page_sends_no_referrer(index: DirectoryIndex, renderer: Renderer) -> None:
    tree = page(index, renderer, Treatments(protect=frozenset({"referrer"})))
    assert tree.css_first('meta[name="referrer"]').attributes["content"] == "no-referrer"


@pytest.mark.parametrize("place", list(NoticePlace))
def test_a_notice_stands_in_its_place_and_the_skip_link_leads_to_it(
    index: DirectoryIndex, renderer: Renderer, place: NoticePlace
) -> None:
    html = page(index, renderer, Treatments(notices=(due(place=place),))).html or ""
    at_notice = html.index("data-notice")
    marks = [
        html.index(mark)
        for mark in ('<header class="masthead"', "<h1>", 'class="summary"', '<div class="body"', 'class="controls"')
    ]
    before = {NoticePlace.BANNER: 0, NoticePlace.AFTER_TITLE: 2, NoticePlace.BEFORE_BODY: 3, NoticePlace.AFTER_BODY: 4}[
        place
    ]
    assert sum(mark < at_notice for mark in marks) == before
    assert 'href="#notices"' in html
    assert html.count('id="notices"') == 1


def test_a_notice_in_another_language_says_so(index: DirectoryIndex, renderer: Renderer) -> None:
    tree = page(index, renderer, Treatments(notices=(due(language="ar"),)))
    notice = tree.css_first("aside.notice")
    assert (notice.attributes["lang"], notice.attributes["dir"]) == ("ar", "rtl")
    assert notice.css_first("a").attributes["href"] == "/-/notices/undesirable?lang=ar"


def test_social_previews_carry_the_notice_though_the_reader_needs_none(
    index: DirectoryIndex, renderer: Renderer
) -> None:
    tree = page(index, renderer, Treatments(social=(due(),)))
    for selector in ('meta[name="description"]', 'meta[property="og:description"]', 'meta[name="twitter:description"]'):
        assert tree.css_first(selector).attributes["content"] == "SUMMARYWORD of it all. If you are there, beware."
    assert "If you are there, beware." in orjson.loads(tree.css_first("script").text())["description"]
    assert tree.css_first("aside.notice") is None


def test_a_refusal_names_authority_act_and_whom_it_concerns_in_both_forms(
    index: DirectoryIndex, renderer: Renderer
) -> None:
    treatments = Treatments(refusal=REFUSAL)
    rendered = at(index, renderer, Door.HTML, treatments)
    tree = LexborHTMLParser(rendered.body.decode())
    assert rendered.status == 451
    assert rendered.notices == ("withdrawn",)
    for told in ("The Court of Osterby", "Order 12/26", "1 February 2026", "If you are there"):
        assert told in tree.body.text()  # type: ignore[union-attr]
    assert tree.css_first('meta[name="robots"]').attributes["content"] == "noindex"
    assert tree.css_first('link[rel="canonical"]') is None
    value = orjson.loads(at(index, renderer, Door.JSON, treatments).body)
    assert value["basis"][0]["authority"] == "The Court of Osterby"
    assert [one["id"] for one in value["notices"]] == ["withdrawn"]


def test_a_refused_article_is_not_even_read(renderer: Renderer, index: DirectoryIndex) -> None:
    class Unreadable:
        def read(self, slug: str) -> object:
            raise AssertionError(slug)

    facts = index.facts["the-ledger"]
    assert renderer.article(Unreadable(), facts, decision(TREATMENTS["refused"]), Door.HTML).status == 451  # type: ignore[arg-type]


def test_a_medium_withheld_by_two_notices_is_marked_once(index: DirectoryIndex, renderer: Renderer) -> None:
    held = frozenset({"ledger.svg"})
    twice = Treatments(
        withheld=(Withheld(frozenset(), held, text("first")), Withheld(frozenset(), held, text("second")))
    )
    tree = page(index, renderer, twice)
    assert [node.css_first("strong").text() for node in tree.css(".withheld")] == ["Title of first"]
