"""Feeds, sitemaps and JSON: each entry under its own decision, and what no decision touches as it was."""

from __future__ import annotations

import json
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.content.doors import Door
from gateway.content.message import Response
from gateway.policy.decision import Refusal, Treatments
from gateway.render.foreign.treat import Treated, treat
from gateway.render.foreign.xml_tree import Edits, as_utf8, elements, escaped
from gateway.render.guard import missing_in_fragment
from gateway.render.site import Site
from tests.foreign import shown as cms
from tests.payloads import PAYLOADS

NOTHING = Treatments()
REFUSED = Treatments(refusal=Refusal(451, "order", cms.HELD, ()))
MARKED = Treatments(refusal=Refusal(451, "order", cms.HELD, (), "mark"))
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
SECRET = "three passengers had been turned back in October without any paper being shown to them"


def under(of: Response, *entries: Treatments, path: str = "/feed/", page: Treatments = NOTHING) -> Treated:
    found = cms.known(of, path)
    assert len(found.entries) == len(entries)
    return treat(
        of, found, cms.decided(page), cms.DEFAULTS, Site(), entries=[cms.decided(one) for one in entries], host=cms.HOST
    )


def atom(*entries: str) -> Response:
    return cms.page(
        f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ru">{"".join(entries)}</feed>',
        "application/atom+xml",
    )


def test_each_entry_of_a_feed_says_which_article_it_is() -> None:
    found = cms.known(cms.response(cms.FEED), cms.FEED)
    assert (found.door, found.article) == (Door.FEED, False)
    ferry, bakers = found.entries
    assert (ferry.slug, ferry.section, ferry.language) == (cms.WORDPRESS, "world-news", "en-US")
    assert {"ferries", "world-news"} <= ferry.tags
    assert (ferry.published.isoformat(), bakers.section) == ("2026-11-18T06:30:00+00:00", "culture")


def test_one_entry_is_treated_and_the_other_stays_octet_for_octet() -> None:
    of = cms.response(cms.FEED)
    treated = under(of, cms.endangered(), NOTHING)
    item = fromstring(treated.page.body)[0].find("item")
    assert item is not None
    assert missing_in_fragment(item.findtext(CONTENT) or "", [cms.WARNING.id]) == set()
    assert cms.WARNING.text in (item.findtext("description") or "")
    assert [name.tag for name in item if "omment" in name.tag] == []
    assert "sharedaddy" not in cms.text_of(treated)
    assert "youtube" not in cms.text_of(treated)
    untouched = of.body[of.body.rindex(b"<item>") :]
    assert treated.page.body.endswith(untouched)
    assert treated.page.body.startswith(of.body[: of.body.index(b"<item>")])


def test_a_feed_that_nothing_touches_is_the_origins_own() -> None:
    of = cms.response(cms.FEED)
    treated = under(of, NOTHING, NOTHING)
    assert treated.untouched
    assert treated.page.body is of.body


def test_a_refused_article_is_left_out_of_feed_sitemap_and_json_or_marked() -> None:
    for path in (cms.FEED, cms.SITEMAP, cms.POSTS):
        text = cms.text_of(under(cms.response(path), REFUSED, NOTHING, path=path))
        assert "ferry" not in text
        assert "night-bakers" in text
    marked = cms.text_of(under(cms.response(cms.FEED), MARKED, NOTHING))
    assert "The last ferry" not in marked
    assert "eleven winters" not in marked
    assert cms.WORDPRESS in marked
    assert "A court forbids" in marked
    value = json.loads(under(cms.response(cms.POSTS), MARKED, NOTHING, path=cms.POSTS).page.body)
    assert (value[0]["content"], value[0]["id"], value[0]["text"]) == (None, 4711, cms.HELD.text)
    assert "last ferry" not in json.dumps(value[0]["title"])


