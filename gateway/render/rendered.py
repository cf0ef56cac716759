"""A rendered page, and what to send instead should it have lost a notice. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import orjson

from gateway.content.sanitise import clean_prose
from gateway.policy.decision import DueNotice
from gateway.render.guard import missing
from gateway.render.language import direction, words
from gateway.render.notices import notice_html, once

HTML = "text/html; charset=utf-8"
JSON = "application/json"
ATOM = "application/atom+xml; charset=utf-8"
XML = "application/xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Rendered:
    """One page as bytes. `due`: the notices that must stand in it; `content`: its text as HTML, for `wrapped`."""

    status: int
    content_type: str
    language: str
    body: bytes
    due: tuple[DueNotice, ...] = ()
    content: str = ""

    @property
    def notices(self) -> tuple[str, ...]:
        """The ids that must stand in the body."""
        return tuple(one.id for one in self.due)

    def lost(self) -> set[str]:
        """Due notices that a reader of the body would not see."""
        return missing(self.body, self.content_type, self.notices)

    def wrapped(self) -> Rendered:
        """A plain page, made without any template: the notices first, then the content as far as it is harmless.

        For a page whose `lost` is not empty. Whatever the content does to the notices, they stay: it is dropped then.
        """
        for content in (clean_prose(self.content), ""):
            page = self._wrapped_around(content)
            if not page.lost():
                return page
        return page

    def _wrapped_around(self, content: str) -> Rendered:
        if self.content_type == JSON:
            body = orjson.dumps({"notices": notices_json(self.due), "html": content})
            return Rendered(self.status, JSON, self.language, body, self.due)
        notices = "".join(notice_html(one.text) for one in once(self.due))
        if self.content_type == ATOM:
            feed = _feed(escape(notices), escape(words(self.language)["guard"]), self.language)
            return Rendered(self.status, ATOM, self.language, feed.encode("utf-8", "replace"), self.due)
        text = content or f"<p>{escape(words(self.language)['guard'])}</p>"
        page = (
            f'<!doctype html>\n<html lang="{escape(self.language)}" dir="{direction(self.language)}"><head>'
            '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<meta name="robots" content="noindex"><title>{escape(words(self.language)["notice"])}</title></head>'
            f"<body>{notices}<main>{text}</main></body></html>\n"
        )
        return Rendered(self.status, HTML, self.language, page.encode("utf-8", "replace"), self.due)


def notices_json(due: tuple[DueNotice, ...]) -> list[dict[str, str]]:
    """Notices as the interface has them: `{"id", "language", "html", "text", "place"}`, and the title."""
    return [
        {
            "id": one.id,
            "language": one.text.language,
            "title": one.text.title,
            "html": str(notice_html(one.text)),
            "text": one.text.text,
            "place": str(one.place),
        }
        for one in due
    ]


def _feed(notices: str, title: str, language: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{escape(language)}">'
        f'<title>{title}</title><subtitle type="html">{notices}</subtitle><id>urn:gateway:guard</id>'
        "<updated>1970-01-01T00:00:00Z</updated></feed>\n"
    )
