"""The page that stands in for one that could not be treated, or was replaced whole: nothing of it is used. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from gateway.content.sanitise import clean_prose
from gateway.policy.decision import DueNotice
from gateway.render.foreign.notices_in import foreign_notice
from gateway.render.language import direction, words
from gateway.render.notices import once

_STYLE = (
    "body{max-width:46rem;margin:2rem auto;padding:0 1rem;font:18px/1.6 Georgia,serif;color:#1d1a12;background:#fff}"
    "h1{line-height:1.2}a{color:#7a2e00}"
)


def plain_page(language: str, title: str, due: Sequence[DueNotice], content: str) -> str:
    """Notices first, then the content as far as it is harmless; words of our own where there is none."""
    notices = "".join(foreign_notice(one.text) for one in once(due))
    text = clean_prose(content) or f"<p>{escape(words(language)['guard'])}</p>"
    return (
        f'<!doctype html>\n<html lang="{escape(language)}" dir="{direction(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f'<meta name="robots" content="noindex"><title>{escape(title)}</title><style>{_STYLE}</style></head>'
        f"<body>{notices}<main><h1>{escape(title)}</h1>{text}</main></body></html>\n"
    )
