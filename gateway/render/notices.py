"""A notice as HTML: the one form in which it stands on any page, so that the guard knows it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup, escape

from gateway.content.sanitise import clean_prose
from gateway.policy.decision import DueNotice, Treatments
from gateway.policy.model import NoticePlace, NoticeText
from gateway.render.language import direction, words
from gateway.render.markup import sanitised

_DOWN_THE_PAGE = (NoticePlace.BANNER, NoticePlace.AFTER_TITLE, NoticePlace.BEFORE_BODY, NoticePlace.AFTER_BODY)


@lru_cache(maxsize=1024)
def notice_html(text: NoticeText) -> Markup:
    """`<aside class="notice" role="note" data-notice="ID" lang=…>`: title, text, and the way to the explanation."""
    return sanitised(
        f'<aside class="notice" role="note" data-notice="{escape(text.id)}" {_attributes(text)}>{_inside(text)}</aside>'
    )


def placed(due: Iterable[DueNotice]) -> dict[str, Markup]:
    """The notices for each place of a page (`before_body`, …), as the templates put them; every place is there."""
    found: dict[str, list[DueNotice]] = {place: [] for place in _DOWN_THE_PAGE}
    for one in due:
        found[one.place].append(one)
    made: dict[str, Markup] = {}
    anchor = Markup(' id="notices"')  # where the skip link leads: the first group only
    for place, members in found.items():
        name = place.replace("-", "_")
        made[name] = Markup()
        if members:
            inside = Markup("").join(notice_html(one.text) for one in members)
            made[name] = Markup('<div class="notices {}"{}>{}</div>').format(place, anchor, inside)
            anchor = Markup()
    return made


def once(*groups: Iterable[DueNotice]) -> tuple[DueNotice, ...]:
    """Notices by id, the first of each."""
    found: dict[str, DueNotice] = {}
    for group in groups:
        for one in group:
            found.setdefault(one.id, one)
    return tuple(found.values())


def refusal_due(treatments: Treatments) -> tuple[DueNotice, ...]:
    """What a refused page owes: the notice that says so, then all others."""
    if treatments.refusal is None:
        return once(treatments.notices)
    notice = treatments.refusal.notice
    return once([DueNotice(notice.id, NoticePlace.BEFORE_BODY, notice)], treatments.notices)


def withheld_mark(text: NoticeText, what: str, language: str) -> Markup:
    """The visible mark where a part or a medium was. `what`: `part:ID` or `media`: a file's name can tell too much."""
    return sanitised(
        f'<aside class="withheld" role="note" data-withheld="{escape(what)}" '
        f"{_attributes(text, fallback=words(language)['withheld'])}>{_inside(text)}</aside>"
    )


def withheld_picture(text: NoticeText) -> Markup:
    """The mark for a picture inside a paragraph, where no block may stand."""
    title = text.title or words(text.language)["withheld_picture"]
    return sanitised(
        f'<span class="withheld" role="note" lang="{escape(text.language)}" dir="{direction(text.language)}">'
        f'<a href="{explanation(text)}">{escape(title)}</a></span>'
    )


def explanation(text: NoticeText) -> Markup:
    """The address of the long text, ready for an attribute."""
    return escape(f"/-/notices/{text.id}?lang={text.language}")


def _attributes(text: NoticeText, fallback: str = "") -> str:
    label = text.title or fallback or words(text.language)["notice"]
    return f'lang="{escape(text.language)}" dir="{direction(text.language)}" aria-label="{escape(label)}"'


def _inside(text: NoticeText) -> str:
    title = f"<p><strong>{escape(text.title)}</strong></p>" if text.title else ""
    more = text.link_text or words(text.language)["find_out_more"]
    link = f'<p><a href="{explanation(text)}">{escape(more)}</a></p>'
    return f"{title}{clean_prose(text.html)}{link}"