def test_what_is_withheld_is_in_no_element_of_a_feed() -> None:
    text = cms.text_of(under(cms.response(cms.FEED), cms.withheld(f"quote:{SECRET}"), NOTHING))
    assert "passengers" not in text
    assert "leaves the old pier" in text
    whole = cms.text_of(under(cms.response(cms.FEED), cms.withheld("selector:#p-names"), NOTHING))
    assert "passengers" not in whole
    assert "leaves the old pier" not in whole  # what the selector means cannot be told there


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ("<summary>a &lt; b</summary>", "a"), ('<summary type="text">a &lt; b</summary>', "a &lt; b"), ('<content type="html">&lt;p&gt;a&lt;/p&gt;</content>', "<p>a</p>"),
        ('<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>a</p></div></content>', "a"), ("<content/>", ""), ("", ""),
        ('<summary>s</summary><content type="html"><![CDATA[<p>a</p>]]></content>', "<p>a</p>"),
    ],
)  # fmt: skip
def test_an_atom_entry_of_any_form_carries_its_notice(content: str, kept: str) -> None:
    of = atom(f'<entry><title>A</title><link href="https://news.example/a"/>{content}</entry>')
    entry = fromstring(under(of, cms.endangered()).page.body)[0]
    texts = [one.text or "" for one in entry if one.tag.endswith(("content", "summary"))]
    assert any(missing_in_fragment(text, [cms.WARNING.id]) == set() for text in texts)
    assert any(kept in text for text in texts)
    assert cms.known(of).entries[0].language == "ru"


def test_a_feed_in_another_charset_is_utf_8_afterwards_and_says_so() -> None:
    text = '<?xml version="1.0" encoding="windows-1251"?><rss><channel><item><title>Паром</title><link>/a</link><description>ход</description></item></channel></rss>'
    treated = under(cms.page(text.encode("cp1251"), "text/xml"), cms.endangered())
    assert fromstring(treated.page.body)[0][0].findtext("title") == "Паром"
    assert treated.page.content_type == "application/rss+xml; charset=utf-8"
    assert b'encoding="UTF-8"' in treated.page.body


def test_no_text_of_a_notice_breaks_a_feed_or_a_json_body() -> None:
    for payload in PAYLOADS[::3]:
        text = type(cms.WARNING)("n", "en", payload, f"<p>{payload}</p>", payload)
        treatments = Treatments(notices=cms.due(text=text), substitutes=(("title", payload.replace("\n", " ")),))
        body = under(cms.response(cms.FEED), treatments, NOTHING).page.body
        assert len(fromstring(body)[0].findall("item")) == 2, payload
        assert isinstance(
            json.loads(under(cms.response(cms.POSTS), treatments, NOTHING, path=cms.POSTS).page.body), list
        )


def test_an_article_in_json_carries_its_notices_and_loses_its_widgets() -> None:
    posts = json.loads(under(cms.response(cms.POSTS), cms.endangered(), NOTHING, path=cms.POSTS).page.body)
    assert [one["id"] for one in posts[0]["notices"]] == [cms.WARNING.id]
    assert "sharedaddy" not in posts[0]["content"]["rendered"]
    assert missing_in_fragment(posts[0]["content"]["rendered"], [cms.WARNING.id]) == set()
    assert posts[1] == json.loads(cms.response(cms.POSTS).body)[1]
    one = cms.shown(cms.page('{"headline":"A","body":"<p>x</p>","url":"/a"}', "application/json"), cms.endangered())
    assert json.loads(one.page.body)["notices"][0]["id"] == cms.WARNING.id
    assert one.page.lost() == set()


def test_what_a_framework_fetches_is_known_by_the_page_that_it_is_for() -> None:
    found = cms.known(cms.response(cms.NEXT_DATA), cms.NEXT_DATA)
    assert (found.door, found.article, found.facts.slug, found.facts.section) == (
        Door.HTML,
        True,
        "/politics/budget-vote",
        "politics",
    )


