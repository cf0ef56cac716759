"""The text of an article where it stands in several elements: halves round an advertisement, entries of a live blog.

Where it is withheld whole, rather more goes than less; what belongs to other articles stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gateway.render.foreign.document import ancestors, attribute
from gateway.render.foreign.traces import plain_words

BESIDE = ("footer", "nav", "aside", "form", "[id^='comment']", ".comments-area")
"""What is around words that are not the article's."""
OF_A_TEASER = 300
"""Characters for each headline that is a link: what has no more is a teaser."""
_LINKED = ", ".join((*(f"h{n} a[href]" for n in range(1, 7)), *(f"a[href] h{n}" for n in range(1, 7))))
_LIVE = "[itemprop~='liveBlogUpdate'], [class*='live-'], [class*='live_'], [class*='liveblog' i], [id^='live']"
"""What an entry of a live blog is called; its headline may be a link to itself, as a teaser's is."""
_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_SAYING = frozenset({"p", "pre", "blockquote", "li", "dt", "dd", "figcaption"})
_HOLDING = frozenset({"div", "section", "article", "td"})
_LEAST_WORDS, _LEAST_LENGTH = 4, 40
"""Words of a paragraph, beside its links, and characters right in an element of any kind, that may be the article's."""


def alike(
    tree: LexborHTMLParser, body: LexborNode, candidates: Iterable[LexborNode], headline: LexborNode | None
) -> tuple[LexborNode, ...]:
    """Of elements found as `body` was, those that are text of the same article: in the order of the page, none within
    another; `body` is among them.
    """
    around = {one.mem_id for one in (body, *ancestors(body))}
    others = [one for one in candidates if one.mem_id not in around]
    if not others:
        return (body,)
    foreign = _Foreign(tree, headline, [body])
    kept = {body.mem_id}
    for one in others:  # in the order of the page, so what is around comes first
        if not any(up.mem_id in kept for up in ancestors(one)) and not foreign.has(one, around):
            kept.add(one.mem_id)
    ordered: list[LexborNode] = []
    above = headline is not None
    for node in tree.css("*") if len(kept) > 1 else (body,):
        above = above and node.mem_id != body.mem_id
        if above and headline is not None and node.mem_id == headline.mem_id:
            ordered = []  # what stands above the headline is no text
        if node.mem_id in kept:
            ordered.append(node)
    return tuple(ordered)


def whole_text(
    tree: LexborHTMLParser, headline: LexborNode | None, texts: Sequence[LexborNode]
) -> Sequence[LexborNode]:
    """All that may be text of the article: the blocks that are known for it, and what else says something below its
    headline, in the element that is around all of these.
    """
    holding = Counter(up.mem_id for one in texts for up in (one, *ancestors(one)))
    around_headline = {one.mem_id for one in ancestors(headline)} if headline is not None else set()
    whole = (up for up in ancestors(texts[0]) if holding[up.mem_id] == len(texts))
    common = next((up for up in whole if headline is None or up.mem_id in around_headline), None)
    holds_headline = any(one.mem_id in around_headline for one in texts)
    if common is None or holds_headline or (headline is None and len(texts) == 1):
        return texts
    foreign, blocks = _Foreign(tree, headline, texts), {one.mem_id for one in texts}
    frame = {*holding, *around_headline}
    taken: list[LexborNode] = []
    headings: list[LexborNode] = []
    gone, passed, below = set(blocks), 0, headline is None
    for node in common.css("*"):
        passed += node.mem_id in blocks
        below = below or (headline is not None and node.mem_id == headline.mem_id)
        if node.mem_id in frame:
            if node.mem_id not in blocks:
                taken += [one for one in node.iter(include_text=True) if one.tag == "-text" and _is_long(one)]
            continue
        if not (below or passed) or any(up.mem_id in gone for up in ancestors(node)):
            continue
        if headline is not None and any(up.mem_id == headline.mem_id for up in (node, *ancestors(node))):
            continue
        if node.tag in _HEADINGS:
            holder = next((up for up in ancestors(node) if up.mem_id in frame), common)
            own = holding[holder.mem_id] == 1 and len(texts) > 1
            wanted = own or (0 < passed < len(texts) and node.css_first("a[href]") is None)
            if not wanted:
                headings.append(node)
        else:
            wanted = _says(node) and not foreign.has(node, frame)
        if wanted:
            taken.append(node)
            gone.add(node.mem_id)
    over = {up.mem_id for one in taken for up in ancestors(one)} - frame
    taken += [
        one for one in headings if any(up.mem_id in over for up in ancestors(one)) and not foreign.has(one, frame)
    ]
    return (*texts, *taken)


