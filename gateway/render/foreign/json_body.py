"""Articles in JSON bodies: WordPress's REST, Drupal's JSON:API, JSON Feed, what modern frameworks fetch. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

import orjson

from gateway.content.article import Facts
from gateway.render.foreign.facts import UNKNOWN, Reading, labelled, mapped, spellings
from gateway.render.foreign.hosts import Hosts, canonical_path
from gateway.render.foreign.statements import Statements, language_tag, moment_of, texts_of

DEEPEST = 40
MOST_MENTIONS = 300
"""Pages whose title and address alone stand in a body, and that are asked about."""
TITLES = ("title", "headline", "name")
TEXTS = (
    "content",
    "body",
    "content_html",
    "contentHtml",
    "articleBody",
    "html",
    "text",
    "excerpt",
    "summary",
    "description",
)
_ADDRESSES = ("link", "url", "canonical_url", "canonicalUrl", "permalink", "href", "uri", "path", "id", "slug")
_DATES = (
    "date_gmt",
    "date_published",
    "datePublished",
    "published_at",
    "publishedAt",
    "published",
    "pubDate",
    "created",
    "date",
)
_SECTIONS = ("section", "articleSection", "category", "categories", "primary_section", "primaryCategory")
_TAGS = ("tags", "keywords", "topics", "categories")
_LANGUAGES = ("lang", "language", "locale", "langcode", "inLanguage")
_DATA_PREFIX, _DATA_SUFFIX = "/_next/data/", ".json"
_GATSBY_PREFIX, _GATSBY_SUFFIX = "/page-data/", "/page-data.json"


@dataclass(frozen=True, slots=True)
class Found:
    """The articles of a body in its order. `single`: the body is about one article; else `mentions`: of how many others
    it has the title and the address alone, as the results of a search do: the last of `facts`.
    """

    facts: tuple[Facts, ...]
    single: bool
    mentions: int = 0


def json_of(text: str) -> object:
    """The value of a JSON body; None where it is none."""
    try:
        return orjson.loads(text.encode("utf-8", "replace"))
    except orjson.JSONDecodeError:
        return None


def articles_in(value: object, reading: Reading) -> Found:
    """What articles a JSON body holds."""
    objects = list(article_objects(value))
    if len(objects) == 1 and not isinstance(value, list) and not _listed(value, objects[0]):
        return Found((_facts(objects[0], reading, single=True),), single=True)
    mentions = list(mentions_in(value, reading.hosts))
    facts = tuple(_facts(one, reading, single=False) for one in (*objects, *mentions))
    return Found(facts, single=False, mentions=len(mentions))


def article_objects(value: object, depth: int = 0) -> Iterator[dict[str, object]]:
    """The objects that look like articles, from the outside in; what is inside one belongs to it."""
    if depth > DEEPEST:
        return
    if isinstance(value, dict):
        if is_article_object(value):
            yield value
            return
        for inner in value.values():
            yield from article_objects(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from article_objects(inner, depth + 1)


def mentions_in(value: object, hosts: Hosts) -> Iterator[dict[str, object]]:
    """The objects that name a page of the site by its title and its address, and have nothing of its text."""
    waiting = [(value, 0)]
    left = MOST_MENTIONS
    while waiting and left:
        one, depth = waiting.pop()
        if isinstance(one, dict):
            if _is_mention(one, hosts):
                left -= 1
                yield one
            one = list(one.values())
        if isinstance(one, list) and depth <= DEEPEST:
            waiting += [(inner, depth + 1) for inner in reversed(one) if isinstance(inner, dict | list)]


def rendered(value: object) -> str | None:
    """The text of a field, plain or as WordPress and Drupal wrap it; None where it holds none."""
    if isinstance(value, dict):
        value = next(
            (value[name] for name in ("rendered", "processed", "value") if isinstance(value.get(name), str)), None
        )
    return value if isinstance(value, str) else None


def _fields(one: dict[str, object]) -> dict[str, object]:
    """An object's fields; those of Drupal's JSON:API lie one level deeper."""
    inner = one.get("attributes")
    return {**inner, **one} if isinstance(inner, dict) else one


def _is_mention(one: dict[str, object], hosts: Hosts) -> bool:
    fields = _fields(one)
    addresses = (fields.get(name) for name in _ADDRESSES)
    address = next((said for said in addresses if isinstance(said, str) and "/" in said), "")
    titled = any(rendered(fields.get(name)) for name in TITLES)
    return titled and hosts.path(address) not in ("", "/") and not is_article_object(one)


def is_article_object(one: dict[str, object]) -> bool:
    """Whether an object looks like an article: a title, a text, and an address or a date."""
    fields = _fields(one)
    titled = any(rendered(fields.get(name)) for name in TITLES)
    return (
        titled
        and any(rendered(fields.get(name)) for name in TEXTS)
        and any(name in fields for name in (*_ADDRESSES, *_DATES))
    )


def _listed(value: object, wanted: dict[str, object]) -> bool:
    """Whether the object stands in a list, somewhere in the body."""
    if isinstance(value, list):
        return any(inner is wanted for inner in value) or any(_listed(inner, wanted) for inner in value)
    return isinstance(value, dict) and value is not wanted and any(_listed(inner, wanted) for inner in value.values())


def _facts(one: dict[str, object], reading: Reading, *, single: bool) -> Facts:
    fields = _fields(one)
    own = _data_path(reading.path)
    path = own if single else ""
    for name in _ADDRESSES:
        address = fields.get(name)
        if isinstance(address, str) and ("/" in address):
            path = reading.hosts.path(address, reading.path) or path
            break
        if isinstance(address, dict) and isinstance(address.get("alias"), str):  # Drupal's path
            path = canonical_path(str(address["alias"]))
            break
    path = path or own
    nothing = Statements()
    sections = [text for name in _SECTIONS for text in texts_of(fields.get(name))]
    tags = [*(text for name in _TAGS for text in texts_of(fields.get(name))), *sections]
    language = next(
        (tag for name in _LANGUAGES for text in texts_of(fields.get(name)) if (tag := language_tag(text))), ""
    )
    return Facts(
        slug=path,
        version=blake2b(orjson.dumps(one), digest_size=16).hexdigest(),
        language=language_tag(mapped(reading.rules.language, reading, nothing, path))
        or language
        or reading.rules.language.default
        or "en",
        section=labelled(mapped(reading.rules.section, reading, nothing, path) or next(iter(sections), "")),
        also_in=frozenset(label for one in sections[1:] if (label := labelled(one))),
        tags=frozenset(form for tag in tags for form in (tag, labelled(tag)) if form),
        published=next(
            (
                moment
                for name in _DATES
                for text in texts_of(fields.get(name))
                if (moment := moment_of(text)) is not None
            ),
            UNKNOWN,
        ),
        title=next((text for name in TITLES if (text := rendered(fields.get(name)))), ""),
        paths=spellings(path, own) if single else spellings(path),
    )


def is_page_data(path: str) -> bool:
    """Whether a framework fetches this to build a page in the browser from it (Next, Gatsby)."""
    return _data_path(path) != path


def _data_path(path: str) -> str:
    """The page for which a framework fetches data: `/_next/data/BUILD/news/ferry.json` is for `/news/ferry`."""
    rest = ""
    if path.startswith(_DATA_PREFIX) and path.endswith(_DATA_SUFFIX):
        rest = path[len(_DATA_PREFIX) : -len(_DATA_SUFFIX)].partition("/")[2]
    elif path.startswith(_GATSBY_PREFIX) and path.endswith(_GATSBY_SUFFIX):
        rest = path[len(_GATSBY_PREFIX) : -len(_GATSBY_SUFFIX)]
    return path if not rest else canonical_path("/" if rest == "index" else f"/{rest}")
