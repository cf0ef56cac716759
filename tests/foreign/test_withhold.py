"""What is withheld is in no byte; what no longer matches is never shown silently."""

from __future__ import annotations

import html
import json
import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.content.message import Response
from gateway.policy.decision import Treatments
from gateway.render.foreign.page_treat import betrayed
from gateway.render.foreign.scrub import Hidden
from gateway.render.foreign.traces import Traces, plain_words
from tests.foreign import shown as cms

SECRET = "The harbour master, Odran Veil, told this newspaper that three passengers had been turned back in October"
SHORT = "Odran Veil"


def everywhere(text: str) -> str:
    """A page that says a text in each way in which pages say things."""
    soft = "\u00ad".join(text)
    return cms.article(
        f"<p id='here'>Before. {html.escape(text)}. After.</p><p>{html.escape(text)}</p><ul><li><b>{html.escape(text)}</b></ul>"
        f"<p>Split: {'<i></i>'.join(html.escape(word) + ' ' for word in text.split())}</p><p>{soft}</p><p>{html.escape(text.upper())}</p>"
        f"<p>{''.join(f'&#x{ord(sign):x};' for sign in text)}</p><p>{unicodedata.normalize('NFD', text)}</p><blockquote>{text.replace(' ', '&nbsp;')}</blockquote>"
        f"<img src='/a.jpg' alt='{html.escape(text)}' title='{html.escape(text)}'><a href='/tag/{quote(text)}'>x</a><a href='/s?q={text.replace(' ', '+')}'>x</a>"
        f"<a href='/news/{'-'.join(plain_words(text))}'>x</a><!-- {text} --><textarea>{text}</textarea><template><p>{text}</p></template>"
        f"<noscript><p>{text}</p></noscript><svg><title>{text}</title></svg><iframe srcdoc='{html.escape(text)}'></iframe><select><option>{text}</select>"
        f"<div data-teaser='{html.escape(json.dumps({'t': text}))}' aria-label='{html.escape(text)}'></div><style>.x::after{{content:'{text}'}}</style>",
        head=(
            f"<title>{html.escape(text)} | News</title><meta name='description' content='{html.escape(text)} and more'>"
            f"<meta property='og:title' content='{html.escape(text)}'><meta name='twitter:description' content='{html.escape(text)}'>"
            f"<script>var data = {json.dumps({'body': text + '.'})}; var u = {json.dumps(quote(text))};</script>"
            f"<script type='application/json' id='__NEXT_DATA__'>{json.dumps({'props': {'body': '<p>' + ' <b>'.join(text.split()) + '</p>'}})}</script>"
            f"<script type='application/ld+json'>{json.dumps({'@type': 'NewsArticle', 'headline': 'Boats', 'articleBody': 'x ' + text, 'keywords': [text, 'boats'], 'a': {'b': [text]}})}</script>"
        ),
    )


def assert_gone(body: bytes, secret: str) -> None:
    said = body.decode()
    assert not betrayed(said, Hidden(Traces.of([secret])))
    for form in (
        secret,
        html.escape(secret),
        quote(secret),
        secret.upper(),
        secret.replace(" ", "+"),
        json.dumps(secret)[1:-1],
    ):
        assert form.casefold() not in said.casefold()


@pytest.mark.parametrize("secret", [SECRET, SHORT, "Ёлки зелёные под самым окном", "三人の乗客が十月に追い返された"])
def test_a_quoted_passage_is_in_no_byte_of_the_page(secret: str) -> None:
    of = cms.page(everywhere(secret))
    treated = cms.shown(of, cms.withheld(f"quote:{secret}"))
    assert_gone(treated.page.body, secret)
    text = cms.text_of(treated)
    assert "Before." in text
    assert "After." in text
    assert "leaves the old pier" in text
    assert 'class="withheld"' in text
    assert treated.alarms == ()
    assert dict(treated.fields).keys() == {"Content-Type"}


@pytest.mark.parametrize("secret", [SECRET, "Смотритель порта сказал нам это в октябре"])
def test_no_field_of_an_answer_says_what_is_withheld(secret: str) -> None:
    octets = secret.encode().decode("latin-1")
    fields = (
        *cms.HTML_FIELDS,
        ("X-Excerpt", octets),
        ("Link", f'</x>; rel="up"; title="{octets}"'),
        ("X-Desk", "harbour"),
    )
    of = Response(200, "OK", fields, everywhere(secret).encode())
    assert dict(cms.shown(of, cms.withheld(f"quote:{secret}")).fields).keys() == {"Content-Type", "X-Desk"}


