"""The article's page: its anatomy, its access for everyone, its two forms."""

from __future__ import annotations

import re
from itertools import pairwise

import orjson
import pytest

from gateway.content.doors import Door
from gateway.content.files import DirectoryIndex, load_directory
from gateway.render.pages import Renderer
from tests.content.writing import FRONT, write
from tests.payloads import dangers
from tests.render.world import BASE, TREATMENTS, at, page, site


def test_the_page_has_the_anatomy_of_a_news_article(index: DirectoryIndex, renderer: Renderer) -> None:
    tree = page(index, renderer)
    body = tree.body
    assert body is not None
    first = body.css_first("*:not(body)")
    assert "skip-links" in (first.attributes["class"] or "")
    order = [
        ".skip-links",
        "header.masthead",
        "main",
        ".kicker",
        "h1",
        ".summary",
        ".byline",
        "figure.photo",
        ".dateline",
        ".body h2",
        "nav.controls",
        "footer",
    ]
    positions = [tree.html.index(tree.css_first(selector).html[:40]) for selector in order]  # type: ignore[union-attr]
    assert positions == sorted(positions)
    assert tree.css_first("h1").text() == "The TITLEWORD ledger"
    assert tree.css_first("figure.photo img").attributes["alt"] == "ALTWORD"
    assert "CAPTIONWORD" in tree.css_first("figcaption").text()
    assert tree.css_first(".body p").text().startswith("OSTERBY — The first line")
    assert [node.text() for node in tree.css(".author")] == ["Mina Olsen", "Per Ek"]
    assert [node.attributes["datetime"] for node in tree.css(".dates time")] == [
        "2026-03-01T06:00:00+01:00",
        "2026-03-02T07:30:00+01:00",
    ]


@pytest.mark.parametrize("name", TREATMENTS)
@pytest.mark.parametrize("slug", ["the-ledger", "das-hauptbuch", "ad-daftar"])
def test_every_page_can_be_used_by_ear_and_keyboard(
    index: DirectoryIndex, renderer: Renderer, name: str, slug: str
) -> None:
    if name == "forwarded":
        return
    tree = page(index, renderer, TREATMENTS[name], slug)
    language = index.facts[slug].language
    root = tree.css_first("html")
    assert (root.attributes["lang"], root.attributes["dir"]) == (language, "rtl" if language == "ar" else "ltr")
    for landmark in ("header.masthead", "main", "footer", "nav"):
        assert tree.css_first(landmark) is not None
    assert len(tree.css("main")) == len(tree.css("h1")) == 1
    assert all(node.attributes.get("aria-label") for node in tree.css("nav"))
    for link in tree.css(".skip-links a"):
        assert tree.css_first(f'[id="{(link.attributes["href"] or "")[1:]}"]') is not None
    assert all("alt" in node.attributes for node in tree.css("img"))
    ids = [node.attributes["id"] for node in tree.css("[id]")]
    assert len(ids) == len(set(ids))
    levels = [int(node.tag[1]) for node in tree.css("h1, h2, h3, h4")]
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert all(node.text(strip=True) for node in tree.css("a"))
    assert tree.css_first("title").text(strip=True)


def test_translations_are_linked_in_their_own_names(index: DirectoryIndex, renderer: Renderer) -> None:
    tree = page(index, renderer)
    links = {node.attributes["hreflang"]: node for node in tree.css(".translations a")}
    assert {language: node.text() for language, node in links.items()} == {"ar": "العربية", "de": "Deutsch"}
    assert links["ar"].attributes["href"] == "/articles/ad-daftar"
    assert {node.attributes["hreflang"] for node in tree.css('link[rel="alternate"][hreflang]')} == {"en", "de", "ar"}
    assert tree.css_first('link[rel="canonical"]').attributes["href"] == f"{BASE}/articles/the-ledger"


def test_a_page_of_an_article_without_words_of_ours_marks_ours_as_english(
    tmp_path_factory: pytest.TempPathFactory, renderer: Renderer
) -> None:
    french = load_directory(write(tmp_path_factory.mktemp("fr"), {"articles/fr/le-registre.md": FRONT + "Voilà."}))
    tree = page(french, renderer, None, "le-registre")
    assert tree.css_first("html").attributes["lang"] == "fr"
    assert {
        tree.css_first(selector).attributes["lang"] for selector in (".skip-links", ".masthead", ".colophon", ".dates")
    } == {"en"}


def test_the_json_form_has_the_fields_that_the_interface_names(index: DirectoryIndex, renderer: Renderer) -> None:
    value = orjson.loads(at(index, renderer, Door.JSON, TREATMENTS["warned"]).body)
    [notice] = value["notices"]
    assert {"id", "language", "html", "text", "place"} <= set(notice)
    assert (notice["id"], notice["place"], notice["language"]) == ("undesirable", "after-body", "en")
    assert "notice:undesirable" in value["treatments"]
    assert "protect:donating" in value["treatments"]
    assert set(value["parts"]) == {"p1"}
    assert "EMBEDWORD" not in value["html"]


@pytest.mark.parametrize("name", TREATMENTS)
def test_no_page_asks_another_host_for_anything(index: DirectoryIndex, renderer: Renderer, name: str) -> None:
    body = at(index, renderer, Door.HTML, TREATMENTS[name]).body.decode()
    assert dangers(body, own=f"{BASE}/") == []
    css = next(raw.decode() for kind, raw in renderer.assets.values() if kind.startswith("text/css"))
    assert not re.search(r"@import|url\(|https?://", css)


def test_an_article_is_rendered_the_same_twice(index: DirectoryIndex, renderer: Renderer) -> None:
    first = at(index, renderer, Door.HTML, TREATMENTS["warned"])
    assert at(index, Renderer(renderer.site), Door.HTML, TREATMENTS["warned"]).body == first.body


def test_the_version_names_the_site_too(renderer: Renderer) -> None:
    assert Renderer(site(title="Another")).version != renderer.version
    assert Renderer(renderer.site).version == renderer.version
