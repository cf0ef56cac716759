"""A small newspaper, its articles and every treatment that a decision can give them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

from selectolax.lexbor import LexborHTMLParser

from gateway.content.doors import Door
from gateway.content.files import DirectoryIndex, load_directory
from gateway.policy.decision import Decision, DueNotice, Forwarding, Refusal, Treatments, Withheld
from gateway.policy.model import (
    PROTECTIONS,
    Articles,
    Basis,
    Block,
    Notice,
    NoticePlace,
    NoticeText,
    Policy,
    PolicySet,
    Protect,
    Readers,
    State,
)
from gateway.render.pages import Attribution, Rendered, Renderer, Site
from tests.content.writing import write

NOW = datetime(2026, 11, 1, tzinfo=UTC)
BASE = "https://gazette.example"
BASIS = Basis("order", "The Court of Osterby", "Order 12/26", "https://court.example/12", date(2026, 2, 1))

ARTICLE = """---
title: {title}
kicker: KICKERWORD
dateline: OSTERBY
summary: SUMMARYWORD of it all.
published: 2026-03-01T06:00:00+01:00
updated: 2026-03-02T07:30:00+01:00
authors: [Mina Olsen, Per Ek]
section: culture
tags: [boats]
{extra}image: {{src: ledger.svg, caption: CAPTIONWORD of the ledger, credit: CREDITWORD, alt: ALTWORD}}
---
The first line is in pencil. Write to <a href="mailto:tips@gazette.example">us</a>.

## The second hand

::: part id=p1
The name of the debtor was *PARTWORD* & <b>Söhne</b>.
:::

<figure><img src="seal.png" alt="SEALALT"><figcaption>SEALCAPTION</figcaption></figure>

<iframe src="https://video.example/1" title="EMBEDWORD"></iframe>

