"""Feeds and sitemaps: their entries' facts, and what policies leave of each. Other entries stay as they are. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import blake2b
from html import unescape

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.render.foreign.facts import UNKNOWN, Reading, labelled, mapped, spellings
from gateway.render.foreign.statements import Statements, language_tag, moment_of
from gateway.render.foreign.xml_mend import is_listing, mended
from gateway.render.foreign.xml_tree import Element, as_utf8, elements

_ENTRIES = {"rss": "item", "rdf": "item", "feed": "entry", "urlset": "url"}
_LINK = re.compile(
    r"""(?:href\s*=\s*["']?|<(?:link|loc|guid|id)\b[^<>]*>\s*|(?=https?://))([^\s"'<>\])]+)""", re.IGNORECASE
)
_LABEL = re.compile(
    r"""<(?:\w+:)?(?:category|subject|keywords)\b[^<>]*>(?:<!\[CDATA\[)?([^<\]]+)|\bterm\s*=\s*["']([^"'<]+)"""
)
_XML_LANG = "http://www.w3.org/xml/1998/namespace lang"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed in UTF-8. `entries` in their order; `language` "" where it says none. `mended`: it was not well-formed,
    and `raw` is what was made of it; `sound`: what is an entry's own can be told from the rest.
    """

    raw: bytes
    door: Door
    entries: tuple[Element, ...]
    language: str
    kind: str
    mended: bool = False
    sound: bool = True

    @property
    def content_type(self) -> str:
        """What it is sent as once it is written anew, always in UTF-8."""
        known = {"rss": "application/rss+xml", "rdf": "application/rdf+xml", "feed": "application/atom+xml"}
        return f"{known.get(self.kind, 'application/xml')}; charset=utf-8"


def read_feed(text: str) -> Feed | None:
    """A feed (RSS 0.9 to 2.0, Atom) or a sitemap, mended where it is not well-formed; None for anything else."""
    raw = as_utf8(text)
    root = elements(raw)
    if root is not None:
        return _read(raw, root) if root.local in _ENTRIES else None
    if not is_listing(text):
        return None
    made = mended(text)
    root = elements(made.raw)
    if root is None or root.local not in _ENTRIES:
        return Feed(raw, Door.SITEMAP if "<urlset" in text else Door.FEED, (), "", "", mended=True, sound=False)
    feed = _read(made.raw, root)
    return replace(feed, mended=True, sound=not (made.doubtful or _astray(root)))


def _read(raw: bytes, root: Element) -> Feed:
    channel = next(root.named("channel"), root) if root.local in ("rss", "rdf") else root
    inside = [*channel.named(_ENTRIES[root.local]), *(root.named("item") if root.local == "rdf" else ())]
    language = (
        root.attributes.get(_lang(root), "") or channel.said("language") or channel.attributes.get(_lang(channel), "")
    )
    door = Door.SITEMAP if root.local == "urlset" else Door.FEED
    return Feed(raw, door, tuple(inside), language_tag(language), root.local)


def _astray(root: Element) -> bool:
    """Whether something stands between the entries that is one's own: an end in the wrong place leaves it there."""
    around = [root, *root.named("channel")]
    return any(
        one.text.strip() or any(one.named("encoded", "content")) or len([*one.named("description", "summary")]) > 1
        for one in around
    )


def entries_of(feed: Feed, reading: Reading) -> tuple[Facts, ...]:
    """What each entry says of the article that it stands for. An entry without an address of its own has the feed's.

    Of a feed that is not sound, also every address of the site's that stands anywhere in it, filed under everything.
    """
    told = tuple(_facts(feed, one, reading) for one in feed.entries)
    if feed.sound:
        return told
    text = feed.raw.decode("utf-8")
    labels = tuple(dict.fromkeys(label for one in _LABEL.finditer(text) if (label := labelled(one[1] or one[2]))))
    paths = dict.fromkeys(reading.hosts.path(unescape(one[1]), reading.path) for one in _LINK.finditer(text))
    known = {one.slug for one in told}
    plain = replace(_facts(feed, Element("", {}, 0), reading), also_in=frozenset(labels), tags=frozenset(labels))
    return told + tuple(
        replace(plain, slug=path, paths=spellings(path))
        for path in (reading.path, *paths)
        if path and path not in known
    )


def address_of(entry: Element) -> str:
    """Where an entry leads."""
    for link in entry.named("link", "loc"):
        if link.attributes.get("rel", "alternate") == "alternate":
            found = link.attributes.get("href", "") or link.text.strip()
            if found:
                return found
    guid = next(entry.named("guid"), None)
    if guid is not None and guid.attributes.get("isPermaLink", "true") == "true":
        return guid.text.strip()
    return entry.said("id")


def _facts(feed: Feed, entry: Element, reading: Reading) -> Facts:
    path = reading.hosts.path(address_of(entry), reading.path) or reading.path
    categories = [
        one.attributes.get("term") or one.text.strip() for one in entry.named("category", "keywords", "subject")
    ]
    names = [piece.strip() for text in categories for piece in text.split(",") if piece.strip()]
    labels = [label for name in names if (label := labelled(name))]  # a feed does not say which of them are sections
    nothing = Statements()
    own = labelled(mapped(reading.rules.section, reading, nothing, path))
    language = (
        language_tag(mapped(reading.rules.language, reading, nothing, path))
        or language_tag(entry.attributes.get(_lang(entry), "") or entry.said("language") or _news(entry, "language"))
        or feed.language
        or language_tag(reading.rules.language.default)
        or "en"
    )
    published = next(
        (
            moment
            for name in ("pubdate", "published", "date", "issued", "publication_date", "lastmod", "updated")
            if (moment := moment_of(entry.said(name) or _news(entry, name))) is not None
        ),
        UNKNOWN,
    )
    return Facts(
        slug=path,
        version=blake2b(feed.raw[entry.start : entry.end], digest_size=16).hexdigest(),
        language=language,
        section=own or next(iter(labels), ""),
        also_in=frozenset() if own else frozenset(labels[1:]),
        tags=frozenset(form for name in names for form in (name, labelled(name)) if form),
        published=published,
        title=entry.said("title") or _news(entry, "title"),
        paths=spellings(path),
    )


def _news(entry: Element, name: str) -> str:
    """A text of a news sitemap's `<news:news>`, which keeps the language one level deeper."""
    for news in entry.named("news"):
        found = news.said(name) or next((one.said(name) for one in news.named("publication") if one.said(name)), "")
        if found:
            return found
    return ""


def _lang(one: Element) -> str:
    return next((name for name in one.attributes if name.lower() == _XML_LANG), "")
