"""A directory of articles as a source: `articles/<language>/<slug>.md`, `media/<file>` with its rights beside it.

The index holds facts only; a text is read when it is rendered. What cannot be read is left out and reported.
"""

from __future__ import annotations

import gc
import os
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from gateway.content import kept
from gateway.content.article import Article, Facts
from gateway.content.catalogue import Catalogue
from gateway.content.front_matter import digest, parse_article
from gateway.content.kept import Entry
from gateway.content.markdown import article_body
from gateway.content.media import Media, content_type, parse_rights
from gateway.content.site import SITE_FILE, SiteText, parse_site
from gateway.content.tree import Skipped, Stamp, Tree
from gateway.errors import ContentError, Problem, Severity

UNTRUSTED_NS = 2_000_000_000
"""A file changed this shortly before it was looked at may change again within one tick of the file system's clock."""
TEXTS_KEPT = 64

_WHY_SKIPPED = {
    "symlink": ("it is a symbolic link", "put the file itself there"),
    "special": ("it is no plain file, or lies too deep", "put plain files there"),
    "name": ("its name has characters that cannot stand in an address", "rename it in letters, digits and hyphens"),
    "unreadable": ("it cannot be opened", "let the gateway's user read it"),
}


def load_directory(root: Path, *, cache: Path | None = None) -> DirectoryIndex:
    """The index of a content directory. `cache`: where it is kept between runs, a file in the state directory.

    Raises ContentError if the directory itself cannot be read; a cache that cannot be read or written costs only time.
    """
    tree = Tree(root)
    with _uncollected():
        known: Mapping[str, Entry] = {}
        if cache is not None:
            with suppress(OSError):
                known = kept.decode(cache.read_bytes())
        return DirectoryIndex(tree, cache, _look(tree, known, cache))


@dataclass(frozen=True, slots=True)
class Found:
    """What a scan of the directory found: entries by path, media by path under media/, the site, what is wrong."""

    entries: Mapping[str, Entry]
    media: Mapping[str, Media]
    site: SiteText
    problems: tuple[Problem, ...]


class DirectoryIndex(Catalogue):
    """Implements `source.Index` over a directory. Immutable: `refresh` gives the next state."""

    def __init__(self, tree: Tree, cache: Path | None, found: Found) -> None:
        paths: dict[str, str] = {}
        facts: dict[str, Facts] = {}
        problems = list(found.problems)
        for path, entry in sorted(found.entries.items()):
            problems += entry.problems
            if entry.facts is None:
                continue
            slug = entry.facts.slug
            if slug in facts:
                what = f"the slug '{slug}' is taken by {paths[slug]}"
                remedy = "rename one; slugs are unique across languages"
                problems.append(Problem(path, 0, 0, "duplicate-slug", what, remedy))
                continue
            facts[slug], paths[slug] = _stating_rights(entry.facts, found.media), path
        super().__init__(facts)
        self._tree, self._cache, self._found, self._paths = tree, cache, found, paths
        self._texts: OrderedDict[tuple[str, str], Article] = OrderedDict()
        self.site = found.site
        self.problems: tuple[Problem, ...] = (*problems, *self.family_problems(paths))

    @property
    def all_media(self) -> Mapping[str, Media]:
        """Every published medium, by path under media/."""
        return MappingProxyType(dict(self._found.media))

    def media(self, path: str) -> Media | None:
        """A medium by its path under `/media/`; None if there is none. The path is looked up, never opened."""
        return self._found.media.get(path)

    def read_media(self, media: Media) -> bytes:
        """A medium's bytes. Raises ContentError if the file is gone or no longer what the index says."""
        raw = self._tree.read(f"media/{media.path}")
        if digest(raw) != media.digest:
            raise ContentError(f"media/{media.path} has changed since it was indexed")
        return raw

    def path(self, slug: str) -> str:
        """The file of an article, relative to the content directory. Raises KeyError."""
        return self._paths[slug]

    def read(self, slug: str) -> Article:
        """The whole article. Raises ContentError if the file is gone or no longer what the index says."""
        facts = self.facts.get(slug)
        if facts is None:
            raise ContentError(f"no article '{slug}'")
        key = (slug, facts.version)
        known = self._texts.get(key)
        if known is not None:
            return known
        path = self._paths[slug]
        raw = self._tree.read(path)
        source = parse_article(raw, path)[0] if digest(raw) == facts.version else None
        if source is None:
            raise ContentError(f"{path} has changed since it was indexed")
        body = article_body(source.text, path, markdown=source.markdown)
        article = Article(facts, body.html, source.dateline, source.image, MappingProxyType(dict(body.parts)))
        self._texts[key] = article
        while len(self._texts) > TEXTS_KEPT:
            self._texts.popitem(last=False)
        return article

    def refresh(self) -> DirectoryIndex:
        """The directory as it is now: this index itself if nothing changed. Raises ContentError."""
        with _uncollected():
            found = _look(self._tree, self._found.entries, self._cache)
            return self if found == self._found else DirectoryIndex(self._tree, self._cache, found)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection: many values are made at once and none is garbage, yet each pass would visit all."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def _look(tree: Tree, known: Mapping[str, Entry], cache: Path | None) -> Found:
    """Scan the tree; read what is not known to be unchanged; keep the result for the next start."""
    if not (tree.root / "articles").is_dir():
        raise ContentError(f"{tree.root}: there is no directory `articles` in it; name a content directory")
    now_ns = time.time_ns()
    problems: list[Problem] = []
    entries: dict[str, Entry] = {}
    sidecars: dict[str, Stamp] = {}
    for path, stamp in _files(tree, problems):
        if path.startswith("media/") and path.endswith(".yaml"):
            sidecars[path] = stamp
            continue
        before = known.get(path)
        fresh = before is not None and before.stamp == stamp and now_ns - stamp.mtime_ns > UNTRUSTED_NS
        entry = before if before is not None and fresh else _read_entry(tree, path, stamp)
        if entry is not None:
            entries[path] = entry
    media = _with_rights(tree, entries, sidecars, problems)
    if cache is not None and entries != known:
        _keep(cache, entries)
    return Found(entries, media, _site(tree, problems), tuple(problems))


