"""Pages over many articles: the front page and the sections', the Atom feed, the sitemap. Pure.

Each entry comes with its own decision, and shows what that decision leaves of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup, escape

from gateway.content.article import Facts
from gateway.policy.decision import Decision, DueNotice
from gateway.render.environment import media_address, render
from gateway.render.guard import missing_in_fragment
from gateway.render.language import words
from gateway.render.notices import notice_html, once, withheld_mark
from gateway.render.page import html_page
from gateway.render.rendered import ATOM, HTML, XML, Rendered
from gateway.render.site import Site, local
from gateway.render.treat import Entry, treat_facts

Entries = Sequence[tuple[Facts, Decision]]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Story:
    """A family on the front page: the member in the reader's language, or the original. No entry: only a mark."""

    slug: str
    entry: Entry | None
    siblings: tuple[Facts, ...] = ()
    date: str = ""


def listing_page(site: Site, entries: Entries, section: str, decision: Decision, language: str) -> Rendered:
    """The newest articles as this reader may see them, each family once. `section` "" is the front page."""
    spoken = words(language)
    due = once(decision.treatments.notices)
    heading = site.section_title(section, language) if section else spoken["latest"]
    path = f"/sections/{section}" if section else "/"
    stories = _stories(site, entries, language)
    body = html_page(
        "listing.html",
        site,
        spoken.language,
        title=heading if section else site.title,
        due=due,
        protect=decision.treatments.protect,
        section=section,
        heading=heading,
        url=site.base_url + path,
        stories=stories,
    )
    content = "".join(f"<p>{escape(story.entry.title)}</p>" for story in stories if story.entry)
    return Rendered(200, HTML, spoken.language, body, due, content)


def feed(site: Site, entries: Entries, section: str, decision: Decision, language: str) -> Rendered:
    """Atom (RFC 4287). Each entry's content begins with the notices that it owes; the subtitle has them all once."""
    spoken = words(language)
    due = once(
        decision.treatments.notices,
        decision.treatments.social,
        *(_due(one) for _, one in entries if not _omitted(one)),
    )
    path = f"/sections/{section}" if section else ""
    shown = [_feed_entry(site, facts, one) for facts, one in entries if not _omitted(one)]
    title = f"{site.title} · {site.section_title(section, language)}" if section else site.title
    body = render(
        "feed.xml",
        site=site,
        words=spoken,
        title=title,
        notices=Markup("").join(notice_html(one.text) for one in due),
        motto=local(site.motto, language),
        url=f"{site.base_url}{path}/feed.xml",
        page_url=f"{site.base_url}{path or '/'}",
        updated=max((facts.modified for facts, _ in entries), default=EPOCH).isoformat(),
        entries=shown,
    )
    return Rendered(200, ATOM, spoken.language, body, due)


def sitemap(site: Site, entries: Entries, beside: Entries = ()) -> Rendered:
    """Articles' addresses, with those of their translations. A refused article is left out, and not linked either.

    `beside`: translations whose own addresses stand in another file of the sitemap.
    """
    families: dict[str, list[Facts]] = {}
    for facts, one in (*entries, *beside):
        if _listed(one):
            families.setdefault(facts.original, []).append(facts)
    listed = [
        {"facts": facts, "family": family if len(family := families[facts.original]) > 1 else []}
        for facts, one in entries
        if _listed(one)
    ]
    return Rendered(200, XML, site.languages[0], render("sitemap.xml", site=site, entries=listed))


def sitemap_index(site: Site, pages: int) -> Rendered:
    """Where the files of a sitemap are that is too long for one (sitemaps.org, "Sitemap index files")."""
    return Rendered(200, XML, site.languages[0], render("sitemap-index.xml", site=site, pages=range(1, pages + 1)))


def _listed(decision: Decision) -> bool:
    return decision.treatments.refusal is None and decision.treatments.forwarding is None


def _stories(site: Site, entries: Entries, language: str) -> list[Story]:
    families: dict[str, list[tuple[Facts, Decision]]] = {}
    for facts, decision in entries:
        if not _omitted(decision):
            families.setdefault(facts.original, []).append((facts, decision))
    return [_story(site, members, language) for members in families.values()]


def _story(site: Site, members: Entries, language: str) -> Story:
    facts, decision = min(
        members, key=lambda member: (member[0].language != language, member[0].translation_of is not None)
    )
    if decision.treatments.refusal:
        return Story(facts.slug, None)
    siblings = tuple(other for other, one in members if other.slug != facts.slug and one.treatments.refusal is None)
    return Story(
        facts.slug,
        treat_facts(facts, decision.treatments),
        siblings,
        words(facts.language).date(site.here(facts.published)),
    )


def _omitted(decision: Decision) -> bool:
    """Whether a list says nothing of the article: refused without a mark."""
    refusal = decision.treatments.refusal
    return refusal is not None and refusal.listing != "mark"


def _due(decision: Decision) -> tuple[DueNotice, ...]:
    return once(decision.treatments.notices, decision.treatments.social)


def _feed_entry(site: Site, facts: Facts, decision: Decision) -> dict[str, object]:
    url = f"{site.base_url}/articles/{facts.slug}"
    moments = {"published": facts.published.isoformat(), "updated": facts.modified.isoformat()}
    due = _due(decision)
    notices = Markup("").join(notice_html(one.text) for one in due)
    refusal = decision.treatments.refusal
    if refusal:
        title = words(facts.language)["unavailable_entry"]
        moments = dict.fromkeys(moments, facts.published.isoformat())
        content = notices if refusal.notice.id in {one.id for one in due} else notice_html(refusal.notice) + notices
        said = {"url": url, "language": facts.language, "title": title, "content": content}
        return {**said, **moments, "authors": (), "section": ""}
    entry = treat_facts(facts, decision.treatments)
    content = notices
    if entry.picture:
        content += Markup('<p><img src="{}" alt=""></p>').format(site.base_url + media_address(entry.picture))
    for text in entry.withheld_media:
        content += withheld_mark(text, "media", facts.language)
    if entry.summary:
        content += Markup("<p>{}</p>").format(entry.summary)
    if missing_in_fragment(content, [one.id for one in due]):
        content = notices  # never an entry without its notices
    return {
        "url": url,
        "language": facts.language,
        "title": entry.title,
        "authors": facts.authors,
        "section": facts.section,
        "content": content,
        **moments,
    }