def test_a_part_by_selector_goes_with_all_that_repeats_it_elsewhere() -> None:
    treated = cms.shown(cms.page(everywhere(SECRET)), cms.withheld("selector:#here"))
    assert_gone(treated.page.body, SECRET)
    assert "leaves the old pier" in cms.text_of(treated)


@pytest.mark.parametrize("path", [cms.WORDPRESS, cms.FEED, cms.POSTS])
def test_every_door_of_a_cms_leaves_the_passage_out(path: str) -> None:
    treated = cms.shown(cms.response(path), cms.withheld(f"quote:{SECRET}"), path)
    assert "Odran" not in cms.text_of(treated)
    assert "ten minutes past eight" in cms.text_of(treated)


def test_what_a_framework_keeps_for_later_is_left_out_too() -> None:
    secret = "Mayor Lindqvist reached into a drawer"
    page = cms.text_of(cms.shown(cms.response(cms.NEXT), cms.withheld(f"quote:{secret}"), cms.NEXT))
    assert "Lindqvist" not in page
    assert "chamber was still full" in page
    data = cms.shown(cms.response(cms.NEXT_DATA), cms.withheld(f"quote:{secret}"), cms.NEXT_DATA)
    assert (data.page.status, cms.text_of(data)) == (404, '{"notices":[]}')


def test_only_the_words_go_where_a_sentence_holds_others() -> None:
    page = cms.article("<p>He said <a href='/x'>that <em>three people</em></a> came, and left.</p>")
    text = cms.text_of(cms.shown(cms.page(page), cms.withheld("quote:three people")))
    assert 'He said <a href="/x">that <em><span class="withheld"' in text
    assert "</em></a> came, and left." in text


def test_a_selector_that_matches_nothing_withholds_the_whole_text_and_alarms() -> None:
    treated = cms.shown(cms.response(cms.WORDPRESS), cms.withheld("selector:#p-gone"), cms.WORDPRESS)
    text = cms.text_of(treated)
    assert "nineteen minutes" not in text
    assert "Odran" not in text
    assert "The last ferry of the evening" in text
    assert 'class="withheld"' in text
    assert [(alarm.event, alarm.what) for alarm in treated.alarms] == [
        ("withhold_unmatched", f"selector:#p-gone on {cms.WORDPRESS}")
    ]


def test_words_that_stand_there_in_an_edited_form_are_withheld_and_alarm() -> None:
    edited = "quote:The harbour master, Odran Veil, told this paper that three passengers had been turned back in October without any papers"
    treated = cms.shown(cms.response(cms.WORDPRESS), cms.withheld(edited), cms.WORDPRESS)
    assert "Odran" not in cms.text_of(treated)
    assert "nineteen minutes" in cms.text_of(treated)
    assert [alarm.event for alarm in treated.alarms] == ["withhold_inexact"]


def test_words_that_stand_there_no_more_alarm_and_hide_nothing_else() -> None:
    treated = cms.shown(
        cms.response(cms.WORDPRESS),
        cms.withheld("quote:a sentence that the newsroom has long since taken out"),
        cms.WORDPRESS,
    )
    assert "Odran" in cms.text_of(treated)
    assert [alarm.event for alarm in treated.alarms] == ["withhold_unmatched"]
    assert "newsroom has long" not in treated.alarms[0].what


def test_words_of_which_something_is_left_take_the_whole_text_with_them() -> None:
    page = cms.article("<p>The harbour master told us that many passengers were sent home.</p><p>Other.</p>")
    treated = cms.shown(
        cms.page(page),
        cms.withheld(
            "quote:The harbour master told us, before the others came and the doors were shut, that many passengers stood outside"
        ),
    )
    assert "passengers were sent home" not in cms.text_of(treated)
    assert [alarm.event for alarm in treated.alarms] == ["withhold_unmatched"]


def test_a_page_whose_text_cannot_be_told_from_the_rest_is_not_shown() -> None:
    treated = cms.shown(
        cms.page(
            "<!doctype html><html><head><meta property='og:type' content='article'><title>Secret thing</title></head><body>Some words.</body></html>"
        ),
        cms.withheld("selector:.gone"),
    )
    assert "Some words" not in cms.text_of(treated)
    assert "Secret thing" not in cms.text_of(treated)
    assert "A court forbids" in cms.text_of(treated)
    assert [alarm.event for alarm in treated.alarms] == ["withhold_unmatched", "withheld_whole_page"]


