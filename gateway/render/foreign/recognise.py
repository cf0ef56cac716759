"""Which responses are articles, and what they say of themselves. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.content.message import Response, joined
from gateway.policy.match import path_matches
from gateway.render.foreign.charset import decoded
from gateway.render.foreign.document import attribute, is_whole, parse
from gateway.render.foreign.facts import Reading, facts_of
from gateway.render.foreign.feed import entries_of, read_feed
from gateway.render.foreign.hosts import Hosts, canonical_path
from gateway.render.foreign.json_body import articles_in, is_page_data, json_of
from gateway.render.foreign.json_pieces import listed_in
from gateway.render.foreign.media_type import Kind, kind_of
from gateway.render.foreign.rules import Rules
from gateway.render.foreign.statements import Statements, statements
from gateway.render.foreign.teasers import linked

MOST_MEDIA = 200
GONE = (404, 410, 451)
_TABLE_PIECES = ("<tr", "<td", "<th", "<tbody", "<thead", "<option", "<col")
"""Pieces that only mean something inside what a page has already: no notice can stand in them."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a response is: at which door it leaves, and the facts that policies are asked about.

    `entries`: of a feed, a sitemap, a list in JSON, or a page that leads to articles, the facts of each entry, in the
    response's own order; each gets a decision of its own. `article`: whether it is one; else only policies that mean
    every article can mean it, and `treat` applies nothing of them but notices and protection. `builds_page`: a script
    of a framework builds the page from it, in the reader's browser, so it leaves at the door of pages. `gone`: it says
    that nothing is there (404, 410), or that it may not be shown (451). `mentions`: so many of the last entries are
    there by title and address alone; such a one can be refused, and is else as it is. `pieced`: after these, so many
    are in pieces of HTML.
    """

    door: Door
    facts: Facts
    article: bool = True
    entries: tuple[Facts, ...] = ()
    builds_page: bool = False
    gone: bool = False
    mentions: int = 0
    pieced: int = 0


def recognise(response: Response, target: str, rules: Rules, host: str = "", *, digest: str = "") -> Recognised | None:
    """What a whole response to a GET is; None: nothing that a policy could treat, so it passes as it is.

    `response.body`: any content coding undone. `target`: path and query as asked for. `host`: the site's own name,
    without a port. `digest`: of the body, where it is known. Never raises.
    """
    path = canonical_path(target)
    kind = kind_of(response)
    if kind is Kind.OTHER or not response.body or response.status in (204, 206, 304) or _any(rules.untouched, path):
        return None
    text, _ = decoded(response.body, joined(response.fields, "content-type") or "")
    reading = Reading(path, rules, Hosts(host, rules.own_hosts), response.fields, digest or _digest(response.body))
    if kind is Kind.HTML:
        return _page(text, reading, response.status)
    if kind is Kind.XML:
        feed = read_feed(text)
        if feed is None:
            return None
        plain = replace(
            facts_of(reading, Statements(language=feed.language)), section="", also_in=frozenset(), tags=frozenset()
        )
        return Recognised(feed.door, plain, article=False, entries=entries_of(feed, reading))
    if kind is Kind.FLIGHT:  # a page in pieces, for a script that has a page already; what it says of itself is hidden
        article = is_article_path(path, said=True, rules=rules)
        return Recognised(Door.HTML, facts_of(reading, Statements()), article, builds_page=True)
    value = json_of(text)
    articles = articles_in(value, reading)
    if articles.single:
        if is_page_data(path):
            return Recognised(Door.HTML, articles.facts[0], builds_page=True)
        return Recognised(Door.JSON, articles.facts[0])
    plain = facts_of(reading, Statements())
    pieced = listed_in(value, reading, plain.language)
    if not articles.facts and not pieced:
        return None
    entries = (*articles.facts, *pieced)
    return Recognised(Door.JSON, plain, False, entries, mentions=articles.mentions, pieced=len(pieced))


def is_article_path(path: str, said: bool, rules: Rules) -> bool:
    """Whether a path is an article's: settings first, else what the page says of itself."""
    if _any(rules.articles, path):
        return True
    return said and path != "/" and not _any(rules.not_articles, path)


def _page(text: str, reading: Reading, status: int) -> Recognised | None:
    if not is_whole(text):
        if text.lstrip()[:6].lower().startswith(_TABLE_PIECES) or "<" not in text:
            return None
        facts = facts_of(reading, Statements())
        if is_article_path(reading.path, said=False, rules=reading.rules):
            return Recognised(Door.HTML, facts)
        entries = linked(parse(text), reading, facts.language)
        return Recognised(Door.LISTING, facts, article=False, entries=entries, gone=status in GONE)
    tree = parse(text)
    said = statements(tree)
    facts = facts_of(reading, said)
    if status not in (200, 203) or not is_article_path(reading.path, said.claims_article, reading.rules):
        plain = facts
        if facts.section or facts.also_in or facts.tags:
            plain = replace(facts, section="", also_in=frozenset(), tags=frozenset())
        entries = linked(tree, reading, facts.language)
        return Recognised(Door.LISTING, plain, article=False, entries=entries, gone=status in GONE)
    media: dict[str, None] = {}
    for node in tree.css("img[src], video[src], audio[src], source[src], amp-img[src]")[:MOST_MEDIA]:
        path = reading.hosts.path(attribute(node, "src"), reading.path)
        if path:
            media[path.removeprefix("/")] = None
    return Recognised(Door.HTML, replace(facts, media=tuple(media)))


def _any(patterns: tuple[str, ...], path: str) -> bool:
    return any(path_matches(pattern, path) for pattern in patterns)


def _digest(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()
