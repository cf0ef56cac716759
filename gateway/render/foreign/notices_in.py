"""Put the due notices into somebody else's page, where policies say, in a form that its styles cannot hide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gateway.policy.decision import DueNotice
from gateway.policy.model import NoticePlace, NoticeText
from gateway.render.foreign.anatomy import Anatomy
from gateway.render.foreign.document import first, put
from gateway.render.foreign.rules import Place, Rules
from gateway.render.language import words
from gateway.render.notices import explanation, notice_html, withheld_mark

BOX = (
    "all:initial!important;display:block!important;visibility:visible!important;box-sizing:border-box!important;"
    "width:auto!important;max-width:46rem!important;min-width:14rem!important;margin:24px 0!important;"
    "padding:14px 18px!important;border:2px solid #8a5a00!important;border-radius:4px!important;"
    "background:#fff6dc!important;color:#1d1a12!important;font:17px/1.5 system-ui,sans-serif!important;"
    "text-align:start!important;flex:1 0 100%!important;grid-column:1/-1!important;clear:both!important;"
    "color-scheme:light!important;overflow-wrap:break-word!important"
)
"""An attribute with `!important` outranks every style sheet of the page (css-cascade-5, section 6.4.2: styles attached
to an element come before layers and specificity); `all` undoes whatever else the page says of it.
"""
_INNER = "all:revert!important"
_LINK = "all:revert!important;color:#7a2e00!important;text-decoration:underline!important"
_INLINE_MARK = "all:revert!important;display:inline!important;visibility:visible!important;background:#fff6dc!important"
_OPENING = re.compile(r"<(?!aside\b|/|!)([a-z][a-z0-9]*)(?=[\s>])")
_ONLY_INSIDE = frozenset({"td", "th", "li", "dd", "dt", "body", "html", "figcaption", "summary", "option", "caption"})


@lru_cache(maxsize=1024)
def foreign_notice(text: NoticeText) -> str:
    """The notice as every page of the gateway has it, with its own styles on each element."""
    return styled(str(notice_html(text)))


def foreign_mark(text: NoticeText, what: str, language: str) -> str:
    """The mark where a part was."""
    return styled(str(withheld_mark(text, what, language)))


def foreign_inline_mark(text: NoticeText, what: str) -> str:
    """The mark for words inside a sentence, where no block may stand."""
    title = text.title or words(text.language)["withheld"]
    return (
        f'<span class="withheld" role="note" data-withheld="{escape(what)}" lang="{escape(text.language)}" '
        f'style="{_INLINE_MARK}">[<a href="{explanation(text)}" style="{_LINK}">{escape(title)}</a>]</span>'
    )


def styled(html: str) -> str:
    """HTML of ours (an `<aside>` of sanitised prose) with styles that nothing on the page can override."""
    inner = _OPENING.sub(lambda match: f'<{match[1]} style="{_LINK if match[1] == "a" else _INNER}"', html)
    return inner.replace("<aside ", f'<aside style="{BOX}" ', 1)


def place_notices(
    tree: LexborHTMLParser, due: Sequence[DueNotice], rules: Rules, parts: Anatomy, *, safe: bool
) -> None:
    """Insert each notice once. `safe`: all at the head of the body, where nothing of the page is around them."""
    groups: dict[NoticePlace, list[str]] = {}
    for one in due:
        groups.setdefault(NoticePlace.BANNER if safe else one.place, []).append(foreign_notice(one.text))
    for place, notices in groups.items():
        _insert(tree, place, "".join(notices), rules, parts)


def _insert(tree: LexborHTMLParser, place: NoticePlace, html: str, rules: Rules, parts: Anatomy) -> None:
    configured = rules.places.get(place.value)
    target = first(tree, (configured.selector,)) if configured else None
    if configured and target is not None:
        put(tree, html, target, _legal(target, configured.how))
        return
    found = _inferred(tree, place, parts)
    if found is not None:
        put(tree, html, found[0], _legal(*found))
    elif tree.body is not None:
        put(tree, html, tree.body, "last-in" if place is NoticePlace.AFTER_BODY else "first-in")


def _inferred(tree: LexborHTMLParser, place: NoticePlace, parts: Anatomy) -> tuple[LexborNode, str] | None:
    """The best place that the page has, and the next best."""
    headline, texts = parts.headline, [one for one in parts.texts if one.parent is not None]
    whole = tree.css_first("article") or tree.css_first("main")
    if place is NoticePlace.BANNER:
        return None
    if place is NoticePlace.AFTER_TITLE and headline is not None:
        return headline, "after"
    if place is NoticePlace.AFTER_BODY:
        return (texts[-1], "after") if texts else ((whole, "last-in") if whole is not None else None)
    if texts:
        return texts[0], "before"
    if headline is not None:
        return headline, "after"
    return (whole, "first-in") if whole is not None else None


def _legal(node: LexborNode, how: str) -> str:
    """The same side of the node, from within where beside it no such element may stand."""
    parent = node.parent
    if how in ("before", "after") and (
        node.tag in _ONLY_INSIDE or (parent is not None and parent.tag in ("p", "ul", "ol", "tr", "dl", "a"))
    ):
        return "first-in" if how == "before" else "last-in"
    return how


def place_of(text: str) -> Place | None:
    """`after .entry-content` as a place; None where it is none."""
    how, _, selector = text.strip().partition(" ")
    return (
        Place(how, selector.strip()) if how in ("before", "after", "first-in", "last-in") and selector.strip() else None
    )
