"""A CMS's pages, as WordPress, Drupal and a modern framework emit them, treated by defaults alone."""

from __future__ import annotations

import re

import pytest

from gateway.content.doors import Door
from gateway.policy.decision import Treatments
from gateway.render.foreign.rules import Rules
from gateway.render.foreign.visible import lost
from tests.foreign import shown as cms

GONE = {
    cms.WORDPRESS: [
        "Share this",
        "Like this",
        "Leave a Reply",
        "Subscribe",
        "Support us",
        "Give monthly",
        "ВКонтакте",
        "Our letter",
        "2 Comments",
    ],
    cms.AMP: ["amp-social-share", "amp-youtube", "ampproject"],
    cms.DRUPAL: [
        "Add new comment",
        "Bookmark this",
        "Weekly letter",
        "Tell us what you know",
        "a2a_kit",
        "Donate",
        "oembed?url",
    ],
    cms.DRUPAL_RU: ["Add new comment", "Bookmark this", "addtoany"],
    cms.NEXT: [
        "Share on",
        "Start a trial",
        "Donate",
        "newsletter",
        "Comments",
        "Like",
        "__NEXT_DATA__",
        "main.js",
        "datawrapper",
    ],
    cms.LEGACY: ["ya-share2", "vk.com", "connect.ok.ru", "mc.yandex", "ВКонтакте"],
}
KEPT = {
    cms.WORDPRESS: [
        "asks nobody for a name",
        "write to our reporters",
        "in a history of the crossing",
        "Nobody minds",
        "ferry-at-dusk.svg",
        "Recent Posts",
    ],
    cms.AMP: ["nineteen minutes", "ferry-at-dusk.svg"],
    cms.DRUPAL: ["A crane does not know", "quay.svg", "Petra Olm", "no visitors were expected"],
    cms.DRUPAL_RU: ["Кран не знает"],
    cms.NEXT: ["regret is cheaper than water", "know no coin", "the mayor asked for a coin"],
    cms.LEGACY: ["девятнадцать минут", "Найти"],
}
FETCHED = re.compile(
    r"""(?:src|srcset|poster|data|action|background)\s*=\s*["'](?:https?:)?//(?!news\.example)[^"']*|url\(\s*["']?(?:https?:)?//"""
)


@pytest.mark.parametrize("path", cms.ARTICLES)
def test_whatever_endangers_a_reader_is_gone_and_the_article_is_whole(path: str) -> None:
    treated = cms.shown(cms.response(path), cms.endangered(), path)
    body = cms.tree_of(treated).body
    assert body is not None
    html = body.html or ""
    assert [word for word in GONE[path] if word in html] == []
    assert [word for word in KEPT[path] if word not in html] == []
    assert FETCHED.findall(cms.text_of(treated)) == []
    assert treated.alarms == ()


@pytest.mark.parametrize("path", cms.ARTICLES)
def test_a_page_without_treatments_passes_byte_for_byte(path: str) -> None:
    of = cms.response(path)
    treated = cms.shown(of, Treatments(), path)
    assert treated.untouched
    assert treated.page.body is of.body
    assert treated.fields is of.fields


@pytest.mark.parametrize("path", cms.ARTICLES)
def test_the_notice_stands_once_after_the_text_and_in_what_previews_show(path: str) -> None:
    treated = cms.shown(cms.response(path), cms.endangered(), path)
    tree = cms.tree_of(treated)
    assert len(tree.css("aside.notice[data-notice='undesirable-organization'][role=note][lang=en]")) == 1
    assert treated.page.lost() == set()
    assert lost(cms.text_of(treated), treated.page.notices) == set()
    described = tree.css_first("meta[property='og:description']")
    assert described is not None
    assert described.attributes["content"].endswith(cms.WARNING.text)
    text = tree.body.text(deep=True)
    assert text.index(KEPT[path][0] if path != cms.DRUPAL_RU else "Портовая компания") < text.index(cms.WARNING.title)


@pytest.mark.parametrize(
    ("path", "section", "language", "tags"),
    [
        (cms.WORDPRESS, "world-news", "en-US", {"ferries", "border-towns"}),
        (cms.DRUPAL, "economy", "en", {"strike", "harbour"}),
        (cms.DRUPAL_RU, "economy", "ru", {"strike"}),
        (cms.NEXT, "politics", "en", set()),
    ],
)
def test_what_a_page_says_of_itself_is_what_policies_are_asked(
    path: str, section: str, language: str, tags: set[str]
) -> None:
    found = cms.known(cms.response(path), path)
    assert (found.door, found.article) == (Door.HTML, True)
    assert (found.facts.section, found.facts.language) == (section, language)
    assert tags <= found.facts.tags
    assert found.facts.published.year == 2026


