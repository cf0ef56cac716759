"""A feed or a sitemap under the decisions on its entries: what none of them touches stays as it is. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.content.doors import Door
from gateway.content.markdown import prose
from gateway.content.sanitise import plain_text
from gateway.policy.decision import Decision, DueNotice, Treatments
from gateway.render.foreign.feed import Feed, read_feed
from gateway.render.foreign.feed_links import links_only
from gateway.render.foreign.fragment import Entry
from gateway.render.foreign.outcome import Alarm, Made
from gateway.render.foreign.page_treat import Page
from gateway.render.foreign.preview import spoken
from gateway.render.foreign.recognise import Recognised
from gateway.render.foreign.scrub import Hidden
from gateway.render.foreign.xml_tree import Edits, Element, escaped
from gateway.render.guard import missing_in_fragment
from gateway.render.language import words
from gateway.render.notices import once
from gateway.render.rendered import ATOM, Rendered

_TITLES = ("title",)
_SUMMARIES = ("description", "summary", "subtitle")
_CONTENTS = ("encoded", "content")
_COMMENTS = ("comments", "commentrss", "commentrss2")
_KEPT = frozenset({"link", "guid", "id", "pubdate", "published", "updated", "date", "issued", "modified", "title"})
"""What a refused entry that is marked still says: that there is something, and where."""


def treat_feed(page: Page, found: Recognised, entries: Sequence[Decision]) -> Made | None:
    """The feed with each entry treated; None where nothing of it changes."""
    feed = read_feed(page.text)
    if feed is None:  # it was one when it was recognised, and the text is the same
        return None
    if not feed.sound:
        return links_only(page, feed, found, entries)
    edits = Edits(feed.raw)
    due: tuple[DueNotice, ...] = ()
    hidden: list[Hidden] = []
    for element, facts, decision in zip(feed.entries, found.entries, entries, strict=False):
        entry = Entry.of(facts, decision, page)
        if decision.treatments == Treatments():
            continue
        if _gone(entry.treatments, feed):
            edits.remove(element)
        elif entry.treatments.refusal is not None:
            _marked(edits, element, entry)
            due = once(due, entry.due)
        elif found.door is not Door.SITEMAP:
            _entry(edits, element, entry)
            due = once(due, entry.due)
            hidden.append(entry.hidden)
    made = edits.made()
    if made == feed.raw:
        return None
    if feed.mended and any(one.stands_in(made.decode("utf-8", "replace")) for one in hidden if one):
        return links_only(page, feed, found, entries)
    shown = _shown(made, [one.id for one in due])
    if shown is None:
        alarm = Alarm("notice_guard_failed", f"{', '.join(one.id for one in due)} on {page.facts.slug}")
        alone = Rendered(200, ATOM, page.facts.language, b"", due).wrapped()
        return Made(alone.body, ATOM, due, "", (alarm,))
    return Made(made, feed.content_type, due)


def _gone(treatments: Treatments, feed: Feed) -> bool:
    """Whether the list says nothing of the entry: refused without a mark, or leading elsewhere from a sitemap."""
    if treatments.refusal is not None:
        return feed.door is Door.SITEMAP or treatments.refusal.listing != "mark"
    return treatments.forwarding is not None and feed.door is Door.SITEMAP


def _marked(edits: Edits, element: Element, entry: Entry) -> None:
    refusal = entry.treatments.refusal
    notices = entry.html("", notices=True)
    if refusal is not None and refusal.notice.id not in {one.id for one in entry.due}:
        notices = f"{refusal.notice.html}{notices}"
    target = _text_element(element)
    for child in element.children:
        if child.local == "title":
            edits.fill(child, words(entry.facts.language)["unavailable_entry"])
        elif child is target:
            _fill_html(edits, child, notices)
        elif child.local not in _KEPT:
            edits.remove(child)
    if target is None:
        edits.append(element, _new_text(element, notices))


def _entry(edits: Edits, element: Element, entry: Entry) -> None:
    target = _text_element(element)
    whole = entry.article
    for child in sorted(
        element.children, key=lambda one: one is not target
    ):  # the whole text first: it shows what goes
        if whole is not None:
            _replaced(edits, child, entry, whole, target)
        elif child is target:
            _fill_html(edits, child, entry.html(_html_of(child), notices=True))
        elif child.local in _TITLES:
            text = plain_text(prose(entry.title)) if entry.title is not None else entry.plain(child.text)
            if text != child.text:
                edits.fill(child, text or words(entry.facts.language)["replaced"])
        elif child.local in (*_SUMMARIES, *_CONTENTS):
            told = " ".join(filter(None, (entry.html(_html_of(child), notices=False), spoken(entry.due))))
            if told != child.text:
                edits.fill(child, told)
        elif _takes_away(child, entry):
            edits.remove(child)
    if target is None and entry.due:
        edits.append(element, _new_text(element, entry.html("", notices=True)))


def _replaced(edits: Edits, child: Element, entry: Entry, whole: str, target: Element | None) -> None:
    """Of an entry whose article is replaced, only where it leads stays."""
    if child is target:
        _fill_html(edits, child, entry.html(prose(whole), notices=True))
    elif child.local == "title":
        edits.fill(child, plain_text(prose(entry.title)) if entry.title else words(entry.facts.language)["replaced"])
    elif child.local not in _KEPT:
        edits.remove(child)


def _takes_away(child: Element, entry: Entry) -> bool:
    protect = entry.treatments.protect
    if "commenting" in protect and (child.local in _COMMENTS or child.namespace.endswith("/slash/")):
        return True
    urls = [value for name, value in child.attributes.items() if name in ("url", "href")]
    media = child.local in ("enclosure", "content", "thumbnail", "group") and child.namespace.endswith("mrss/")
    fetched = media or child.local == "enclosure" or child.attributes.get("rel") == "enclosure"
    if "third-party" in protect and fetched and any(not entry.hosts.is_own(url) for url in urls):
        return True
    texts = [child.text, *child.attributes.values(), *(one.text for one in child.children)]
    if not entry.hidden or child.local in ("link", "guid", "id"):
        return False
    return any(entry.hidden.stands_in(text) for text in (*texts, *urls))


def _text_element(element: Element) -> Element | None:
    """The element that holds the text, where notices stand: the whole text, else the summary."""
    whole = [one for one in element.children if one.local in _CONTENTS and not one.namespace.endswith("mrss/")]
    return next(iter(whole), None) or next(element.named(*_SUMMARIES), None)


def _html_of(child: Element) -> str:
    """An element's text as HTML; Atom's `type` says whether it is any."""
    kind = child.attributes.get("type", "")
    if kind == "text":
        return escaped(child.text)
    return child.text if child.text.strip() or not child.children else _inner_text(child)


def _inner_text(child: Element) -> str:
    """What XHTML inside says; its markup is lost, which no reader of feeds minds as much as a text without a notice."""
    return " ".join([escaped(child.text), *(_inner_text(one) for one in child.children)])


def _fill_html(edits: Edits, child: Element, html: str) -> None:
    """Put HTML into an element, and say so where Atom wants it said."""
    kind = child.attributes.get("type")
    if kind is None or kind == "html":
        edits.fill(child, html)
        return
    name = edits.raw[child.start : child.end][1:].split(None, 1)[0].rstrip(b">/").decode()
    edits.spans.append(
        (child.start, child.end, f'<{name} type="html">{escaped(html)}</{name}>'.encode("utf-8", "replace"))
    )


def _new_text(element: Element, html: str) -> str:
    if element.local == "entry":
        return f'<content type="html">{escaped(html)}</content>'
    return f"<description>{escaped(html)}</description>"


def _shown(made: bytes, ids: Sequence[str]) -> Feed | None:
    """The feed as a reader of it would read it; None where it is none any more, or some notice is not in it."""
    feed = read_feed(made.decode("utf-8", "replace"))
    if feed is None or feed.mended:
        return None
    left = set(ids)
    for element in feed.entries:
        target = _text_element(element)
        if target is not None:
            left &= missing_in_fragment(target.text, left)
    return None if left else feed
