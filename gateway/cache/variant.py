"""Name a rendered page by everything that shaped it, so that nothing can be found under another outcome. Pure.

A key is made of the article and its version, the decision's fingerprint, the door and the templates; never of a
country or a policy revision: 250 countries collapse to the few outcomes there are, and a reload empties nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from urllib.parse import quote, urlsplit

from gateway.content.article import Facts
from gateway.content.doors import Door
from gateway.policy.decision import Decision

PREFIX = "gw1:"
"""Begins every key of ours in a store that others may use too; the digit is raised when the meaning of keys changes."""

MANY = "articles:many"
"""The tag of a page over more articles than it could name; every purge of an article removes it too."""

MEMBERS_NAMED = 256


def variant_key(facts: Facts, decision: Decision, door: Door, templates: str, also: Iterable[str] = ()) -> str:
    """The key of one article's page. `templates`: the digest of templates and site settings; `also`: versions of
    whatever else the page shows (its translations, say). Keys of one article share a hash slot in a cluster.
    """
    shaped_by = _digest((facts.version, decision.fingerprint, templates, *also))
    return f"{PREFIX}{{{_name(facts.slug)}}}:{door}:{shaped_by}"


def collection_key(id: str, index_version: str, fingerprints: Iterable[str], door: Door, templates: str) -> str:
    """The key of a page over many articles (listing, feed, sitemap): its id, the index, and its members' outcomes."""
    shaped_by = _digest((index_version, templates, *fingerprints))
    return f"{PREFIX}{{/{_name(id)}}}:{door}:{shaped_by}"


def tags_of(facts: Facts) -> tuple[str, ...]:
    """The tags under which an article's page can be purged."""
    return (
        f"article:{facts.slug}",
        *((f"article:{facts.translation_of}",) if facts.translation_of else ()),
        f"section:{facts.section}",
        f"language:{facts.language}",
        *(f"tag:{tag}" for tag in sorted(facts.tags)),
    )


def collection_tags(id: str, members: Iterable[Facts]) -> tuple[str, ...]:
    """The tags of a page over many articles: each member's, as far as they are few."""
    slugs = [facts.slug for facts in members]
    named = [f"article:{slug}" for slug in slugs] if len(slugs) <= MEMBERS_NAMED else [MANY]
    return (f"collection:{id}", *named)


def purge_tags(*, article: str | None = None, tag: str | None = None, url: str | None = None) -> frozenset[str] | None:
    """What to purge for `--article SLUG`, `--tag TAG` or `--url URL`; None, for none, is everything. A tag may name its
    kind (`section:world`, `language:ru`, `tag:courts`); a bare one is an article's tag. Of a URL, path and query count.
    """
    if url is not None:
        parts = urlsplit(url)
        return frozenset({f"url:{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"})
    if article is not None:
        return frozenset({f"article:{article}", MANY})
    if tag is not None:
        return frozenset({tag if ":" in tag else f"tag:{tag}"})
    return None


def _name(text: str) -> str:
    return quote(text, safe="-._~", errors="surrogatepass")  # braces and colons belong to the key's own grammar


def _digest(parts: Iterable[str]) -> str:
    summed = blake2b(digest_size=16)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        summed.update(len(raw).to_bytes(4, "big") + raw)  # lengths, or "a"+"bc" would be "ab"+"c"
    return summed.hexdigest()
