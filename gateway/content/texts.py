"""The texts of the articles that were asked for or changed last, ready to be rendered: one store for all states of an
index, for a file that has changed since can no longer be read.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from gateway.content.article import Article

TEXTS_KEPT = 64


class Texts:
    """Articles by slug and version, the least recently asked for forgotten first. May be used by several threads."""

    def __init__(self) -> None:
        self._articles: OrderedDict[tuple[str, str], Article] = OrderedDict()
        self._lock = Lock()

    def get(self, slug: str, version: str) -> Article | None:
        """This version of an article, if it is kept."""
        with self._lock:
            article = self._articles.get((slug, version))
            if article is not None:
                self._articles.move_to_end((slug, version))
            return article

    def keep(self, article: Article) -> None:
        """Keep it, at the cost of the one that nobody asked for for longest."""
        with self._lock:
            self._articles[article.facts.slug, article.facts.version] = article
            if len(self._articles) > TEXTS_KEPT:
                self._articles.popitem(last=False)
