"""A front page doesn't lead to what its reader is refused; what a framework fetches is no way round a treatment."""

from __future__ import annotations

import json

import pytest

from gateway.content.doors import Door
from gateway.content.message import Response
from gateway.policy.decision import Decision, Refusal, Treatments
from gateway.render.foreign.rules import Rules
from gateway.render.foreign.treat import Treated, treat
from gateway.render.site import Site
from tests.foreign import shown as cms

REFUSED = Treatments(refusal=Refusal(451, "order", cms.HELD, ()))
NOTHING = Treatments()
MARKED = Treatments(refusal=Refusal(451, "order", cms.HELD, (), "mark"))


def listed(of: Response, decisions: dict[str, Treatments], page: Treatments = NOTHING) -> Treated:
    found = cms.known(of, "/")
    entries: list[Decision] = [cms.decided(decisions.get(facts.slug, Treatments())) for facts in found.entries]
    return treat(of, found, cms.decided(page), cms.DEFAULTS, Site(), entries=entries, host=cms.HOST)


def test_a_page_that_is_no_article_says_which_articles_it_leads_to() -> None:
    found = cms.known(cms.response(cms.FRONT), "/")
    assert [one.slug for one in found.entries] == ["/donate/", cms.WORDPRESS, "/2026/11/night-bakers/"]
    of = cms.page(
        "<html><body><a href='/a.pdf'>x</a><a href='//evil.example/b'>x</a><a href='/c.html#d'>x</a><a href='mailto:x'>x</a><a href='/c.html'>x</a><a href='#x'>x</a>"
    )
    assert [one.slug for one in cms.known(of, "/").entries] == ["/c.html"]
    rules = Rules(articles=("/2026/*",), not_articles=("/*",))
    assert [one.slug for one in cms.known(cms.response(cms.FRONT), "/", rules).entries] == [
        cms.WORDPRESS,
        "/2026/11/night-bakers/",
    ]


def test_the_teaser_of_a_refused_article_goes_whole_and_the_others_stay() -> None:
    text = cms.text_of(listed(cms.response(cms.FRONT), {cms.WORDPRESS: REFUSED}))
    assert "ferry" not in text
    assert "eleven winters" not in text
    assert "The night bakers" in text
    assert text.count("<article") == 1


def test_a_marked_one_says_that_there_is_something() -> None:
    text = cms.text_of(listed(cms.response(cms.FRONT), {cms.WORDPRESS: MARKED}))
    assert "eleven winters" not in text
    assert "An article is not available here" in text
    assert text.count("<article") == 2


@pytest.mark.parametrize(
    ("page", "left"),
    [
        (
            "<ul><li><a href='/a'>A</a> tease</li><li><a href='/b'>B</a></li></ul>",
            '<ul><li><a href="/b">B</a></li></ul>',
        ),
        (
            "<div><div class=c><a href='/a'><img src=x></a><div><h3><a href='/a?utm=1'>A</a></h3><p>tease</p></div></div><div class=c><a href='/b'>B</a></div></div>",
            '<div><div class="c"><a href="/b">B</a></div></div>',
        ),
        ("<p>Read <a href='/b'>B</a> and <a href='/%61'>A</a>.</p>", '<p>Read <a href="/b">B</a> and .</p>'),
        (
            "<table><tr><td><a href='/a'>A</a></td></tr><tr><td><a href='/b'>B</a></td></tr></table>",
            '<table><tbody><tr><td><a href="/b">B</a></td></tr></tbody></table>',
        ),
    ],
)
def test_a_teaser_of_any_build_is_told_from_its_neighbours(page: str, left: str) -> None:
    text = cms.text_of(listed(cms.page(f"<html><body>{page}"), {"/a": REFUSED}))
    assert left in text


SECRET = "The list has fourteen signatures and a stamp of the harbour office."
FULL = f"""<!doctype html><html lang="en"><head><title>Front</title><meta name="description" content="{SECRET}"></head><body>
<script src="/_next/static/a.js"></script><article><h2><a href="/list/">The list of names</a></h2><a href="/list/"><img alt="The list of names"
src="/u/pier-300x200.jpg"></a><p>{SECRET}</p><div class="sources">Ours is a tall man</div></article>
<article><h2><a href="/other/">Other</a></h2><div class="sources">Theirs is nobody</div></article></body></html>"""
"""A front page that shows articles whole, as WordPress does."""


