"""Articles that somebody else's front page or list leads to: what a reader is refused is not even shown there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from html import escape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gateway.content.article import Facts
from gateway.policy.match import path_matches
from gateway.render.foreign.document import put
from gateway.render.foreign.facts import UNKNOWN, Reading, labelled, mapped, spellings
from gateway.render.foreign.hosts import Hosts
from gateway.render.foreign.rules import Rules
from gateway.render.foreign.statements import Statements
from gateway.render.language import words

MOST_LINKS = 300
"""Different articles on one page that are asked about; a page with more is an archive, and the rest stays."""

_WHOLE = frozenset({"article", "li", "tr", "figure"})
"""Elements that hold one teaser, whatever else stands in them."""
_PIECES = frozenset(
    {"div", "span", "p", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "a", "section", "header", "b", "strong", "em"}
)


def linked(tree: LexborHTMLParser, reading: Reading, language: str) -> tuple[Facts, ...]:
    """The articles that the page leads to, as far as their addresses tell, each once."""
    found: dict[str, Facts] = {}
    for path in _paths(tree, reading.hosts, reading.path).values():
        if path not in found and len(found) < MOST_LINKS and _may_be_article(path, reading.rules):
            section = labelled(mapped(reading.rules.section, reading, Statements(), path))
            found[path] = Facts(path, "linked", language, section, frozenset(), UNKNOWN, paths=spellings(path))
    return tuple(found.values())


def without_refused(tree: LexborHTMLParser, hosts: Hosts, own: str, refused: Mapping[str, str], language: str) -> None:
    """Take the teasers of refused articles out, or mark them. `refused`: what to do, omit or mark, by path."""
    for path, teaser in teasers_of(tree, hosts, own, refused):
        if refused[path] != "mark":
            teaser.decompose()
            continue
        only(tree, teaser, escape(words(language)["unavailable_entry"]))


def only(tree: LexborHTMLParser, teaser: LexborNode, html: str) -> None:
    """Nothing of a teaser but this: inline, and where the teaser itself is the link, in it no more."""
    for inner in list(teaser.iter(include_text=True)):
        inner.decompose()
    if teaser.tag == "a":
        del teaser.attrs["href"]
    text = f"<p>{html}</p>"
    put(tree, f"<td>{text}</td>" if teaser.tag == "tr" else text, teaser, "last-in")


def teasers_of(
    tree: LexborHTMLParser, hosts: Hosts, own: str, wanted: Collection[str]
) -> Iterator[tuple[str, LexborNode]]:
    """What a list shows of these articles, by path; what is taken out meanwhile comes no more."""
    paths = _paths(tree, hosts, own) if wanted else {}
    for node in tree.css("a[href]") if wanted else ():
        path = paths.get(node.mem_id, "")
        if path in wanted and node.parent is not None:
            yield path, _teaser(node, path, paths)


def _paths(tree: LexborHTMLParser, hosts: Hosts, own: str) -> Mapping[int, str]:
    """The page of this site that each link leads to, by the link's `mem_id`."""
    found: dict[int, str] = {}
    for node in tree.tags("a"):
        address = (node.attributes or {}).get("href")
        path = hosts.path(address or "", own) if address is not None else ""
        if path and path not in ("/", own):
            found[node.mem_id] = path
    return found


def _may_be_article(path: str, rules: Rules) -> bool:
    """By settings; without any, whatever is a page and no file."""
    if any(path_matches(pattern, path) for pattern in rules.articles):
        return True
    if any(path_matches(pattern, path) for pattern in (*rules.not_articles, *rules.untouched)):
        return False
    name = path.rstrip("/").rpartition("/")[2]
    return "." not in name or name.endswith((".html", ".htm", ".php", ".shtml"))


def _teaser(link: LexborNode, path: str, paths: Mapping[int, str]) -> LexborNode:
    """The largest element around a link that is about this article alone."""
    at = link
    while at.parent is not None and at.parent.tag in (_WHOLE | _PIECES):
        parent = at.parent
        if any(paths.get(other.mem_id, path) != path for other in parent.css("a[href]")):
            break
        at = parent
        if at.tag in _WHOLE:
            break
    return at
