"""An article's facts, from where a CMS keeps them: response headers, `<meta>`, JSON-LD, the path. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.content.article import Facts
from gateway.content.message import Fields, values
from gateway.policy.match import path_matches
from gateway.render.foreign.hosts import Hosts, spoken_path
from gateway.render.foreign.rules import Rules, Source
from gateway.render.foreign.statements import Statements, language_tag, moment_of, texts_of

UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)
"""When an article was published that does not say it."""

MOST_TAGS = 200
_SECTION_META = ("article:section", "parsely-section", "sailthru.section", "cxenseparse:section", "dc.subject")
_TAG_META = ("article:tag", "parsely-tags", "sailthru.tags", "news_keywords", "keywords")
_PUBLISHED_META = (
    "article:published_time", "og:article:published_time", "datepublished", "parsely-pub-date", "sailthru.date",
    "dc.date.issued", "dcterms.created", "date", "pubdate",
)  # fmt: skip
_MODIFIED_META = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified")
_ROOT = re.compile(r"/(?:[a-z]{2}(?:-[A-Za-z]{2})?/?)?")
"""Front pages, also those of a language: they are nobody's translation."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a response brings beside its text. `path` is canonical; `version` a digest of its body."""

    path: str
    rules: Rules
    hosts: Hosts
    fields: Fields
    version: str


def facts_of(reading: Reading, said: Statements) -> Facts:
    """The facts of the page at hand. Its slug is the path that it names itself by, if that is a page of this site."""
    base = said.base or reading.path
    own = (
        reading.hosts.path(said.canonical or said.said("og:url"), base) if said.canonical or said.said("og:url") else ""
    )
    if not own or own == "/":
        own = reading.path
    linked, sections = said.article, _sections(reading, said, own)
    language = _language(reading, said, own)
    return Facts(
        slug=own,
        version=reading.version,
        language=language,
        section=next(iter(sections), ""),
        also_in=frozenset(sections[1:]),
        tags=frozenset(_tags(reading, said)),
        published=_moment(said, _PUBLISHED_META, linked.get("datePublished")) or _last_modified(reading) or UNKNOWN,
        updated=_moment(said, _MODIFIED_META, linked.get("dateModified")),
        title=said.said("og:title") or _one(linked.get("headline")) or said.title,
        summary=said.said("og:description", "description") or _one(linked.get("description")),
        authors=tuple(texts_of(linked.get("author")))[:20] or tuple(said.meta.get("author", ())),
        paths=spellings(own, reading.path),
        kin=_kin(reading, said, base, own),
    )


def spellings(*paths: str) -> tuple[str, ...]:
    """Every path as sent and as people write it, each once."""
    return tuple(dict.fromkeys(form for path in paths for form in (path, spoken_path(path))))


def labelled(text: str) -> str:
    """A section's or tag's name as policies write it: `World News` is `world-news`."""
    return re.sub(r"[\s/_-]+", "-", text.strip().casefold()).strip("-")


def mapped(source: Source, reading: Reading, said: Statements, path: str) -> str:
    """What the newsroom's own mapping says of a fact; "" where it says nothing."""
    if source.header:
        found = next((value.strip() for value in values(reading.fields, source.header) if value.strip()), "")
        if found:
            return found
    found = said.said(*(name.lower() for name in source.meta)) if source.meta else ""
    if found:
        return found
    for pattern, value in source.paths:
        if path_matches(pattern, path):
            return value
    if source.segment < 1:
        return ""
    segments = [segment for segment in spoken_path(path).split("/") if segment]
    # the last segment names the article itself
    return segments[source.segment - 1] if source.segment < len(segments) else ""


def _language(reading: Reading, said: Statements, path: str) -> str:
    source = reading.rules.language
    candidates: Iterable[str] = (
        mapped(source, reading, said, path),
        said.language,
        _one(said.article.get("inLanguage")),
        *(value.partition(",")[0] for value in values(reading.fields, "content-language")),
        said.said("og:locale", "language", "content-language"),
        source.default,
    )
    return next((tag for one in candidates if (tag := language_tag(one))), "en")


def _sections(reading: Reading, said: Statements, path: str) -> list[str]:
    """The sections, the first the foremost. Where the newsroom's own mapping says one, it is the only one."""
    source = reading.rules.section
    own = mapped(source, reading, said, path)
    named = [value for name in _SECTION_META for value in said.meta.get(name, ())]
    found = [own] if own else [*named, *texts_of(said.article.get("articleSection"))] or [source.default]
    return list(dict.fromkeys(label for one in found[:MOST_TAGS] if (label := labelled(one))))


def _tags(reading: Reading, said: Statements) -> list[str]:
    """Every tag that any of the places names, as written and as a label, so that policies may use either."""
    source = reading.rules.tags
    texts = [value for name in _TAG_META for value in said.meta.get(name, ())]
    texts += [value for name in source.meta for value in said.meta.get(name.lower(), ())]
    texts += values(reading.fields, source.header) if source.header else []
    texts += [value for pattern, value in source.paths if path_matches(pattern, reading.path)]
    keywords = said.article.get("keywords")
    texts += texts_of(keywords)
    texts += texts_of(said.article.get("articleSection"))
    found = [piece.strip() for text in texts for piece in text.split(",")]
    return list(dict.fromkeys(form for tag in found[:MOST_TAGS] if tag for form in (tag, labelled(tag)) if form))


def _kin(reading: Reading, said: Statements, base: str, own: str) -> tuple[str, ...]:
    paths = (reading.hosts.path(address, base) for address in said.alternates.values())
    kept = [path for path in paths if path and path not in (own, reading.path) and not _ROOT.fullmatch(path)]
    return spellings(*kept)


def _moment(said: Statements, names: tuple[str, ...], linked: object) -> datetime | None:
    candidates = [value for name in names for value in said.meta.get(name, ())] + texts_of(linked)
    return next((moment for text in candidates if (moment := moment_of(text)) is not None), None)


def _last_modified(reading: Reading) -> datetime | None:
    return next((moment_of(value) for value in values(reading.fields, "last-modified")), None)


def _one(value: object) -> str:
    return next(iter(texts_of(value)), "")
