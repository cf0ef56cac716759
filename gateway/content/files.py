"""A directory of articles as a source: `articles/<language>/<slug>.md`, `media/<file>` with its rights beside it.

The index holds facts only; a text is read when it is rendered. What cannot be read is left out and reported.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from gateway.content import kept
from gateway.content.article import Article, Facts
from gateway.content.catalogue import Catalogue
from gateway.content.found import Found
from gateway.content.front_matter import digest, parse_article
from gateway.content.kept import Entry
from gateway.content.look import Stop, look, look_again, never
from gateway.content.markdown import article_body
from gateway.content.media import Media
from gateway.content.settling import Settling
from gateway.content.site import SiteText
from gateway.content.texts import Texts
from gateway.content.tree import Tree
from gateway.errors import ContentError, Problem, StaleIndexError

READ_AHEAD = 16
"""So many articles that changed at once are read with the index, while their files are still what it says."""
KEEP_AFTER_SHARE = 0.01
"""The kept index is written anew once more than this share of it has changed: the rest is read again at a start."""
_TURN_SECONDS = 0.0005


def load_directory(root: Path, *, cache: Path | None = None, keeps: bool = True, stop: Stop = never) -> DirectoryIndex:
    """The index of a content directory. `cache`: where it is kept between runs, a file in the state directory;
    `keeps`: whether it is written there, too; `stop`: whether to give up, asked while it reads.

    Raises ContentError if the directory itself cannot be read; a cache that cannot be read or written costs only time.
    """
    tree = Tree(root)
    with _undisturbed():
        known: Mapping[str, Entry] = {}
        if cache is not None:
            with suppress(OSError), cache.open("rb") as lines:
                known = kept.decode(lines)
        found, keeping = look(tree, known, stop), Keeping(cache if keeps else None, len(known))
        keeping.keep(known, found.entries)
        return DirectoryIndex(tree, keeping, found)


def no_directory() -> DirectoryIndex:
    """The index of a gateway whose articles are a CMS's: it holds none."""
    return DirectoryIndex(Tree(Path(os.devnull)), Keeping(None, 0), Found({}, {}, SiteText(), ()))


class Keeping:
    """The file in which the index is kept, and how far it is behind."""

    def __init__(self, cache: Path | None, kept_entries: int) -> None:
        self._cache = cache
        self._kept = kept_entries
        self._changed = 0

    def keep(self, before: Mapping[str, Entry], entries: Mapping[str, Entry]) -> None:
        """Write the index beside the old one, then put it in its place, if it is worth it: failing costs time at the
        next start, no more.
        """
        self._changed += sum(before.get(path) is not entry for path, entry in entries.items())
        self._changed += sum(path not in entries for path in before)
        if self._cache is None or self._changed <= self._kept * KEEP_AFTER_SHARE:
            return
        self._kept, self._changed = len(entries), 0
        beside = self._cache.with_name(f"{self._cache.name}.{os.getpid()}.tmp")
        try:
            with beside.open("wb") as file:
                file.writelines(kept.encode(entries))
            beside.replace(self._cache)
        except OSError:
            beside.unlink(missing_ok=True)