@pytest.mark.parametrize(
    ("treatments", "gone", "there"),
    [
        (cms.withheld(f"quote:{SECRET}"), "fourteen", "data-withheld"),
        (cms.withheld("selector:.sources"), "tall man", "Theirs is nobody"),
        (cms.withheld(media=("u/pier.jpg",)), "pier", "data-withheld"),
        (Treatments(substitutes=(("title", "A *new* one"),)), "of names", '<a href="/list/">A new one</a>'),
        (Treatments(substitutes=(("article", "# Gone"),)), "tall man", '<a href="/list/">Gone</a>'),
        (Treatments(substitutes=((f"part:quote:{SECRET}", "Else"),)), "fourteen", "<p>Else</p>"),
    ],
)
def test_a_list_that_shows_articles_whole_shows_nothing_that_is_withheld(
    treatments: Treatments, gone: str, there: str
) -> None:
    treated = listed(cms.page(FULL), {"/list/": treatments})
    text = cms.text_of(treated)
    assert (gone in FULL, gone in text, there in text, "Other</a>" in text) == (True, False, True, True), text
    assert not treated.alarms


def test_a_piece_that_a_script_adds_to_a_list_is_a_list() -> None:
    piece = FULL[FULL.index("<article") : FULL.index("</body>")]
    for treatments, gone in ((REFUSED, "of names"), (cms.withheld(f"quote:{SECRET}"), "fourteen")):
        text = cms.text_of(listed(cms.page(piece), {"/list/": treatments}))
        assert (gone in text, "Other</a>" in text, "<html" in text) == (False, True, False), text


def test_a_piece_of_a_list_that_comes_in_json_is_a_list() -> None:
    piece = FULL[FULL.index("<article") : FULL.index("</body>")]
    of = cms.page(json.dumps({"success": True, "data": {"html": piece, "next": "/?page=2"}}), "application/json")
    assert [one.slug for one in cms.known(of, "/").entries] == ["/list/", "/other/"]
    for treatments, gone in ((REFUSED, "of names"), (cms.withheld(f"quote:{SECRET}"), "fourteen")):
        treated = listed(of, {"/list/": treatments})
        said = json.loads(treated.page.body)
        assert (said["success"], said["data"]["next"]) == (True, "/?page=2")
        assert (gone in said["data"]["html"], "Other</a>" in said["data"]["html"]) == (False, True)
    assert listed(of, {"/list/": cms.withheld("quote:No such words are here")}).page.body is of.body


def test_a_list_that_shows_nothing_of_what_is_withheld_passes_as_it_is() -> None:
    of = cms.page(FULL)
    treated = listed(of, {"/list/": cms.withheld("quote:No such words are here", "selector:.none", media=("u/x.jpg",))})
    assert treated.page.body is of.body
    assert treated.untouched


def test_nothing_changes_where_nothing_is_refused() -> None:
    of = cms.response(cms.FRONT)
    treated = listed(of, {cms.WORDPRESS: Treatments(headers=(("X-Robots-Tag", "noindex"),))})
    assert treated.untouched
    assert treated.page.body is of.body


def test_a_list_owes_what_any_article_in_it_owes() -> None:
    treated = listed(cms.response(cms.FRONT), {cms.WORDPRESS: cms.endangered()})
    assert treated.page.notices == (cms.WARNING.id,)
    assert "Donate" not in cms.text_of(treated)


def test_what_a_framework_would_build_a_treated_page_from_is_an_error_so_that_the_page_is_loaded() -> None:
    flight = cms.page('0:["$","div",null,{}]', "text/x-component")
    for of, path in (
        (cms.response(cms.NEXT_DATA), cms.NEXT_DATA),
        (flight, "/politics/budget-vote"),
        (cms.response(cms.NEXT_DATA), "/page-data/politics/budget-vote/page-data.json"),
    ):
        assert cms.known(of, path).builds_page
        treated = cms.shown(of, cms.endangered(), path)
        assert treated.page.status == 404
        assert [one["id"] for one in json.loads(treated.page.body)["notices"]] == [cms.WARNING.id]
        assert cms.shown(of, Treatments(social=cms.due()), path).untouched
    found = cms.known(flight, "/politics/budget-vote")
    assert (found.door, found.article, found.facts.slug) == (Door.HTML, True, "/politics/budget-vote")


def test_a_page_that_is_no_article_is_never_refused_nor_cut_for_an_articles_sake() -> None:
    for treatments in (REFUSED, cms.withheld("selector:main"), Treatments(substitutes=(("article", "x"),))):
        of = cms.response(cms.FRONT)
        treated = listed(of, {}, treatments)
        assert treated.page.status == 200
        assert treated.page.body is of.body
