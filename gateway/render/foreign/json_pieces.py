"""Pieces of HTML in a JSON body that lead to articles, as a front page's "more" fetches them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.content.article import Facts
from gateway.policy.decision import Decision, Treatments
from gateway.render.foreign.document import parse
from gateway.render.foreign.facts import Reading
from gateway.render.foreign.json_body import DEEPEST, is_article_object
from gateway.render.foreign.page_treat import Page, held_of, refused_of, shows_held, treat_page
from gateway.render.foreign.teasers import linked

MOST_PIECES = 20

Piece = tuple[dict[str, object], str, str]


def pieces_in(value: object) -> Iterator[Piece]:
    """The objects that hold HTML with links, under which name, and the HTML; what an article has belongs to it."""
    waiting, left = [(value, 0)], MOST_PIECES
    while waiting and left:
        one, depth = waiting.pop()
        if isinstance(one, dict) and not is_article_object(one):
            for name, text in one.items():
                if isinstance(text, str) and "<a " in text and "href" in text and left:
                    left -= 1
                    yield one, name, text
        inner = list(one.values()) if isinstance(one, dict) else one if isinstance(one, list) else []
        if depth <= DEEPEST:
            waiting += [(each, depth + 1) for each in reversed(inner) if isinstance(each, dict | list)]


def listed_in(value: object, reading: Reading, language: str) -> tuple[Facts, ...]:
    """The articles that these pieces lead to, each once."""
    found = {facts.slug: facts for _, _, text in pieces_in(value) for facts in linked(parse(text), reading, language)}
    return tuple(found.values())


def treat_pieces(value: object, page: Page, entries: Sequence[Facts], decided: Sequence[Decision]) -> None:
    """Take out of them what is refused or withheld. Changes the value."""
    refused, held = refused_of(entries, decided), held_of(entries, decided)
    for holder, name, text in list(pieces_in(value)) if refused or held else ():
        piece = Page(text, page.facts, Treatments(), page.rules, page.hosts, refused, held)
        if refused or shows_held(piece):
            holder[name] = treat_page(piece).body.decode("utf-8")