def _files(tree: Tree, problems: list[Problem]) -> list[tuple[str, Stamp]]:
    found: list[tuple[str, Stamp]] = []
    for top in ("articles", "media"):
        for item in tree.scan(top):
            if isinstance(item, Skipped):
                what, remedy = _WHY_SKIPPED[item.why]
                problems.append(Problem(item.path, 0, 0, "not-read", what, remedy, Severity.WARNING))
            else:
                found.append(item)
    return found


def _read_entry(tree: Tree, path: str, stamp: Stamp) -> Entry | None:
    """What a file holds; None where it is neither article nor medium."""
    kind = content_type(path) if path.startswith("media/") else None
    if not kind and not path.startswith("articles/"):
        what, remedy = "files of this kind are not served", "convert it, or take it away"
        return Entry(stamp, problems=(Problem(path, 0, 0, "unknown-medium", what, remedy, Severity.WARNING),))
    if not kind and not path.endswith((".md", ".html")):
        what, remedy = "an article is a file ending in .md or .html", "rename it, or take it away"
        return Entry(stamp, problems=(Problem(path, 0, 0, "not-an-article", what, remedy, Severity.WARNING),))
    try:
        raw = tree.read(path)
    except ContentError as error:
        return Entry(stamp, problems=(Problem(path, 0, 0, "unreadable", str(error), "let the gateway's user read it"),))
    if kind:
        return Entry(stamp, media=Media(path.removeprefix("media/"), kind, len(raw), digest(raw)))
    source, problems = parse_article(raw, path)
    return Entry(stamp, facts=source.facts if source else None, problems=tuple(problems))


def _with_rights(
    tree: Tree, entries: Mapping[str, Entry], sidecars: Mapping[str, Stamp], problems: list[Problem]
) -> dict[str, Media]:
    """Media by path, with what their sidecars say. A medium whose sidecar cannot be read is left out: its rights are
    unknown.
    """
    media: dict[str, Media] = {}
    for path, entry in entries.items():
        if entry.media is None:
            continue
        sidecar = f"{path}.yaml"
        stated: dict[str, object] = {}
        if sidecar in sidecars:
            try:
                stated, wrong = parse_rights(tree.read(sidecar), sidecar)
            except ContentError as error:
                wrong = [Problem(sidecar, 0, 0, "unreadable", str(error), "let the gateway's user read it")]
            if wrong:
                problems += wrong
                continue
        media[entry.media.path] = replace(entry.media, **stated)  # type: ignore[arg-type]  # names are Media's own
    return media


def _stating_rights(facts: Facts, media: Mapping[str, Media]) -> Facts:
    """The facts with the rights that sidecars state of the article's media, for policies to ask."""
    stated = tuple((path, media[path].rights) for path in facts.media if path in media and media[path].rights)
    return replace(facts, media_rights=stated) if stated else facts


def _site(tree: Tree, problems: list[Problem]) -> SiteText:
    try:
        raw = tree.read(SITE_FILE)
    except ContentError:
        return SiteText()
    site, wrong = parse_site(raw)
    problems += wrong
    return site


def _keep(cache: Path, entries: Mapping[str, Entry]) -> None:
    """Write the index beside the old one, then put it in its place. Failing costs time at the next start, no more."""
    beside = cache.with_name(f"{cache.name}.{os.getpid()}.tmp")
    try:
        beside.write_bytes(kept.encode(entries))
        beside.replace(cache)
    except OSError:
        beside.unlink(missing_ok=True)
