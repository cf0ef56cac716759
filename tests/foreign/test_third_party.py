"""A page that may ask nobody but its newsroom asks nobody else; and no page, however odd, takes long."""

from __future__ import annotations

import time

import pytest

from gateway.policy.decision import Treatments
from gateway.render.foreign.rules import Rules
from tests.foreign import shown as cms

ALONE = Treatments(protect=frozenset({"third-party"}))
FOREIGN = [
    "<img src='//evil.example/x'>", "<img srcset='/a.jpg 1x, https://evil.example/b.jpg 2x'>", "<img src=/a data-src='https://evil.example/x'>", "<picture><source srcset='//evil.example/x'></picture>",
    "<video poster='https://evil.example/x' src='//evil.example/y'></video>", "<audio src='\\\\evil.example\\x'></audio>", "<track src='https:evil.example/x'>", "<embed src='//evil.example'>",
    "<object data='//evil.example'></object>", "<iframe src='//evil.example'></iframe>", "<script src='//evil.example/x.js'></script>", "<script>fetch('https://evil.example/x')</script>",
    "<script>var u='https:\\/\\/evil.example\\/x'</script>", "<link rel='Stylesheet' href='//evil.example'>", "<link rel='preconnect' href='https://evil.example'>", "<link rel='dns-prefetch' href='//evil.example'>",
    "<style>@import 'https://evil.example/x.css';</style>", '<style>a{background:url( "//evil.example/x" )}</style>', "<style>a{background:url(https://evil.example/x)}</style>",
    "<style>a{background:u\\72l(https\\3a //evil.example/x)}</style>", "<style>a{background:image-set('https://evil.example/x' 1x)}</style>", "<p style='background:url(//evil.example/x)'>x</p>",
    "<form action='https://evil.example'><input></form>", "<form><button formaction='//evil.example'>x</button></form>", "<a href='/x' ping='https://evil.example'>x</a>", "<body background='//evil.example'>",
    "<input type=image src='//evil.example'>", "<svg><image href='//evil.example/x'/></svg>", "<svg><use xlink:href='https://evil.example/x#y'/></svg>", "<meta http-equiv=refresh content='1;url=https://evil.example'>",
    "<base href='https://evil.example/'>", "<noscript><img src='https://evil.example/p.gif'></noscript>", "<table background='https://evil.example/x'><tr><td>x</table>", "<amp-img src='//evil.example/x'></amp-img>",
    "<img src='ht\ntps://evil.example/x'>", "<img src=' //evil.example/x'>", "<img src='https://news.example.evil.example/x'>", "<html manifest='//evil.example/m'>", "<img lowsrc='//evil.example/x'>",
]  # fmt: skip


@pytest.mark.parametrize("markup", FOREIGN)
def test_nothing_on_the_page_names_another_host_to_fetch_from(markup: str) -> None:
    for page in (cms.article(markup), cms.article(head=markup), markup + cms.article()):
        text = cms.text_of(cms.shown(cms.page(page), ALONE))
        assert "evil" not in text.replace("\\72l", ""), text[-600:]


@pytest.mark.parametrize(
    "markup",
    ['<img src="/a.jpg" alt="x">', '<img src="https://news.example/a.jpg">', '<img src="https://img.news.example/a.jpg">', '<img src="https://static.cdn.example/a.jpg">', '<img src="data:image/png;base64,//8=">',
     "<script>var a = 1 // a.b</script>", '<script src="/x.js"></script>', '<style>a{background:url(/x.png)} b{content:"a // b"}</style>', '<a href="https://source.example/">x</a>', '<link rel="license" href="https://licence.example/">',
     '<form action="/search"><input name="q"></form>', "<p style=\"background:url('/x')\">x</p>", '<img src="/a.jpg" srcset="/a-1.jpg 1x, /a,b.jpg 2x">'],
)  # fmt: skip
def test_what_is_the_newsrooms_own_stays_as_it_is(markup: str) -> None:
    text = cms.text_of(cms.shown(cms.page(cms.article(markup)), ALONE, rules=Rules(own_hosts=("*.cdn.example",))))
    assert markup in text


