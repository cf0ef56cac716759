"""Which responses are articles; and the file by which a newsroom says what its CMS does otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.content.doors import Door
from gateway.content.message import Response
from gateway.errors import Problem
from gateway.policy.model import PROTECTIONS
from gateway.render.foreign import rules_file
from gateway.render.foreign.charset import charset_in, codec_of, decoded
from gateway.render.foreign.facts import UNKNOWN, labelled
from gateway.render.foreign.hosts import Hosts, canonical_path, host_of, spoken_path
from gateway.render.foreign.recognise import recognise
from gateway.render.foreign.rules import Place, Rules, Source
from gateway.render.foreign.rules_file import parse_rules
from gateway.render.foreign.statements import json_of, language_tag, moment_of
from tests.foreign import shown as cms


def facts(
    head: str = "",
    *,
    path: str = "/news/boats",
    rules: Rules = cms.DEFAULTS,
    fields: tuple[tuple[str, str], ...] = (),
    lang: str = "",
) -> object:
    of = cms.page(
        f"<!doctype html><html{f' lang={lang}' if lang else ''}><head>{head}</head><body><p>x</p></body></html>"
    )
    found = recognise(Response(200, "OK", of.fields + fields, of.body), path, rules, cms.HOST)
    assert found is not None
    return found


CLAIMS = [
    "<meta property='og:type' content='article'>", "<meta name='OG:TYPE' content='Article'>", "<meta property='article:published_time' content='2026-01-01'>",
    "<script type='application/ld+json'>{\"@type\":\"NewsArticle\"}</script>", "<script type='application/ld+json'>[{\"@type\":[\"Thing\",\"https://schema.org/BlogPosting\"]}]</script>",
    "<script type='application/ld+json'>{\"@graph\":[{\"@type\":\"WebPage\"},{\"@type\":\"OpinionNewsArticle\"}]}</script>",
    "<script type='application/ld+json'><!-- {\"@type\":\"Article\",\"headline\":\"two\nlines\"} --></script>",
]  # fmt: skip


@pytest.mark.parametrize("head", CLAIMS)
def test_a_page_that_says_it_is_an_article_is_one(head: str) -> None:
    assert facts(head).article
    assert facts(head).door is Door.HTML


@pytest.mark.parametrize(
    "head",
    ["", "<meta property='og:type' content='website'>", "<script type='application/ld+json'>{\"@type\":\"ItemList\",\"itemListElement\":[{\"@type\":\"NewsArticle\"}]}</script>",
     "<script type='application/ld+json'>{broken</script>", "<meta property='article:publisher' content='x'>", "<!-- <meta property='og:type' content='article'> -->",
     "<script>var x='<meta property=og:type content=article>'</script>"],
)  # fmt: skip
def test_a_page_that_does_not_is_none(head: str) -> None:
    assert not facts(head).article
    assert facts(head).door is Door.LISTING


def test_settings_say_more_than_the_page() -> None:
    assert facts(path="/2026/x", rules=Rules(articles=("/2026/*",))).article
    assert not facts(CLAIMS[0], path="/tag/x", rules=Rules(not_articles=("/tag/*",))).article
    assert facts(path="/tag/x", rules=Rules(articles=("/tag/x",), not_articles=("/tag/*",))).article
    assert (
        recognise(cms.page(cms.article()), "/wp-admin/post.php?id=1", Rules(untouched=("/wp-admin/*",)), cms.HOST)
        is None
    )


@pytest.mark.parametrize(
    "of",
    [
        cms.page(b"\x89PNG", "image/png"), cms.page("body{}", "text/css"), cms.page("plain", "text/plain"), cms.page("", "text/html"), cms.page("%PDF", ""),
        Response(304, "", (), b""), Response(206, "", cms.HTML_FIELDS, b"<html>"), cms.page("<svg/>", "image/svg+xml"), cms.page("<a/>", "application/xml"),
        cms.page("{}", "application/json"), cms.page("[1,2", "application/json"),
        cms.page("<tr><td>1</td></tr>"), cms.page("no markup"),
    ],
)  # fmt: skip
def test_what_no_policy_can_treat_is_not_recognised(of: Response) -> None:
    assert recognise(of, "/x", Rules(), cms.HOST) is None


def test_an_error_page_is_no_article_whatever_it_says() -> None:
    of = Response(404, "Not Found", cms.HTML_FIELDS, cms.article().encode())
    found = recognise(of, "/news/gone", Rules(), cms.HOST)
    assert found is not None
    assert (found.door, found.article) == (Door.LISTING, False)


def test_a_body_without_a_type_is_html_if_browsers_would_say_so() -> None:
    assert recognise(Response(200, "OK", (), cms.article().encode()), "/x", Rules(), cms.HOST) is not None


def test_facts_come_from_headers_metadata_json_and_the_path_in_this_order() -> None:
    said = "<meta property='article:section' content='World &amp; News'>" + CLAIMS[3].replace(
        "}",
        ',"articleSection":["Linked"],"inLanguage":"de","datePublished":"2026-02-03T04:05:06+02:00","keywords":"a, b c"}',
    )
    plain = facts(said, lang="ru").facts
    assert (plain.section, plain.language) == ("world-&-news", "ru")
    assert {"a", "b c", "b-c", "Linked", "linked"} <= plain.tags
    assert plain.published.isoformat() == "2026-02-03T04:05:06+02:00"
    assert plain.also_in == {"linked"}
    assert facts(CLAIMS[3].replace("}", ',"inLanguage":"de"}')).facts.language == "de"
    rules = Rules(
        section=Source(header="X-Section", segment=1),
        language=Source(paths=(("/ru/*", "ru"),), default="fr"),
        tags=Source(header="X-Tags"),
    )
    mapped = facts(
        CLAIMS[0], path="/ru/world/x", rules=rules, fields=(("x-section", "Sport Today"), ("X-Tags", "one,two"))
    ).facts
    assert (mapped.section, mapped.language, mapped.tags) == ("sport-today", "ru", frozenset({"one", "two"}))
    assert facts(CLAIMS[0], path="/world/x", rules=rules).facts.section == "world"
    assert facts(CLAIMS[0], path="/x", rules=rules).facts.language == "fr"
    assert facts(CLAIMS[0], fields=(("Content-Language", "uk, en"),)).facts.language == "uk"
    assert facts(CLAIMS[0]).facts.published == UNKNOWN
    assert facts(CLAIMS[0], fields=(("Last-Modified", "Mon, 23 Nov 2026 10:00:00 GMT"),)).facts.published.year == 2026


@pytest.mark.parametrize(
    ("canonical", "slug"),
    [("https://news.example/a/b", "/a/b"), ("//www.news.example/a", "/a"), ("/a?x=1#y", "/a"), ("https://evil.example/a", "/news/boats"), ("/", "/news/boats"),
     ("javascript:alert(1)", "/news/boats"), ("", "/news/boats"), ("https://[", "/news/boats"), ("../up", "/up")],
)  # fmt: skip
def test_a_page_is_known_by_the_path_that_it_names_itself_by_on_this_site(canonical: str, slug: str) -> None:
    found = facts(CLAIMS[0] + f"<link rel=canonical href='{canonical}'>").facts
    assert found.slug == slug
    assert "/news/boats" in found.paths


def test_a_path_is_known_as_people_write_it_too() -> None:
    assert facts(CLAIMS[0], path="/%D0%BD/%d0%bf?q").facts.paths == ("/%D0%BD/%D0%BF", "/н/п")


@given(st.text(alphabet="/.%25aef2F\\?#;ж ", max_size=30))
def test_a_path_has_one_spelling(path: str) -> None:
    once = canonical_path(path)
    assert canonical_path(once) == once
    assert once.startswith("/")
    assert "//" not in once
    assert "/../" not in once + "/"
    assert canonical_path(spoken_path(once)) == once


@pytest.mark.parametrize(
    ("url", "host"),
    [("/x", None), ("x", None), ("", None), ("data:text/html,//a.b", None), ("javascript:x", None), ("mailto:a@b", None), ("#x", None), ("?x=//a.b", None),
     ("//evil", "evil"), ("http:evil", "evil"), ("HTTPS:\\\\EVIL.", "evil"), ("/\\evil", "evil"), ("\t\nhttps://ev\til/x", "evil"), ("https:///evil", "evil"),
     ("https://a@evil:8/x", "evil"), ("ws://evil", "evil"), ("https://[::1", ""), ("////evil", "evil"), (" //evil", "evil"), ("ftp://evil/", "evil")],
)  # fmt: skip
def test_a_browser_would_ask_this_host(url: str, host: str | None) -> None:
    assert host_of(url) == host
    assert Hosts("news.example").is_own(url) == (host is None)


def test_own_hosts_are_the_site_its_subdomains_and_those_that_are_named() -> None:
    hosts = Hosts("www.news.example", ("*.cdn.example", "img.example"))
    own = ["news.example", "www.news.example", "a.b.news.example", "x.cdn.example", "img.example"]
    others = ["evilnews.example", "news.example.evil", "cdn.example", "a.img.example", "", "example"]
    assert [host for host in own + others if hosts.is_own_host(host)] == own
    assert not Hosts("").is_own_host("news.example")


@pytest.mark.parametrize(
    ("body", "content_type", "text", "codec"),
    [
        ("ж".encode("cp1251"), "text/html; charset=windows-1251", "ж", "cp1251"),
        ("ж".encode(), 'text/html; charset="UTF-8"', "ж", "utf-8"),
        ("\ufeffж".encode("utf-16-le"), "text/html; charset=utf-8", "ж", "utf-16-le"),
        ("\ufeffж".encode("utf-16-be"), "", "ж", "utf-16-be"),
        (b"<meta charset=koi8-r>" + "ж".encode("koi8-r"), "text/html", "<meta charset=koi8-r>ж", "koi8-r"),
        (
            b"<!-- <meta charset=koi8-r> --><meta charset=utf-16>\xd0\xb6",
            "text/html",
            "<!-- <meta charset=koi8-r> --><meta charset=utf-16>ж",
            "utf-8",
        ),
        (
            b"<?xml version='1.0' encoding='ISO-8859-1'?>\x93",
            "text/xml",
            "<?xml version='1.0' encoding='ISO-8859-1'?>\u201c",
            "cp1252",
        ),
        (b"\x93\x81", "text/html; charset=latin1", "\u201c\x81", "cp1252"),
        (b"caf\xe9", "text/html", "caf\u00e9", "cp1252"),
        (b"+ADw-script+AD4-", "text/html; charset=utf-7", "+ADw-script+AD4-", "utf-8"),
        (b"\xff\xfe\x00", "text/html", "\ufffd", "utf-16-le"),
    ],
)
def test_characters_are_what_browsers_take_them_for(body: bytes, content_type: str, text: str, codec: str) -> None:
    assert decoded(body, content_type) == (text, codec)


@given(st.binary(max_size=200), st.text(max_size=40))
def test_any_bytes_have_some_text(body: bytes, label: str) -> None:
    text, codec = decoded(body, f"text/html; charset={label}")
    text.encode(codec, "replace")
    charset_in(label)
    codec_of(label)


@given(st.text(max_size=60))
def test_nothing_that_a_page_says_of_itself_breaks_its_reading(text: str) -> None:
    moment = moment_of(text)
    assert moment is None or moment.tzinfo is not None
    tag = language_tag(text)
    assert not tag or language_tag(tag) == tag
    json_of(text)
    assert labelled(labelled(text)) == labelled(text)


@given(
    st.binary(max_size=400),
    st.sampled_from(["text/html", "application/rss+xml", "application/json", "text/xml; charset=utf-16", ""]),
)
@settings(max_examples=150, deadline=None)
def test_no_body_breaks_the_recogniser(body: bytes, content_type: str) -> None:
    recognise(cms.page(body, content_type), "/x", Rules(), cms.HOST)


def documented() -> str:
    return (rules_file.__doc__ or "").split("```yaml\n")[1].split("```")[0]


def test_the_documented_mapping_means_what_it_says() -> None:
    problems: list[Problem] = []
    rules = parse_rules(documented().encode(), "origin.yaml", problems)
    assert problems == []
    assert rules is not None
    assert rules.articles == ("/2026/*",)
    assert rules.places == {"after-body": Place("after", ".story")}
    assert rules.remove == {"sharing": (".our-share",), "donating": ("#campaign",)}
    assert rules.section == Source("X-Section", ("article:section",), 1, (("/sport/*", "sport"),))
    assert rules.version != Rules().version


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("articles: {paths: [news/*]}", "bad-path", 1), ("\nkeep: ['..x']", "bad-selector", 2), ("notices: {after-body: somewhere}", "bad-place", 1),
        ("notices: {after-body: after ..x}", "bad-place", 1), ("notices: {footer: after .x}", "unknown-key", 1), ("remove: {sharin: [.x]}", "unknown-key", 1),
        ("remove: {referrer: [.x]}", "unknown-key", 1), ("own_hosts: ['https://x.example']", "bad-host", 1), ("language: {default: English}", "bad-language", 1),
        ("language: {paths: {'/x/*': English}}", "bad-language", 1), ("section: {segment: 0}", "bad-number", 1), ("section: {header: 'X Y'}", "bad-header", 1),
        ("untouched: []", "empty-list", 1), ("body: .story", "not-a-list", 1), ("articels: {}", "unknown-key", 1), ("articles: {}", "empty-list", 1),
        ("section: {paths: {sport: x}}", "bad-path", 1), ("defaults: maybe", "unknown-value", 1), ("a: &x b", "yaml", 1), ("- x", "not-a-mapping", 1),
    ],
)  # fmt: skip
def test_every_slip_in_a_mapping_is_named_with_its_line_and_a_remedy(text: str, code: str, line: int) -> None:
    problems: list[Problem] = []
    assert parse_rules(text.encode(), "origin.yaml", problems) is None
    assert problems
    assert problems[0].line == line
    assert problems[0].remedy
    assert code == "yaml" or code in {problem.code for problem in problems}


@given(
    st.dictionaries(
        st.sampled_from(["articles", "body", "notices", "remove", "own_hosts", "section", "keep", *PROTECTIONS]),
        st.recursive(
            st.text(max_size=8) | st.none(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
        ),
    )
)
@settings(max_examples=200)
def test_no_mapping_breaks_its_reader(value: dict[str, object]) -> None:
    import json

    parse_rules(json.dumps(value).encode(), "origin.yaml", [])