def test_an_article_is_known_by_its_own_path_and_by_the_one_that_was_asked_for() -> None:
    found = cms.known(cms.response(cms.AMP), "/2026//11/%74he-last-ferry/amp/?utm_source=x")
    assert found.facts.slug == cms.WORDPRESS
    assert cms.AMP in found.facts.paths


def test_translations_are_known_by_hreflang() -> None:
    assert cms.known(cms.response(cms.DRUPAL), cms.DRUPAL).facts.kin == ("/ru/news/zabastovka-v-portu",)


def test_the_front_page_is_no_article_but_loses_its_widgets() -> None:
    found = cms.known(cms.response(cms.FRONT), "/")
    assert (found.door, found.article) == (Door.LISTING, False)
    treated = cms.shown(cms.response(cms.FRONT), cms.endangered(), "/")
    assert "Donate" not in cms.text_of(treated)
    assert "The night bakers" in cms.text_of(treated)


def test_a_framework_cannot_build_the_page_anew() -> None:
    treated = cms.shown(cms.response(cms.NEXT), Treatments(notices=cms.due()), cms.NEXT)
    scripts = [node.attributes.get("type") for node in cms.tree_of(treated).css("script")]
    assert scripts == ["application/ld+json"]


def test_scripts_of_a_page_that_does_not_rebuild_itself_stay_where_only_a_notice_is_due() -> None:
    treated = cms.shown(cms.response(cms.WORDPRESS), Treatments(notices=cms.due()), cms.WORDPRESS)
    assert "navigation.js" in cms.text_of(treated)
    assert "googletagmanager" in cms.text_of(treated)


def test_only_the_newsrooms_hosts_can_be_asked_by_what_scripts_are_left() -> None:
    treated = cms.shown(
        cms.response(cms.WORDPRESS), cms.endangered(), cms.WORDPRESS, Rules(own_hosts=("*.cdn.example",))
    )
    fields = dict(treated.fields)
    assert fields["Content-Security-Policy"].startswith("default-src 'self' news.example *.news.example *.cdn.example ")
    assert fields["Referrer-Policy"] == "no-referrer"
    assert "ETag" not in fields


def test_what_previews_show_is_the_only_change_for_readers_whom_nothing_concerns() -> None:
    for path in (*cms.ARTICLES, cms.WORDPRESS):
        of = cms.response(path)
        treated = cms.shown(of, Treatments(social=cms.due()), path)
        encoding = "cp1251" if path == cms.LEGACY else "utf-8"
        before, after = of.body.decode(encoding), treated.page.body.decode(encoding)
        told = re.sub(rf" ?{re.escape(cms.WARNING.text)}", "", after)
        told = told.replace('<meta property="og:description" content="">', "")
        quoted = re.compile(r"content=(\"[^\"]*\"|[^\s>]+)")
        assert [quoted.sub("", part) for part in told.splitlines()] == [
            quoted.sub("", part) for part in before.splitlines()
        ]
        assert after.count(cms.WARNING.text) >= 1


def test_the_newsrooms_own_mapping_adds_to_the_defaults_and_takes_from_them() -> None:
    rules = Rules(remove={"sharing": (".entry-footer",)}, keep=(".mc4wp-form",))
    html = cms.text_of(cms.shown(cms.response(cms.WORDPRESS), cms.endangered(), cms.WORDPRESS, rules))
    assert "Tags:" not in html
    assert "Our letter" in html
    bare = Rules(defaults=False)
    assert "Share this" in cms.text_of(cms.shown(cms.response(cms.WORDPRESS), cms.endangered(), cms.WORDPRESS, bare))


@pytest.mark.parametrize(
    "control",
    [
        '<a class="inline-flex px-4" href="https://pay.example/x">Donate now →</a>', '<button class="px-4"><svg></svg> Поддержать нас</button>',
        '<button aria-label="Share">⤴</button>', "<div role='button'>Скопировать ссылку</div>", "<details><summary>Leave a comment</summary><input></details>",
        '<form action="/api/sub"><input type="email" name="e"><input type="submit" value="Subscribe!"></form>',
        '<button type="button" onclick="navigator.share({})">⤴</button>', "<ul class='likely'><li class='telegram'>x</li></ul>",
        "<iframe src='/own' srcdoc='&lt;a href=https://youtube.example/x>&lt;img src=//i.ytimg.example/x.jpg>&lt;/a>'></iframe>",
        '<a href="https://www.tbank.ru/cf/abc">x</a>', '<a href="https://news.fundraiseup.com/x">x</a>', "<div id='ghost-comments-root'>x</div>",
    ],
)  # fmt: skip
def test_what_says_what_it_is_for_goes_whatever_its_element_is_called(control: str) -> None:
    holder = "<div class='w'>{}</div><p>After.</p>".format
    text = cms.text_of(cms.shown(cms.page(cms.article(after=holder(control))), cms.endangered()))
    assert "<p>After.</p>" in text
    assert text == cms.text_of(cms.shown(cms.page(cms.article(after="<p>After.</p>")), cms.endangered())), text[-900:]


