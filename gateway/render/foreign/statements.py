"""What a page says of itself: `<meta>`, JSON-LD, `html lang`, links to itself and to its translations. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from selectolax.lexbor import LexborHTMLParser

from gateway.render.foreign.document import attribute

MOST_NODES = 2_000
_TYPES = re.compile(r"(?:^|/)\w*(?:Article|BlogPosting|LiveBlogPosting)$")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{2,8})*)")
_DIGITS = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?(?:\.\d{1,6})?)\d*\s*(Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Statements:
    """`meta`: contents by name or property in small letters; `linked`: the JSON-LD objects that describe the page;
    `alternates`: addresses by `hreflang`; `classes`: those of `<body>`.
    """

    language: str = ""
    title: str = ""
    canonical: str = ""
    base: str = ""
    meta: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    linked: tuple[Mapping[str, object], ...] = ()
    alternates: Mapping[str, str] = field(default_factory=dict)
    classes: frozenset[str] = frozenset()
    microdata: bool = False

    def said(self, *names: str) -> str:
        """The first content of the first of these `<meta>` that has any."""
        return next((value for name in names for value in self.meta.get(name, ()) if value), "")

    @property
    def article(self) -> Mapping[str, object]:
        """The JSON-LD object that says it is an article; an empty one where there is none."""
        return next((one for one in self.linked if is_article(one)), {})

    @property
    def claims_article(self) -> bool:
        """Whether the page says that it is an article: by any of the marks that CMSs set."""
        return (
            bool(self.article)
            or self.microdata
            or self.said("og:type").lower() in ("article", "news.article")
            or any(name.startswith("article:") and name != "article:publisher" for name in self.meta)
            or bool(self.classes & _ARTICLE_CLASSES)
        )


_MICRODATA = ("schema.org/NewsArticle", "schema.org/Article")
_ARTICLE_CLASSES = frozenset({"single-post", "page-node-type-article", "node--type-article", "single-article"})


def statements(tree: LexborHTMLParser) -> Statements:
    """Everything that the page says of itself. What contradicts itself is left as it is said first."""
    # By tag, and then by hand: each selector would cost a walk over the whole page three times as dear.
    meta: dict[str, list[str]] = {}
    for node in tree.tags("meta"):
        said = node.attributes or {}
        name = (said.get("property") or said.get("name") or said.get("itemprop") or "").strip().lower()
        if name and "content" in said:
            meta.setdefault(name, []).append((said["content"] or "").strip())
    canonical = ""
    alternates: dict[str, str] = {}
    for node in tree.tags("link"):
        said = node.attributes or {}
        relations = (said.get("rel") or "").lower().split() if "href" in said else []
        if "canonical" in relations and not canonical:
            canonical = said["href"] or ""
        elif "alternate" in relations and said.get("hreflang"):
            alternates.setdefault((said["hreflang"] or "").strip().lower(), said["href"] or "")
    root, body, titles = next(iter(tree.tags("html")), None), tree.body, tree.tags("title")
    bases = [node for node in tree.tags("base") if "href" in (node.attributes or {})]
    return Statements(
        language=attribute(root, "lang") or attribute(root, "xml:lang") if root is not None else "",
        title=(titles[0].text() if titles else "").strip(),
        canonical=canonical,
        base=attribute(bases[0], "href") if bases else "",
        meta={name: tuple(found) for name, found in meta.items()},
        linked=tuple(_linked(tree)),
        alternates=alternates,
        classes=frozenset(attribute(body, "class").split()) if body is not None else frozenset(),
        microdata=sum(attribute(node, "itemtype").endswith(_MICRODATA) for node in tree.css("[itemtype]")) == 1,
    )


def is_article(value: Mapping[str, object]) -> bool:
    """Whether a JSON-LD object says that it is an article of any kind."""
    return any(_TYPES.search(one) for one in texts_of(value.get("@type")))


def texts_of(value: object) -> list[str]:
    """The texts in a JSON-LD value: a text, a list of them, or objects with a name."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, list):
        return [text for one in value[:MOST_NODES] for text in texts_of(one) if not isinstance(one, list)]
    if isinstance(value, dict):
        return texts_of(value.get("name")) if isinstance(value.get("name"), str) else []
    return []


def json_of(text: str) -> object:
    """What a data block holds; None if it is no JSON, even read leniently. Never raises."""
    try:
        return json.loads(text.strip().removeprefix("<!--").removesuffix("-->").strip(), strict=False)
    except (ValueError, RecursionError):
        return None


def language_tag(text: str) -> str:
    """`en_US`, `EN-us` as policies write languages: `en-US`; "" for what is none."""
    found = _LANGUAGE.fullmatch(text.strip())
    if not found:
        return ""
    subtags = [part for part in re.split("[-_]", found[2]) if part]
    return "-".join([found[1].lower(), *(part.upper() if len(part) == 2 else part.title() for part in subtags)])


def moment_of(text: str) -> datetime | None:
    """A moment as pages write it (ISO 8601, or as HTTP and RSS do); one without a zone is taken as UTC."""
    found = _DIGITS.match(text.strip())
    try:
        if found:
            zone = (found[3] or "+00:00").upper().replace("Z", "+00:00")
            moment = datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}{zone}")
        else:
            moment = parsedate_to_datetime(text.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if 1900 <= moment.year < 9000 else None  # further out it fits into no other zone


def _linked(tree: LexborHTMLParser) -> Iterator[Mapping[str, object]]:
    """The objects at the top of JSON-LD blocks: deeper ones are of other things, as of what a list links to."""
    for node in tree.tags("script"):
        if attribute(node, "type").partition(";")[0].strip().lower() == "application/ld+json":
            value = json_of(node.text_content or node.text() or "")
            members = value if isinstance(value, list) else [value]
            for member in members[:MOST_NODES]:
                if isinstance(member, dict):
                    yield member
                    graph = member.get("@graph")
                    yield from (
                        one for one in (graph if isinstance(graph, list) else [])[:MOST_NODES] if isinstance(one, dict)
                    )