class _Foreign:
    """What on a page is not of its article, of which `texts` are known to be."""

    def __init__(self, tree: LexborHTMLParser, headline: LexborNode | None, texts: Sequence[LexborNode]) -> None:
        around = {up.mem_id for one in texts for up in (one, *ancestors(one))}
        beside = {node.mem_id for node in tree.css(", ".join(BESIDE))}
        self._beside = beside if beside.isdisjoint(around) else set()  # else that says nothing on this page
        self._own = _own_path(tree)
        self._judged: dict[int, bool] = {}
        self._live = {node.mem_id for node in tree.css(_LIVE)}
        self._teasers = not self._is_teaser(texts[0])  # else the entries of the article itself look so
        article = next((up for up in ancestors(texts[0]) if up.tag == "article"), None)
        held = {node.mem_id for node in article.css("*")} if article is not None else set()
        self._other_article = headline is not None and headline.mem_id in held

    def has(self, node: LexborNode, frame: Collection[int]) -> bool:
        """Whether a node is such. `frame`: the elements around the article's own text."""
        for at in (node, *ancestors(node)):
            if at.mem_id in frame:
                return False
            if at.mem_id in self._beside or at.tag == "a" or (self._teasers and self._is_teaser(at)):
                return True
            if self._other_article and at.tag == "article" and at.css_first("h1") is not None:
                return True
        return False

    def _is_teaser(self, node: LexborNode) -> bool:
        said = self._judged.get(node.mem_id)
        if said is None:
            said = self._judged[node.mem_id] = self._looks_like_teaser(node)
        return said

    def _looks_like_teaser(self, node: LexborNode) -> bool:
        links = [one for one in node.css(_LINKED) if not self._is_own(one)]
        return bool(links) and len((node.text(deep=True) or "").strip()) < OF_A_TEASER * len(links)

    def _is_own(self, link: LexborNode) -> bool:
        """Whether a headline's link is to an entry of the page's own: to a place on it, below it, or in a live blog."""
        if any(up.mem_id in self._live for up in ancestors(link)):
            return True
        around = link if link.tag == "a" else next((up for up in ancestors(link) if up.tag == "a"), link)
        address = attribute(around, "href").strip()
        if "#" in address or address.startswith("?"):
            return True
        return bool(self._own) and f"{_path(address)}/".startswith(self._own)


def _own_path(tree: LexborHTMLParser) -> str:
    """The path that the page names as its own, with a slash at its end; "" for the root, and where it names none."""
    said = tree.css_first("link[rel~='canonical'][href]")
    path = _path(attribute(said, "href")) if said is not None else ""
    return f"{path}/" if path else ""


def _path(address: str) -> str:
    try:
        path = urlsplit(address).path
    except ValueError:
        return ""
    return path.removesuffix("/").removesuffix(".html")


def _says(node: LexborNode) -> bool:
    if node.tag in _HOLDING:
        return len((node.text(deep=False) or "").strip()) >= _LEAST_LENGTH
    if node.tag not in _SAYING:
        return False
    linked = sum(len(plain_words(one.text(deep=True) or "")) for one in node.css("a[href]"))
    return len(plain_words(node.text(deep=True) or "")) - linked >= _LEAST_WORDS


def _is_long(text: LexborNode) -> bool:
    return len((text.text_content or "").strip()) >= _LEAST_LENGTH
