"""The gateway's own pages, and every text that somebody else wrote on any page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from gateway.content.article import Image
from gateway.content.doors import Door
from gateway.content.files import DirectoryIndex, load_directory
from gateway.policy.decision import DueNotice, Refusal, Treatments, Withheld
from gateway.policy.model import Basis, NoticePlace, NoticeText
from gateway.render.article import article_page
from gateway.render.language import LANGUAGES, direction, in_order, own_name, words
from gateway.render.own import ERRORS
from gateway.render.pages import Renderer
from gateway.render.site import Attribution
from tests.content.writing import write
from tests.payloads import PAYLOADS, dangers
from tests.render import world
from tests.render.world import ALL, BASE, TREATMENTS, decision, policies


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", ERRORS)
def test_an_error_page_is_fixed_in_every_language_and_echoes_nothing(
    renderer: Renderer, status: int, language: str
) -> None:
    rendered = renderer.error(status, language)
    tree = LexborHTMLParser(rendered.body.decode())
    assert rendered.status == status
    assert tree.css_first("html").attributes["lang"] == language
    assert tree.css_first("h1").text() == words(language)[f"error_{status}_title"]


def test_an_unknown_status_has_a_page_too(renderer: Renderer) -> None:
    assert (renderer.error(418, "en").status, renderer.error(599, "en").status) == (418, 599)


def test_notices_and_protection_apply_to_error_pages(renderer: Renderer) -> None:
    rendered = renderer.error(404, "ru", TREATMENTS["warned"])
    assert rendered.notices == ("undesirable",)
    assert rendered.lost() == set()
    assert b"gazette.example/give" not in rendered.body


def test_the_explanation_says_why_and_that_the_place_may_be_wrong_and_endangers_nobody(renderer: Renderer) -> None:
    rendered = renderer.notice(policies(), "undesirable", "en")
    body = rendered.body.decode()
    for told in (
        "LONGWORD",
        "POLICYTITLE",
        "The Court of Osterby",
        "Russia",
        "Your place may be wrong",
        "One reason may not be described",
    ):
        assert told in body
    for untold in (
        "SEALEDTITLE",
        "SEALEDCOURT",
        "OFFTITLE",
        "HIDDENTITLE",
        "mailto:",
        "gazette.example/give",
        "feed.xml",
    ):
        assert untold not in body
    others = {node.attributes["href"] for node in LexborHTMLParser(body).css(".translations a")}
    assert others == {"/-/notices/undesirable?lang=ar", "/-/notices/undesirable?lang=ru"}


def test_the_explanation_falls_back_to_a_language_that_it_has(renderer: Renderer) -> None:
    assert renderer.notice(policies(), "withdrawn", "uk").language == "en"
    with pytest.raises(KeyError):
        renderer.notice(policies(), "no-such-notice", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_transparency_tells_of_each_rule_as_much_as_it_discloses(renderer: Renderer, language: str) -> None:
    body = renderer.transparency(policies(), language).body.decode()
    for told in ("POLICYTITLE", "The Court of Osterby", "HIDDENCOURT"):
        assert told in body
    for untold in ("HIDDENTITLE", "HIDDENACT", "SEALEDTITLE", "SEALEDCOURT", "OFFTITLE"):
        assert untold not in body
    assert words(language)["transparency_sealed"].replace("{count}", "1") in body


def test_transparency_without_rules_says_that_all_see_the_same(renderer: Renderer) -> None:
    assert words("en")["transparency_none"] in renderer.transparency(policies(policies=()), "en").body.decode()


def test_every_language_has_all_the_words_and_no_word_is_unused_or_missing() -> None:
    catalogues = {language: set(words(language).messages) for language in LANGUAGES}
    assert all(names == catalogues["en"] for names in catalogues.values())
    package = files("gateway.render")
    source = "".join(
        item.read_text() for folder in (package, package / "templates") for item in folder.iterdir() if item.is_file()
    )
    indirect = re.compile(r"error_\d+(_title)?|kind_|effect_")
    unused = [name for name in catalogues["en"] if name not in source and not indirect.match(name)]
    assert unused == []
    for language in LANGUAGES:
        for name, text in words(language).messages.items():
            assert text.strip() == text
            assert re.findall(r"\{\w+\}", text) == re.findall(r"\{\w+\}", words("en")[name])


def test_languages_are_listed_in_one_order_everywhere(renderer: Renderer) -> None:
    assert in_order(["uk", "de", "en", "ar", "de-CH"]) == ["en", "ar", "de", "de-CH", "uk"]
    assert renderer.languages == LANGUAGES == tuple(in_order(LANGUAGES))
    page = renderer.notice(policies(), "undesirable", "ru").body.decode()
    assert re.findall(r"\?lang=([a-z-]+)", page) == ["en", "ar"]


def test_messages_are_not_english_in_disguise() -> None:
    for language in ("ru", "uk", "ar"):
        raw = json.loads((files("gateway.render") / "messages" / f"{language}.json").read_text())
        alphabet = "\u0600-\u06ff" if language == "ar" else "\u0400-\u04ff"
        assert [name for name, text in raw.items() if not re.search(f"[{alphabet}]", text)] in (
            [],
            ["share_telegram", "share_whatsapp"],
        )


@pytest.mark.parametrize(
    ("language", "written"),
    [("ar", "rtl"), ("fa", "rtl"), ("he", "rtl"), ("en", "ltr"), ("az-Arab", "rtl"), ("ar-Latn", "ltr"), ("zz", "ltr")],
)
def test_the_direction_follows_language_and_script(language: str, written: str) -> None:
    assert direction(language) == written
    assert own_name(language)


@pytest.mark.parametrize("payload", [payload for payload in PAYLOADS if "\ud800" not in payload])
def test_no_text_that_anybody_wrote_becomes_markup_that_acts(payload: str, index: DirectoryIndex) -> None:
    """Front matter, body, notice, substitute, basis, site: every field at once, at every door that is HTML."""
    site = world.site(
        title=payload,
        motto={"": payload},
        imprint={"": payload},
        section_titles={"culture": {"": payload}},
        controls={"donate": f"https://gazette.example/{payload}", "like": payload},
        attribution=(Attribution(payload, payload),),
    )
    renderer = Renderer(site)
    notice = NoticeText("undesirable", "en", payload, payload, payload, payload, payload)
    article = index.read("the-ledger")
    facts = replace(
        article.facts, title=payload, kicker=payload, summary=payload, authors=(payload,), tags=frozenset({payload})
    )
    hostile = replace(article, facts=facts, dateline=payload, image=Image(payload, payload, payload, payload))
    due = DueNotice("undesirable", NoticePlace.BANNER, notice)
    shown = Treatments(
        notices=(due,),
        social=(due,),
        substitutes=(("part:p1", payload),),
        withheld=(Withheld(frozenset(), frozenset({"seal.png"}), notice),),
    )
    refused = Treatments(refusal=Refusal(451, "p", notice, (Basis(payload, payload, payload, payload, text=payload),)))
    pages = [
        article_page(site, hostile, decision(shown), index.translations("the-ledger")),
        renderer.article(index, facts, decision(refused), Door.HTML),
        renderer.collection(Door.LISTING, [(facts, decision(shown))], "culture", decision(shown), "en"),
        renderer.notice(policies(notices={"undesirable": {"en": notice}}), "undesirable", "en"),
        renderer.transparency(policies(), "en"),
    ]
    for rendered in pages:
        body = rendered.body.decode()
        assert dangers(body, own=f"{BASE}/") == []
        if payload.strip("\x00"):  # a notice that says nothing is rightly missed
            assert rendered.lost() == set()
        tree = LexborHTMLParser(body)
        assert [node.tag for node in tree.css("body > *") if node.tag != "div"] == ["nav", "header", "main", "footer"]
        assert len(tree.css("h1")) == 1
    assert b"{{7*7}}" in pages[0].body or "{{7*7}}" not in payload


def test_protection_is_complete_on_a_warned_page_of_the_sample() -> None:
    """No control, no foreign address but attribution and what the author linked, on any article of the sample."""
    index = load_directory(Path(__file__).parents[2] / "gateway" / "sample")
    renderer = Renderer(world.site())
    for slug, facts in index.facts.items():
        body = renderer.article(
            index, facts, decision(Treatments(protect=ALL)), Door.HTML, index.translations(slug)
        ).body.decode()
        assert not re.search(r"mailto:|t\.me|wa\.me|community\.example|/give|/letter|feed\.xml", body), slug


def test_the_style_sheet_is_named_by_its_digest_and_served(renderer: Renderer, tmp_path: Path) -> None:
    index = load_directory(
        write(tmp_path, {"articles/en/a.md": "---\ntitle: T\npublished: 2026-01-01T00:00:00Z\n---\nx\n"})
    )
    body = renderer.article(index, index.facts["a"], decision(), Door.HTML).body.decode()
    for address in re.findall(r'(?:href|src)="/-/assets/([^"]+)"', body):
        assert re.fullmatch(r"[a-z]+-[0-9a-f]{16}\.(css|svg)", address)
        assert renderer.assets[address][1]