def test_what_only_mentions_an_article_leads_to_none_that_is_refused() -> None:
    body = (
        b'[{"id":1,"title":"The ferry","url":"https://news.example/ferry/","type":"post"}, {"id":2,"title":"Bakers",'
        b'"url":"/bakers/","more":[{"name":"Again","uri":"/ferry/"}]},{"title":"Elsewhere","url":"https://else.example/x"}]'
    )
    of = cms.page(body, "application/json")
    found = cms.known(of, "/wp-json/wp/v2/search")
    assert ([one.slug for one in found.entries], found.mentions) == (["/ferry/", "/bakers/", "/ferry/"], 3)
    nothing, refused = cms.decided(Treatments()), cms.decided(REFUSED)
    kept = treat(of, found, nothing, cms.DEFAULTS, Site(), entries=[nothing] * 3, host=cms.HOST)
    assert kept.page.body is body
    treated = treat(of, found, nothing, cms.DEFAULTS, Site(), entries=[refused, nothing, refused], host=cms.HOST)
    assert json.loads(treated.page.body) == [
        {"id": 2, "title": "Bakers", "url": "/bakers/", "more": []}, {"title": "Elsewhere", "url": "https://else.example/x"}
    ]  # fmt: skip


def test_drupals_json_api_and_json_feed_are_understood() -> None:
    api = '{"data":[{"type":"node--article","id":"x","attributes":{"title":"A","body":{"value":"<p>x</p>","processed":"<p>x</p>"},"created":"2026-11-01T00:00:00+00:00","langcode":"ru","path":{"alias":"/ru/a"}}}]}'
    found = cms.known(cms.page(api, "application/vnd.api+json"))
    assert [(one.slug, one.language) for one in found.entries] == [("/ru/a", "ru")]
    text = cms.text_of(cms.shown(cms.page(api, "application/vnd.api+json"), cms.endangered()))
    assert json.loads(text)["data"][0]["attributes"]["body"]["processed"].count("data-notice") == 1
    feed = '{"version":"https://jsonfeed.org/version/1.1","title":"N","items":[{"id":"1","url":"https://news.example/a","title":"A","content_html":"<p>x</p>","tags":["t"]}]}'
    assert cms.known(cms.page(feed, "application/feed+json")).entries[0].tags == {"t"}


XML = st.lists(
    st.sampled_from(
        ["<a>", "</a>", "<b c='>'>", "</b>", "<d/>", "text", "&amp;", "<![CDATA[<a>]]>", "<!-- <a> -->", "é", "<?x y?>"]
    ),
    max_size=20,
).map("".join)


@given(XML)
@settings(max_examples=150)
def test_elements_know_where_they_stand(inside: str) -> None:
    raw = f"<r>{inside}</r>".encode()
    root = elements(raw)
    if root is None:
        return
    assert raw[root.start : root.end] == raw
    for child in root.children:
        assert raw[child.start : child.start + 2] == f"<{child.name[0]}".encode()
        assert raw[child.end - 1 : child.end] == b">"
        edits = Edits(raw)
        edits.fill(child, "<new> & é")
        made = elements(edits.made())
        assert made is not None
        assert [one.text for one in made.children if one.start == child.start] == ["<new> & é"]
        gone = Edits(raw)
        gone.remove(child)
        left = elements(gone.made())
        assert left is not None
        assert len(left.children) == len(root.children) - 1


@given(st.text(max_size=80))
def test_any_text_fits_into_an_element(text: str) -> None:
    raw = as_utf8(f"<r>{escaped(text)}</r>")
    assert elements(raw) is not None


@pytest.mark.parametrize(
    "text",
    [
        "<a>" * 100 + "</a>" * 100,
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        "<a>",
        "",
        "<a></b>",
        "\x00",
        "<a xmlns:x='y'><z:b/></a>",
    ],
)
def test_what_is_no_plain_xml_is_left_alone(text: str) -> None:
    assert elements(text.encode()) is None