def test_pictures_behind_wordpresss_image_service_are_asked_of_the_newsroom() -> None:
    text = cms.text_of(
        cms.shown(
            cms.page(
                cms.article(
                    "<img src='https://i2.wp.com/www.news.example/u/a.jpg?w=9' srcset='//i0.wp.com/news.example/u/a.jpg?w=1 1w, https://i1.wp.com/other.example/b.jpg 2w'>"
                )
            ),
            ALONE,
        )
    )
    assert '<img src="/u/a.jpg" srcset="/u/a.jpg 1w">' in text


def test_a_page_does_not_keep_itself_and_tells_nobody_where_its_reader_comes_from() -> None:
    page = cms.article(
        "<script>navigator.serviceWorker.register('/sw.js')</script><img src=/a referrerpolicy=unsafe-url>",
        head="<link rel=manifest href=/m><meta name=Referrer content=origin>",
    )
    text = cms.text_of(cms.shown(cms.page(page), Treatments(protect=frozenset({"storing", "referrer"}))))
    assert "serviceWorker" not in text
    assert "manifest" not in text
    assert "referrerpolicy" not in text
    assert text.count('<meta name="referrer" content="no-referrer">') == 1
    assert "origin" not in text


ODD = {
    "open comments": "<!-- " * 50_000, "open metas": '<meta "' * 50_000, "open tags": "<" * 200_000, "open urls": "<style>" + "url(" * 50_000 + "</style>", "css without rules": "<style>" + "a" * 500_000 + "</style>",
    "open css comments": "<style>" + "/*" * 200_000 + "</style>", "braces": "<style>" + "{" * 100_000 + "</style>", "slashes": "<script>" + "//a" * 100_000 + "</script>", "entities": "&amp;" * 50_000, "percents": "<p title='" + "%25" * 50_000 + "'>",
    "attributes": "<p " + " ".join(f"a{number}=b" for number in range(2_000)) + ">", "classes": "<p class='" + "a " * 50_000 + "'>", "links": "<a href=/x>y</a>" * 5_000, "lists": "<ul>" * 3_000 + "<li><a href='https://t.me/share/url?x'>s</a>",
    "titles": "<title>" * 20_000, "paragraphs": "<p>x" * 10_000, "styles": "<style>a{display:none}</style>" * 2_000,
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_no_page_takes_more_than_its_length_is_worth(name: str) -> None:
    everything = (
        cms.endangered(),
        cms.withheld("quote:forty people leaves the old pier"),
        Treatments(social=cms.due()),
    )
    for page in (cms.article(ODD[name]), cms.article(head=ODD[name])):
        of = cms.page(page)
        for treatments in everything:
            began = time.process_time()
            treated = cms.shown(of, treatments)
            assert time.process_time() - began < 20
            assert b"forty people leaves" not in treated.page.body or not treatments.withheld


@pytest.mark.parametrize(
    ("policy", "sent"),
    [
        ("default-src 'self'", "default-src 'self'; style-src-attr 'unsafe-inline'"),
        ("style-src 'nonce-x' ; ", "style-src 'nonce-x'; style-src-attr 'unsafe-inline'"),
        ("Style-Src-Attr 'none'; img-src *", "img-src *; style-src-attr 'unsafe-inline'"),
        ("upgrade-insecure-requests", "upgrade-insecure-requests"),
    ],
)
def test_a_pages_own_security_policy_lets_the_notices_styles_act_and_nothing_more(policy: str, sent: str) -> None:
    of = cms.page(cms.article(head=f'<meta http-equiv="Content-Security-Policy" content="{policy}">'))
    of = type(of)(200, "OK", (*of.fields, ("content-security-policy", policy)), of.body)
    treated = cms.shown(of, Treatments(notices=cms.due()))
    assert dict(treated.fields)["content-security-policy"] == sent
    assert f'content="{sent}"' in cms.text_of(treated)


def test_what_a_page_has_its_browser_fetch_by_a_header_goes_too() -> None:
    links = (
        "</x.css>; rel=preload; as=style",
        "<https://evil.example>; rel=preconnect",
        '<https://licence.example/>; rel="license"',
    )
    of = cms.page(cms.article())
    of = type(of)(
        200,
        "OK",
        (*of.fields, *(("Link", link) for link in links), ("Refresh", "1; url=//evil.example"), ("Set-Cookie", "a=b")),
        of.body,
    )
    fields = cms.shown(of, ALONE).fields
    assert [value for name, value in fields if name == "Link"] == [links[2]]
    assert "evil" not in str(fields)
    assert ("Set-Cookie", "a=b") in fields