def test_words_of_a_control_are_no_control_where_they_are_read() -> None:
    inside = (
        "<p>Some people <a href='/donate-study'>donate</a> more than others do, as this study of forty years says.</p>"
    )
    form = "<form action='/in'><input name='u'><input type='password'><button>Subscribe</button><button>Log in</button></form>"
    text = cms.text_of(cms.shown(cms.page(cms.article(f"{inside}<h2>Donate</h2>", after=form)), cms.endangered()))
    assert "Some people <a>donate</a> more" in text
    assert "<h2>Donate</h2>" in text
    assert "<button>Log in</button>" in text
    assert "Subscribe" not in text


def test_what_a_class_calls_by_chance_is_never_the_article_itself() -> None:
    page = cms.article("<p>About money.</p>").replace(
        "<article>", "<article class='donate share category-donation' id='comments'>"
    )
    page = page.replace("<main>", "<main class='newsletter'>").replace("<body>", "<body class='tag-donations share'>")
    assert "About money." in cms.text_of(cms.shown(cms.page(page), cms.endangered()))


def test_a_treated_page_says_that_it_is_utf_8_and_its_forms_send_what_the_origin_reads() -> None:
    treated = cms.shown(cms.response(cms.LEGACY), Treatments(notices=cms.due()), cms.LEGACY)
    tree = cms.tree_of(treated)
    assert [node.attributes for node in tree.css("meta[charset], meta[http-equiv='Content-Type']")] == [
        {"charset": "utf-8"}
    ]
    assert [form.attributes.get("accept-charset") for form in tree.css("form")] == ["windows-1251"]
    assert treated.page.content_type == "text/html; charset=utf-8"
    assert "девятнадцать минут" in cms.text_of(treated)


def test_an_amp_page_without_its_host_is_an_ordinary_page() -> None:
    tree = cms.tree_of(cms.shown(cms.response(cms.AMP), cms.endangered(), cms.AMP))
    assert "amp" not in tree.css_first("html").attributes
    assert [node.tag for node in tree.css("*") if node.tag.startswith("amp-")] == []
    assert tree.css_first("style[amp-boilerplate]") is None
    assert [image.attributes.get("alt") for image in tree.css("img")] == ["A ferry at dusk"]


def test_a_quoted_embed_keeps_its_words_and_nothing_that_loads_it() -> None:
    tree = cms.tree_of(cms.shown(cms.response(cms.WORDPRESS), cms.endangered(), cms.WORDPRESS))
    [quotation] = tree.css("blockquote")
    assert quotation.attributes == {}
    assert "Nobody minds" in quotation.text(deep=True)


def test_a_piece_that_a_script_puts_into_a_page_stays_a_piece() -> None:
    of = cms.page("<li class='post'><p>One.</p><div class='sharedaddy'>Share</div></li><li><p>Two.</p></li>")
    rules = Rules(articles=("/more/*",))
    text = cms.text_of(cms.shown(of, cms.endangered(), "/more/2", rules))
    assert text.startswith('<li class="post"><p>One.</p></li><li><p>Two.</p></li><aside')
    assert "<html" not in text
    assert "<meta" not in text
    assert text.count("data-notice=") == 1
    plain = cms.text_of(cms.shown(of, Treatments(protect=cms.PROTECTED), "/list/2"))
    assert plain == '<li class="post"><p>One.</p></li><li><p>Two.</p></li>'


def test_text_behind_a_paywall_is_text_whatever_its_element_is_called() -> None:
    sold = "<p>" + "What is paid for stands here, too. " * 3 + "</p>"
    linked = '<script type="application/ld+json">{"@type":"NewsArticle","hasPart":[{"cssSelector":".subscribe-box"}]}</script>'
    for page in (
        cms.article(f"<div class='subscribe-box'>{sold}</div><div class='newsletter'>Our letter</div>", head=linked),
        cms.article(f"<div class='paywall'>{sold}</div><div class='paywall-offer newsletter'>Our letter</div>"),
        cms.article(f"<div class='donate-content share'>{sold * 9}</div><div class='newsletter'>Our letter</div>"),
    ):
        text = cms.text_of(cms.shown(cms.page(page), cms.endangered()))
        assert "paid for stands here" in text
        assert "Our letter" not in text