def test_a_withheld_picture_goes_in_every_size_with_what_describes_it() -> None:
    page = cms.article(
        "<figure><picture><source srcset='/u/pier-300x200.webp 300w'><img src='/u/pier-1024x683.jpg' alt='A pier'></picture><figcaption>The pier</figcaption></figure>"
        "<p>Words. <img src='/u/other.jpg'></p>",
        head="<meta property='og:image' content='https://news.example/u/pier.jpg'><link rel='preload' as='image' href='/u/pier-768x512.jpg'>"
        '<script type=\'application/ld+json\'>{"@type":"NewsArticle","image":["https://news.example/u/pier.jpg"]}</script>',
    )
    text = cms.text_of(cms.shown(cms.page(page), cms.withheld(media=("u/pier.jpg",))))
    assert "pier-" not in text
    assert "pier.jpg" not in text
    assert "The pier" not in text
    assert "/u/other.jpg" in text


def test_another_title_stands_wherever_the_old_one_did() -> None:
    treated = cms.shown(
        cms.response(cms.WORDPRESS), Treatments(substitutes=(("title", "A *boat* in the evening"),)), cms.WORDPRESS
    )
    text = cms.text_of(treated)
    assert "The last ferry of the evening" not in text.replace("/2026/11/the-last-ferry/", "")
    assert text.count("A boat in the evening") >= 4
    assert "nineteen minutes" in text


def test_another_title_stands_on_the_page_that_takes_a_pages_place_too() -> None:
    hidden = cms.article(head="<style>body{display:none}</style>")
    text = cms.text_of(cms.shown(cms.page(hidden), Treatments(notices=cms.due(), substitutes=(("title", "Vessels"),))))
    assert "Boats" not in text
    assert "<h1>Vessels</h1>" in text


def test_a_replaced_article_leaves_nothing_of_its_page() -> None:
    treated = cms.shown(
        cms.response(cms.WORDPRESS),
        Treatments(substitutes=(("article", "# Removed\n\nBy agreement."),), notices=cms.due()),
        cms.WORDPRESS,
    )
    text = cms.text_of(treated)
    assert "ferry" not in text
    assert "By agreement." in text
    assert treated.page.lost() == set()


def test_a_replaced_part_says_the_new_words_and_not_the_old() -> None:
    treatments = Treatments(substitutes=(("part:selector:#p-names", "Words that may be *said*."),))
    text = cms.text_of(cms.shown(cms.response(cms.WORDPRESS), treatments, cms.WORDPRESS))
    assert "Odran" not in text
    assert "Words that may be <em>said</em>." in text


TEXTS = st.text(alphabet=st.sampled_from("абв abc ÄöéЁ日本 -'’.,\u00ad\u0301\u00a0"), max_size=60)


@given(TEXTS)
@settings(max_examples=200)
def test_words_are_the_same_however_they_are_spelled(text: str) -> None:
    words = plain_words(text)
    assert plain_words(text.replace(" ", "\u00a0")) == words
    assert plain_words("\u200b".join(text)) == plain_words(text.replace("\u00ad", ""))
    if words:
        traces = Traces.of([text])
        assert traces.found_in(f"before {text} after")
        assert traces.found_in(html.escape(f"before {text} after"))
        assert traces.found_in(quote(f"before {text} after"))
        assert traces.found_in(json.dumps(f"before {text} after"))


@given(
    st.lists(
        st.sampled_from(
            ["the", "boat", "left", "<b>", "</b>", "<p>", "</p>", "pier", "&amp;", "<i></i>", "<br>", "<ul><li>"]
        ),
        max_size=40,
    ),
    st.integers(0, 3),
)
@settings(max_examples=150, deadline=None)
def test_whatever_the_markup_a_withheld_passage_is_gone(pieces: list[str], at: int) -> None:
    passage = "three passengers were turned back"
    marked = ["three", "<em>passengers", "</em>", "were", "<p>", "turned", "back"] if at % 2 else [passage]
    body = " ".join([*pieces[:at], *marked, *pieces[at:]])
    treated = cms.shown(cms.page(cms.article(f"<div>{body}</div>")), cms.withheld(f"quote:{passage}"))
    assert_gone(treated.page.body, passage)