class DirectoryIndex(Catalogue):
    """Implements `source.Index` over a directory. Immutable: `refresh` gives the next state."""

    def __init__(self, tree: Tree, keeping: Keeping, found: Found, before: DirectoryIndex | None = None) -> None:
        paths: dict[str, str] = {}
        facts: dict[str, Facts] = {}
        problems = list(found.problems)
        for path, entry in found.entries.items():
            problems += entry.problems
            if entry.facts is None:
                continue
            slug = entry.facts.slug
            first = paths.setdefault(slug, path)
            if first == path:
                facts[slug] = entry.facts
                continue
            stays, goes = min(first, path), max(first, path)
            if stays == path:
                facts[slug], paths[slug] = entry.facts, path
            what, remedy = f"the slug '{slug}' is taken by {stays}", "rename one; slugs are unique across languages"
            problems.append(Problem(goes, 0, 0, "duplicate-slug", what, remedy))
        super().__init__(facts, before)
        self._tree, self._keeping, self._found, self._paths = tree, keeping, found, paths
        self._texts: Texts = before._texts if before else Texts()  # noqa: SLF001
        self._summed: dict[str, tuple[object, ...]] = {}
        self.site = found.site
        self.problems: tuple[Problem, ...] = (
            *sorted(problems, key=lambda one: (one.path, one.line, one.column)),
            *self.family_problems(paths),
        )

    @property
    def all_media(self) -> Mapping[str, Media]:
        """Every published medium, by path under media/."""
        return MappingProxyType(dict(self._found.media))

    def media(self, path: str) -> Media | None:
        """A medium by its path under `/media/`; None if there is none. The path is looked up, never opened."""
        return self._found.media.get(path)

    def read_media(self, media: Media) -> bytes:
        """A medium's bytes. Raises StaleIndexError if the file is gone or no longer what the index says."""
        with self.open_media(media) as file:
            return file.read()

    def open_media(self, media: Media) -> BinaryIO:
        """A medium's file at its beginning; the caller closes it. Raises StaleIndexError as `read_media` does.

        A file is summed up once, then again when its inode, size or times differ: large ones are asked for often.
        """
        path = f"media/{media.path}"
        try:
            file = self._tree.open(path)
        except ContentError as error:
            raise StaleIndexError(path) from error
        status = os.fstat(file.fileno())
        state = (media.digest, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        if self._summed.get(media.path) != state:
            if digest(file.read()) != media.digest:
                file.close()
                raise StaleIndexError(path)
            file.seek(0)
            self._summed[media.path] = state
        return file

    def path(self, slug: str) -> str:
        """The file of an article, relative to the content directory. Raises KeyError."""
        return self._paths[slug]

    def read(self, slug: str) -> Article:
        """The whole article. Raises ContentError if there is none, StaleIndexError as `read_media` does."""
        facts = self.facts.get(slug)
        if facts is None:
            raise ContentError(f"no article '{slug}'")
        known = self._texts.get(slug, facts.version)
        if known is not None:
            return replace(known, facts=facts)  # what a sidecar says of its pictures may be newer than the text
        path = self._paths[slug]
        try:
            raw = self._tree.read(path)
        except ContentError as error:
            raise StaleIndexError(path) from error
        source = parse_article(raw, path)[0] if digest(raw) == facts.version else None
        if source is None:
            raise StaleIndexError(path)
        body = article_body(source.text, path, markdown=source.markdown)
        article = Article(facts, body.html, source.dateline, source.image, MappingProxyType(dict(body.parts)))
        self._texts.keep(article)
        return article

    def refresh(
        self, paths: Iterable[str] | None = None, stop: Stop = never, settling: Settling | None = None
    ) -> DirectoryIndex:
        """The directory as it is now, or as far as these paths tell: this index itself if nothing changed. `settling`
        keeps back what is still being written. Raises ContentError.
        """
        before = self._found
        with _undisturbed():
            found = look_again(self._tree, before, paths, settling, stop)
            if found == before:
                return self
            self._keeping.keep(before.entries, found.entries)
            index = DirectoryIndex(self._tree, self._keeping, found, self)
            index._read_ahead(self)
            return index

    def _read_ahead(self, before: DirectoryIndex) -> None:
        known = before.facts
        changed = [slug for slug, one in self.facts.items() if slug not in known or known[slug].version != one.version]
        for slug in changed if len(changed) <= READ_AHEAD else ():
            with suppress(ContentError):
                self.read(slug)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without garbage collection: many values are made at once and none is garbage, yet each pass would visit all.
    And with short turns between threads, since readers are being answered in another.
    """
    on, turn = gc.isenabled(), sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(_TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(turn)
        if on:
            gc.enable()
