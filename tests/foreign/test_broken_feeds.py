"""Feeds that are not well-formed: read as lenient readers read them, and nobody is shown what could not be told apart."""

from __future__ import annotations

import time
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.content.doors import Door
from gateway.content.message import Response
from gateway.policy.decision import Refusal, Treatments
from gateway.render.foreign.treat import Treated, treat
from gateway.render.foreign.xml_mend import mended
from gateway.render.foreign.xml_tree import elements
from gateway.render.guard import missing
from gateway.render.site import Site
from tests.foreign import shown as cms

NOTHING = Treatments()
REFUSED = Treatments(refusal=Refusal(451, "order", cms.HELD, ()))
WARNED = Treatments(notices=cms.due())
SECRET = "three passengers had been turned back in October"
FIRST, SECOND = "/news/one", "/news/two"
ONE = f"<item><title>One</title><link>https://news.example{FIRST}</link><description>We saw that {SECRET}.</description></item>"
TWO = f"<item><title>Two</title><link>https://news.example{SECOND}</link><description>Bread rises.</description></item>"


def rss(one: str = ONE, two: str = TWO, *, before: str = "", opening: str = '<rss version="2.0">') -> str:
    return f'{before}<?xml version="1.0"?>{opening}<channel><title>News</title><language>en</language>{one}{two}</channel></rss>'


MENDABLE = {
    "bare ampersand": rss(ONE.replace("saw", "saw R&D, and")),
    "ampersand in an address": rss(ONE.replace(FIRST, f"{FIRST}?a=1&b=2")),
    "an entity of HTML": rss(ONE.replace("saw", "saw&nbsp;&mdash;")),
    "markup that nobody escaped": rss(ONE.replace("We saw", "<p>We<br>saw <a href=x?y&z>it</a> <img src=/i.jpg>")),
    "a bare angle": rss(ONE.replace("saw", "saw 3 < 4 and")),
    "a control sign": rss(ONE.replace("saw", "saw\x0b\x00")),
    "an undeclared prefix": rss(ONE.replace("<description>", "<dc:creator>A</dc:creator><description>")),
    "words of PHP before it": rss(before="\n<br />\n<b>Warning</b>: feed.php on line 3\n"),
    "an attribute without quotes": rss(opening="<rss version=2.0>"),
    "an attribute twice": rss(opening='<rss version="2.0" version="2.0">'),
    "something after its end": rss() + "<!-- cached --><script>x</script>",
    "an item that does not end": rss(ONE.replace("</item>", "")),
    "a channel that does not end": rss().replace("</channel>", ""),
    "an end that has no beginning": rss(ONE.replace("</title>", "</title></p>")),
    "entities of its own": rss(before="").replace("?>", '?><!DOCTYPE rss [<!ENTITY mine "ours">]>', 1),
    "a cdata end too many": rss(ONE.replace("saw", "saw ]]> that")),
    "double dashes in a comment": rss(ONE.replace("<title>", "<!-- a -- b --><title>")),
}  # fmt: skip
DOUBTFUL = {
    "cut off": rss()[: rss().index("Bread")],
    "cut off in an address": rss()[: rss().index("news/two")],
    "a description that does not end": rss(ONE.replace("</description>", "")),
    "a title that does not end": rss(ONE.replace("</title>", "")),
    "an address that does not end": rss(ONE.replace("</link>", "")),
    "an item that ends too early": rss(ONE.replace("<description>", "</item><description>")),
    "words between items": rss(ONE.replace("<title>", "</item>We & they<item><title>")),
    "a quote that does not end": rss(ONE.replace("<description>", '<enclosure url="/x><description>')),
    "cdata that does not end": rss(ONE.replace("We saw", "<![CDATA[We saw")),
    "a comment that does not end": rss(ONE.replace("We saw", "<!--We saw")),
    "no root": rss().replace("<rss", "<r ss"),
}


def of(text: str, kind: str = "application/rss+xml") -> Response:
    return cms.page(text, kind)


def under(response: Response, **by_path: Treatments) -> Treated:
    """Each article under its own treatments, by the last word of its path; all others under none."""
    found = cms.known(response, "/feed/")
    entries = [cms.decided(by_path.get(facts.slug.rpartition("/")[2], NOTHING)) for facts in found.entries]
    return treat(response, found, cms.decided(NOTHING), cms.DEFAULTS, Site(), entries=entries, host=cms.HOST)


@pytest.mark.parametrize("name", MENDABLE)
def test_a_feed_that_can_be_mended_is_treated_entry_by_entry(name: str) -> None:
    found = cms.known(of(MENDABLE[name]), "/feed/")
    assert [(facts.slug, facts.title) for facts in found.entries] == [(FIRST, "One"), (SECOND, "Two")]
    treated = under(of(MENDABLE[name]), one=WARNED)
    assert treated.alarms == ()
    one, two = fromstring(treated.page.body).iter("item")
    for item, times in ((one, 1), (two, 0)):
        assert (item.findtext("description") or "").count("data-notice") == times
    assert SECRET in (one.findtext("description") or "")
    assert two.findtext("description") == "Bread rises."


