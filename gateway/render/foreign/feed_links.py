"""What takes the place of a feed that nobody can read for sure: notices, and where its articles are. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.policy.decision import Decision, DueNotice, Treatments
from gateway.render.foreign.feed import Feed
from gateway.render.foreign.outcome import Alarm, Made
from gateway.render.foreign.page_treat import Page
from gateway.render.foreign.recognise import Recognised
from gateway.render.foreign.xml_tree import escaped
from gateway.render.language import words
from gateway.render.notices import notice_html, once
from gateway.render.rendered import ATOM, XML, Rendered

_LONGEST_TITLE = 120
_EMPTY_SITEMAP = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"/>\n'
)


def links_only(page: Page, feed: Feed, found: Recognised, entries: Sequence[Decision]) -> Made | None:
    """Each article of it that is not refused, with the notices of all and no text; None where nothing is done to any.

    Titles are shown where nothing but warnings is due, and if they look like titles: nobody knows whose words they are.
    """
    if all(one.treatments == Treatments() for one in entries):
        return None
    alarm = Alarm("feed_unreadable", page.facts.slug)
    if feed.door is Door.SITEMAP:
        return Made(_EMPTY_SITEMAP, XML, (), "", (alarm,))
    shown = [
        (facts, one.treatments)
        for facts, one in zip(found.entries, entries, strict=False)
        if one.treatments.refusal is None and one.treatments.forwarding is None
    ]
    due = once(*(owed for _, one in shown for owed in (one.notices, one.social)))
    titled = all(_only_warned(one.treatments) for one in entries)
    listed = "".join(_entry(facts, due, page.hosts.host, titled=titled) for facts, _ in shown if facts.title)
    notices = "".join(notice_html(one.text) for one in due)
    heading = escaped(page.hosts.host or words(page.facts.language)["guard"])
    made = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>{heading}</title>'
        f'<subtitle type="html">{escaped(notices)}</subtitle><id>urn:gateway:links</id>'
        f"<updated>1970-01-01T00:00:00Z</updated>{listed}</feed>\n"
    )
    rendered = Rendered(200, ATOM, page.facts.language, made.encode("utf-8", "replace"), due)
    body = rendered.wrapped().body if rendered.lost() else rendered.body
    return Made(body, ATOM, due, "", (alarm,))


def _only_warned(treatments: Treatments) -> bool:
    """Whether nothing of an article is taken away but what endangers its reader."""
    return treatments == Treatments(
        notices=treatments.notices,
        protect=treatments.protect,
        social=treatments.social,
        headers=treatments.headers,
    )


def _entry(facts: Facts, due: Sequence[DueNotice], host: str, *, titled: bool) -> str:
    address = escaped(f"https://{host}{facts.slug}" if host else facts.slug).replace('"', "&quot;")
    plain = titled and len(facts.title) <= _LONGEST_TITLE and "<" not in facts.title
    title = escaped(facts.title if plain else facts.slug)
    notices = escaped("".join(notice_html(one.text) for one in due))
    return (
        f'<entry><title>{title}</title><link href="{address}"/><id>{address}</id>'
        f'<updated>1970-01-01T00:00:00Z</updated><content type="html">{notices}</content></entry>'
    )
