"""An article's text in several elements: what withholds it whole leaves none of them, and takes nothing of others."""

from __future__ import annotations

import pytest

from gateway.policy.decision import Treatments
from gateway.policy.model import NoticePlace
from gateway.render.foreign.rules import Rules
from tests.foreign import shown as cms

SAID = "Every evening at ten minutes past eight a boat with room for forty people leaves the old pier. "
FIRST, LAST = f"<p>FIRST {SAID * 3}</p>", f"<p>LAST {SAID * 2}</p>"
AD, READ_ALSO = (
    "<div class='ad'>Advertisement</div>",
    "<aside><p>Read also <a href='/x'>another article of ours</a></p></aside>",
)
OTHERS = (
    "<section class='related'><div class='card'><h3><a href='/other'>OTHER HEADLINE</a></h3>"
    "<div class='entry-content live-entry text'><p>OTHER TEASER of an article that tells of something else.</p></div></div>"
    "<a href='/third'><h3>THIRD HEADLINE</h3><p>THIRD TEASER of an article that tells of something else.</p></a></section>"
    "<footer><div class='entry-content'><p>ABOUT this newspaper, which has been printed here since 1901.</p></div></footer>"
)
ENTRIES = "".join(
    f"<div class='live-entry'><h3>ENTRY {n} has words</h3><div class='text'><p>STORY {n} {SAID * (n % 4)}</p></div></div>"
    for n in range(12)
)
LINKED = "".join(
    f"<article class='live-entry'><h3><a href='/live/{n}'>ENTRY {n} has words</a></h3><p>STORY {n} is as short as this.</p></article>"
    for n in range(4)
)
STORIES = {
    "halves": f"<article><h1>T</h1><div class='entry-content'>{FIRST}</div>{AD}<div class='entry-content'>{LAST}</div>{OTHERS}</article>",
    "a short half first": f"<article><h1>T</h1><div class='entry-content'><p>FIRST boat.</p></div>{AD}<div class='entry-content'>{LAST}</div></article>{OTHERS}",
    "apart": f"<main><h1>T</h1><section><div class='td-post-content'>{FIRST}</div></section>{READ_ALSO}<section><div class='td-post-content'>{LAST}</div></section></main>{OTHERS}",
    "outside the article": f"<article><h1>T</h1><div class='entry-content'>{FIRST}</div></article>{AD}<div class='entry-content'>{LAST}</div>{OTHERS}",
    "otherwise called": f"<main><h1>T</h1><div class='entry-content'>{FIRST}</div>{AD}<div class='more-of-it'>{LAST}</div>{OTHERS}</main>",
    "not called": f"<body><h1>T</h1><div>{FIRST}</div>{AD}<div>{LAST}</div>{OTHERS}",
    "beside it": f"<article><h1>T</h1><div class='entry-content'>{FIRST}</div><p>LAST words of it</p></article>{OTHERS}",
    "in no element": f"<article><h1>T</h1><div class='entry-content'>{FIRST}</div>LAST {SAID}</article>{OTHERS}",
    "live": f"<main><h1>T</h1><p>FIRST, an introduction to it.</p><div class='live'>{ENTRIES}</div><p>LAST words of it</p>{OTHERS}</main>",
    "live with links to each": f"<main><h1>T</h1>{FIRST}{ENTRIES.replace('<h3>', '<h3><a href=/live/1>')}{LAST}</main>{OTHERS}",
    "live below a text": f"<main><h1>T</h1><div class='entry-content'>{FIRST}</div>{AD}<div>{LINKED.replace('/live', '/elsewhere')}</div>{OTHERS}</main>",
    "entries below its path": f"<main><link rel=canonical href='https://news.example/live'><h1>T</h1><div class='entry-content'>{FIRST}</div><div>{LINKED.replace('live-entry', 'entry')}</div>{OTHERS}</main>",
    "a chapter": f"<main><h1>T</h1><div class='entry-content'>{FIRST}</div><section><h2>ENTRY that is a chapter</h2>{LAST}</section>{OTHERS}</main>",
    "amp": f"<article><h1>T</h1><div class='amp-wp-article-content'>{FIRST}</div><amp-ad></amp-ad><div class='amp-wp-article-content'>{LAST}</div></article>{OTHERS}",
    "round the headline": f"<div class='entry-content'><h1>T</h1>{FIRST}</div>{AD}<div class='entry-content'>{LAST}</div>{OTHERS}",
    "no headline": f"<main><div class='entry-content'>{FIRST}</div>{AD}<div class='entry-content'>{LAST}</div></main>{OTHERS}",
}  # fmt: skip


def page(story: str) -> str:
    return (
        "<!doctype html><html lang='en'><head><title>T</title><meta property='og:type' content='article'></head>"
        f"<body>{story}</body></html>"
    )


@pytest.mark.parametrize("named", STORIES)
def test_a_text_that_is_withheld_whole_is_withheld_from_all_its_elements(named: str) -> None:
    treated = cms.shown(cms.page(page(STORIES[named])), cms.withheld("selector:.no-longer-there"))
    text = cms.text_of(treated)
    assert [word for word in ("FIRST", "LAST", "STORY", "ENTRY", "old pier") if word in text] == []
    assert text.count('class="withheld"') == 1
    assert [alarm.event for alarm in treated.alarms] == ["withhold_unmatched"]
    for other in ("OTHER HEADLINE", "OTHER TEASER", "THIRD HEADLINE", "THIRD TEASER", "ABOUT this"):
        assert other in text


@pytest.mark.parametrize("named", ["halves", "a short half first", "apart", "outside the article", "not called", "amp"])
def test_notices_stand_before_the_first_element_of_a_text_and_after_the_last(named: str) -> None:
    for place in (NoticePlace.BEFORE_BODY, NoticePlace.AFTER_BODY):
        treated = cms.shown(cms.page(page(STORIES[named])), Treatments(notices=cms.due(place)))
        text = cms.text_of(treated)
        notice, after = text.index("data-notice="), place is NoticePlace.AFTER_BODY
        assert (notice > text.index("FIRST"), notice > text.index("LAST")) == (after, after)
        assert notice < text.index("OTHER TEASER")


def test_the_text_of_another_article_below_stays_its_own() -> None:
    below = f"<article><h1>Next</h1><div class='entry-content'><p>NEXT {'Nobody knows what becomes of the market, and nobody asks. ' * 5}</p></div></article>"
    story = f"<article><h1>T</h1><div class='entry-content'>{FIRST}</div></article>{below}"
    text = cms.text_of(cms.shown(cms.page(page(story)), cms.withheld("selector:.gone")))
    assert "FIRST" not in text
    assert "NEXT" in text


def test_a_configured_text_is_withheld_wherever_it_stands() -> None:
    story = f"<main><h1>T</h1><div class='ours'>{FIRST}</div></main><div><div class='ours'>{LAST}</div></div>"
    rules = Rules(body=(".ours",))
    text = cms.text_of(cms.shown(cms.page(page(story)), cms.withheld("selector:.gone"), rules=rules))
    assert "FIRST" not in text
    assert "LAST" not in text


def test_protection_takes_no_half_of_a_text_for_a_widget() -> None:
    story = f"<article><h1>T</h1><div class='entry-content'>{FIRST * 5}</div>{AD}<div class='entry-content newsletter'>{LAST}</div></article>"
    assert "LAST" in cms.text_of(cms.shown(cms.page(page(story)), cms.endangered()))