@pytest.mark.parametrize("name", [*MENDABLE, *DOUBTFUL])
def test_a_broken_feed_that_nothing_touches_is_the_origins_own(name: str) -> None:
    response = of({**MENDABLE, **DOUBTFUL}[name])
    treated = under(response)
    assert treated.page.body is response.body
    assert treated.untouched


@pytest.mark.parametrize("name", [*MENDABLE, *DOUBTFUL])
def test_no_broken_feed_holds_what_is_withheld_or_refused(name: str) -> None:
    response = of({**MENDABLE, **DOUBTFUL}[name])
    for treatments in (cms.withheld(f"quote:{SECRET}"), REFUSED):
        text = cms.text_of(under(response, one=treatments))
        assert SECRET not in text
        fromstring(text)


@pytest.mark.parametrize("name", DOUBTFUL)
def test_a_feed_that_cannot_be_told_apart_becomes_links_with_their_notices(name: str) -> None:
    treated = under(of(DOUBTFUL[name]), one=WARNED)
    assert [alarm.event for alarm in treated.alarms] == ["feed_unreadable"]
    assert missing(treated.page.body, treated.page.content_type, [cms.WARNING.id]) == set()
    assert SECRET not in cms.text_of(treated)


def test_links_stay_where_no_text_can() -> None:
    treated = under(of(DOUBTFUL["cut off"]), one=WARNED)
    assert 'href="https://news.example/news/two"' in cms.text_of(treated)
    assert "<title>Two</title>" in cms.text_of(treated)
    held = under(of(DOUBTFUL["cut off"]), one=cms.withheld(f"quote:{SECRET}"))
    assert "<title>Two</title>" not in cms.text_of(held)


def test_a_broken_sitemap_leaves_refused_articles_out() -> None:
    def sitemap(end: str) -> Response:
        places = "".join(f"<url><loc>https://news.example{path}?a=1&b=2{end}</url>" for path in (FIRST, SECOND))
        return of(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>', "application/xml")

    treated = under(sitemap("</loc>"), one=REFUSED)
    assert (FIRST in cms.text_of(treated), SECOND in cms.text_of(treated), treated.alarms) == (False, True, ())
    treated = under(sitemap("<lastmod>x</loc>"), one=REFUSED)
    assert (FIRST in cms.text_of(treated), [one.event for one in treated.alarms]) == (False, ["feed_unreadable"])


def test_a_feed_that_is_sent_as_a_page_is_a_feed() -> None:
    found = cms.known(of(rss(), "text/html; charset=utf-8"), "/feed/")
    assert (found.door, len(found.entries)) == (Door.FEED, 2)


def test_xml_that_is_no_feed_passes() -> None:
    response = of("<export><a>&</a></export>", "application/xml")
    assert cms.recognise(response, "/x", cms.DEFAULTS, cms.HOST) is None


def test_sections_hold_for_every_address_of_a_feed_that_cannot_be_told_apart() -> None:
    text = DOUBTFUL["cut off"].replace("<title>One", "<category>World News</category><title>One")
    assert all("world-news" in facts.tags for facts in cms.known(of(text), "/feed/").entries if not facts.title)


@settings(max_examples=300)
@given(st.lists(st.sampled_from([
    "<item>", "</item>", "<title>", "</title>", "<description>", "</description>", "<link>", "</link>", "<p>", "</p>", "<br/>", "&", "&amp;",
    "&nbsp;", "<", ">", '"', "'", "<a b='", "x:y=1", "<x:y>", "<![CDATA[", "]]>", "<!--", "-->", "<!DOCTYPE a [", "<?php", "words", "\x00",
    "<channel>", "</channel>", "</rss>", "<item/>", "é", "\ud800", "<x:y:z>", "<xmlns:a>", "xmlns=''", " xmlns:q='' ", "<entry>",
]), max_size=30))  # fmt: skip
def test_whatever_a_feed_is_made_of_it_is_read_or_given_up(pieces: list[str]) -> None:
    text = f"<rss><channel>{ONE}{''.join(pieces)}{TWO}"
    made = mended(text)
    assert elements(made.raw) is not None or cms.known(of(text), "/feed/").entries
    shown = under(of(text), one=REFUSED, two=REFUSED)
    assert elements(shown.page.body) is not None
    assert SECRET not in cms.text_of(shown)


@pytest.mark.alone
@pytest.mark.parametrize("unit", ['<a b="', "<a ", "<![CDATA[", "<!--", "&a", "<item>", "<description>", "<p>", "</x>", "<a:b ", "<a b='c' ", "<!DOCTYPE [", "<?"])  # fmt: skip
def test_mending_takes_time_by_the_length(unit: str) -> None:
    began = time.process_time()
    mended(f"<rss>{unit * (200_000 // len(unit))}")
    assert time.process_time() - began < 1.5
