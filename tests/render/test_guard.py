"""The guard sees every way in which a notice can be lost, and the wrapper brings it back."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.render.guard import missing
from gateway.render.rendered import ATOM, HTML, JSON, Rendered
from tests.payloads import PAYLOADS
from tests.render.world import due

GOOD = '<aside class="notice" role="note" data-notice="n" lang="en">Beware.</aside>'


def in_page(inside: str) -> bytes:
    return f"<!doctype html><html><head><title>t</title></head><body>{inside}</body></html>".encode()


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "<main><article><div>{}</div></article></main>",
        "<details open>{}</details>",
        "<dialog open>{}</dialog>",
        '<div aria-hidden="false">{}</div>',
        "<p>an unclosed paragraph{}",
        "<b><i>misnested</b>{}",
    ],
)
def test_a_visible_notice_is_found(around: str) -> None:
    assert missing(in_page(around.replace("{}", GOOD)), HTML, ["n"]) == set()


@pytest.mark.parametrize(
    "lost",
    [
        "",
        GOOD + GOOD,
        GOOD + '<p data-notice="n">again</p>',
        GOOD.replace('"n"', '"m"'),
        GOOD.replace("aside", "div"),
        GOOD.replace('class="notice"', 'class="notices"'),
        GOOD.replace('role="note"', ""),
        GOOD.replace('lang="en"', ""),
        GOOD.replace("Beware.", " "),
        GOOD.replace("Beware.", "<!-- Beware. -->"),
        GOOD.replace("Beware.", "<script>Beware.</script>"),
        GOOD.replace("Beware.", "<p hidden>Beware.</p>"),
        GOOD.replace("<aside", "<aside hidden"),
        GOOD.replace("<aside", '<aside style="display: none"'),
        GOOD.replace("<aside", '<aside style="VISIBILITY:hidden"'),
        GOOD.replace("<aside", '<aside style="opacity:0"'),
        GOOD.replace("<aside", '<aside style="position:absolute;left:-9999px"'),
        GOOD.replace("<aside", "<aside inert"),
        GOOD.replace("<aside", "<aside popover"),
        f"<!-- {GOOD} -->",
        f"<div hidden>{GOOD}</div>",
        f'<div hidden="until-found">{GOOD}</div>',
        f'<div style="display:none">{GOOD}</div>',
        f'<div aria-hidden="true">{GOOD}</div>',
        f'<div class="visually-hidden">{GOOD}</div>',
        f"<details>{GOOD}</details>",
        f"<dialog>{GOOD}</dialog>",
        f"<template>{GOOD}</template>",
        f"<noscript>{GOOD}</noscript>",
        f"<script>{GOOD}</script>",
        f"<style>{GOOD}</style>",
        f"<textarea>{GOOD}</textarea>",
        f"<iframe>{GOOD}</iframe>",
        f"<object>{GOOD}</object>",
        f"<video>{GOOD}</video>",
        f"<svg><foreignObject>{GOOD}</foreignObject></svg>",
        f"<select><option>{GOOD}</option></select>",
        f"<p title='{GOOD}'>x</p>",
        f"<plaintext>{GOOD}",
        f"<xmp>{GOOD}</xmp>",
        f"<title>{GOOD}</title>",
        "&lt;aside class=notice role=note data-notice=n lang=en&gt;Beware.&lt;/aside&gt;",
    ],
)
def test_each_way_of_losing_a_notice_is_noticed(lost: str) -> None:
    assert missing(in_page(lost), HTML, ["n"]) == {"n"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"{}",
        b"[]",
        b'{"notices": null}',
        b'{"notices": [{}]}',
        b'{"notices": [1]}',
        orjson.dumps({"notices": [{"id": "n", "html": "", "text": "x", "language": "en"}]}),
        orjson.dumps({"notices": [{"id": "n", "html": "x", "text": "x", "language": "en"}] * 2}),
    ],
)
def test_json_without_the_notice_in_its_list_is_refused(body: bytes) -> None:
    assert missing(body, JSON, ["n"]) == {"n"}


@pytest.mark.parametrize(
    "entries",
    [
        "",
        "<entry><content>no markup</content></entry>",
        '<entry><content type="html">&lt;p&gt;x&lt;/p&gt;</content></entry>',
        '<entry><content type="html">{}{}</content></entry>',
        '<entry><content type="html">&lt;!--{}--&gt;</content></entry>',
        "<broken",
    ],
)
def test_a_feed_that_lost_a_notice_is_refused(entries: str) -> None:
    escaped = GOOD.replace("<", "&lt;").replace(">", "&gt;")
    body = f'<feed xmlns="http://www.w3.org/2005/Atom">{entries.replace("{}", escaped)}</feed>'.encode()
    assert missing(body, ATOM, ["n"]) == {"n"}


def test_what_cannot_carry_a_notice_must_owe_none() -> None:
    assert missing(b"x", "image/png", ["n"]) == {"n"}
    assert missing(b"x", "image/png", []) == set()


@given(st.binary(max_size=300), st.sampled_from([HTML, JSON, ATOM, "text/plain"]))
def test_no_bytes_make_the_guard_raise(body: bytes, kind: str) -> None:
    assert missing(body, kind, ["n"]) == {"n"}


@pytest.mark.parametrize("kind", [HTML, JSON, ATOM])
@pytest.mark.parametrize("content", ["<p>harmless</p>", *PAYLOADS[::7]])
def test_the_wrapper_always_carries_each_notice_whatever_the_content_does(kind: str, content: str) -> None:
    lost = Rendered(200, kind, "ar", b"", (due(), due("second", language="ru")), content)
    wrapped = lost.wrapped()
    assert wrapped.lost() == set()
    assert (wrapped.status, wrapped.content_type, wrapped.notices) == (200, kind, ("undesirable", "second"))


def test_the_wrapper_keeps_a_harmless_text() -> None:
    wrapped = Rendered(200, HTML, "en", b"", (due(),), "<p>KEPT</p><script>x</script>").wrapped()
    assert b"<p>KEPT</p></main>" in wrapped.body


def test_a_forged_notice_in_the_text_does_not_pass_for_the_real_one() -> None:
    forged = '<aside class="notice" role="note" data-notice="undesirable" lang="en">forged</aside>'
    wrapped = Rendered(200, HTML, "en", b"", (due(),), forged).wrapped()
    assert wrapped.lost() == set()
    assert wrapped.body.count(b"data-notice") == 1