The last line is in ink.
"""
CONTROLS = {
    "like": "https://community.example/like/{slug}",
    "comment": "https://community.example/talk?u={url}",
    "save": "https://community.example/save/{slug}",
    "contact": "mailto:newsroom@gazette.example",
    "donate": "https://gazette.example/give",
    "subscribe": "https://gazette.example/letter",
}


def text(
    id: str = "undesirable", language: str = "en", html: str = "<p>If you are there, <em>beware</em>.</p>"
) -> NoticeText:
    """A notice, by default a warning in English."""
    return NoticeText(
        id, language, f"Title of {id}", html, "If you are there, beware.", "More", "<h2>Long</h2><p>LONGWORD</p>"
    )


def due(id: str = "undesirable", place: NoticePlace = NoticePlace.AFTER_BODY, **given: str) -> DueNotice:
    return DueNotice(id, place, text(id, **given))


def decision(treatments: Treatments | None = None) -> Decision:
    return Decision(treatments or Treatments(), (), depends_on_place=True, valid_until=None, fingerprint="f")


ALL = frozenset(PROTECTIONS)
REFUSAL = Refusal(451, "order", text("withdrawn"), (BASIS,))
TREATMENTS = {
    "none": Treatments(),
    "warned": Treatments(notices=(due(),), protect=ALL, social=(due(),)),
    "two notices": Treatments(notices=(due(), due("second", NoticePlace.BANNER, language="ar"))),
    "part withheld": Treatments(withheld=(Withheld(frozenset({"p1"}), frozenset(), text("left-out")),)),
    "picture withheld": Treatments(withheld=(Withheld(frozenset(), frozenset({"ledger.svg"}), text("left-out")),)),
    "body picture withheld": Treatments(withheld=(Withheld(frozenset(), frozenset({"seal.png"}), text("left-out")),)),
    "part replaced": Treatments(substitutes=(("part:p1", "NEWWORD"),)),
    "title replaced": Treatments(substitutes=(("title", "NEWWORD"),)),
    "article replaced": Treatments(substitutes=(("article", "# NEWWORD\n\nNEWBODY"),)),
    "refused": Treatments(refusal=REFUSAL, notices=(due(),), protect=ALL),
    "refused, marked": Treatments(refusal=Refusal(451, "order", text("withdrawn"), (BASIS,), listing="mark")),
    "gone": Treatments(refusal=Refusal(410, "order", text("withdrawn"), (BASIS,))),
    "forwarded": Treatments(forwarding=Forwarding(302, "/elsewhere", "move")),
}
LOST = {
    "part withheld": ("PARTWORD", "Söhne", "S&ouml;hne", "S\\u00f6hne"),
    "picture withheld": ("CAPTIONWORD", "CREDITWORD", "ALTWORD", 'ledger.svg"'),
    "body picture withheld": ("SEALALT", "SEALCAPTION", "/media/seal.png"),
    "part replaced": ("PARTWORD", "Söhne"),
    "title replaced": ("TITLEWORD",),
    "article replaced": (
        "TITLEWORD",
        "KICKERWORD",
        "SUMMARYWORD",
        "CAPTIONWORD",
        "ALTWORD",
        "PARTWORD",
        "OSTERBY",
        "in ink",
    ),
    "refused": (
        "TITLEWORD",
        "KICKERWORD",
        "SUMMARYWORD",
        "CAPTIONWORD",
        "PARTWORD",
        "OSTERBY",
        "Mina",
        "in ink",
        "ledger.svg",
    ),
    "refused, marked": (
        "TITLEWORD",
        "KICKERWORD",
        "SUMMARYWORD",
        "CAPTIONWORD",
        "PARTWORD",
        "OSTERBY",
        "Mina",
        "ledger.svg",
    ),
    "gone": ("TITLEWORD", "KICKERWORD", "SUMMARYWORD", "CAPTIONWORD", "PARTWORD", "Mina"),
    "warned": (
        "t.me",
        "wa.me",
        "mailto:",
        "community.example",
        "gazette.example/give",
        "gazette.example/letter",
        'feed.xml"',
        "EMBEDWORD",
        "video.example",
    ),
}
"""What must not stand in any byte of any door, by treatment."""


def newspaper(root: Path) -> DirectoryIndex:
    """`the-ledger` in English, with a German and an Arabic translation."""
    files = {"articles/en/the-ledger.md": ARTICLE.format(title="The TITLEWORD ledger", extra="")}
    for language, slug in (("de", "das-hauptbuch"), ("ar", "ad-daftar")):
        files[f"articles/{language}/{slug}.md"] = ARTICLE.format(
            title=f"{language} TITLEWORD", extra="translation_of: the-ledger\n"
        )
    index = load_directory(write(root, files))
    assert index.problems == ()
    return index


def site(**given: object) -> Site:
    fields: dict[str, object] = {
        "title": "The Gazette",
        "base_url": BASE,
        "sections": ("culture",),
        "controls": CONTROLS,
        "section_titles": {"culture": {"en": "Culture", "ar": "ثقافة"}},
        "attribution": (Attribution("Evidence by Example", "https://evidence.example/"),),
    }
    return Site(**{**fields, **given})  # type: ignore[arg-type]


def at(
    index: DirectoryIndex, renderer: Renderer, door: Door, treatments: Treatments, slug: str = "the-ledger"
) -> Rendered:
    """What leaves at a door for one article under one decision."""
    facts, one = index.facts[slug], decision(treatments)
    if door in (Door.HTML, Door.JSON):
        return renderer.article(index, facts, one, door, index.translations(slug))
    return renderer.collection(door, [(facts, one)], "", decision(), "en")


def xml(body: bytes) -> Element:
    """A document of ours, parsed."""
    return fromstring(body)  # our own bytes


def page(
    index: DirectoryIndex, renderer: Renderer, treatments: Treatments | None = None, slug: str = "the-ledger"
) -> LexborHTMLParser:
    return LexborHTMLParser(at(index, renderer, Door.HTML, treatments or Treatments(), slug).body.decode())


def policies(**changes: object) -> PolicySet:
    """A set with a warning, a block that names only its authority, a sealed one, and one that is off."""
    warn = Policy(
        "warn",
        "POLICYTITLE",
        Readers(within=("RU", "held")),
        Articles(),
        (Notice("undesirable"), Protect(ALL)),
        basis=(BASIS,),
    )
    block = Policy(
        "block",
        "HIDDENTITLE",
        Readers(within=("DE",)),
        Articles(),
        (Block("withdrawn"),),
        basis=(Basis("order", "HIDDENCOURT", "HIDDENACT"),),
        disclose="authority",
    )
    sealed = Policy(
        "sealed",
        "SEALEDTITLE",
        Readers(),
        Articles(),
        (Notice("undesirable"),),
        basis=(Basis("order", "SEALEDCOURT"),),
        disclose="sealed",
    )
    off = Policy("off", "OFFTITLE", Readers(), Articles(), (Notice("undesirable"),), state=State.OFF)
    notices = {
        "undesirable": {language: text("undesirable", language) for language in ("en", "ru", "ar")},
        "withdrawn": {"en": text("withdrawn")},
    }
    fields: dict[str, object] = {
        "revision": "0" * 12,
        "policies": (block, off, sealed, warn),
        "regions": {},
        "notices": notices,
    }
    return PolicySet(**{**fields, **changes})  # type: ignore[arg-type]
