"""Articles' facts, ordered: what is newest, what comes next, what translates what. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from types import MappingProxyType

from gateway.content.article import Facts
from gateway.errors import Problem, Severity


class Catalogue:
    """The part of `source.Index` that needs no file. Every question costs no more than its answer is long."""

    def __init__(self, facts: Mapping[str, Facts], before: Catalogue | None = None) -> None:
        """`before`: the state that this one follows. What is nearly in order already is put in order in a tenth of the
        time, which no other thread can use.
        """
        self._facts = MappingProxyType(dict(facts))
        self._translated: dict[str, list[Facts]] = {}
        self._sections: dict[str, list[Facts]] = {}
        shown: dict[str, list[Facts]] = {}
        self._ordered = sorted(self._roughly(before), key=lambda one: (one.published, one.slug))
        summed = blake2b(digest_size=16)
        for one in self._ordered:
            self._sections.setdefault(one.section, []).append(one)
            if one.translation_of is not None:
                self._translated.setdefault(one.translation_of, []).append(one)
            for path in one.media:
                shown.setdefault(path, []).append(one)
            summed.update(f"{one.slug}\0{one.version}\n".encode())
        for original, family in self._translated.items():
            family.sort(key=lambda one: (one.language, one.slug))
            one_original = self._facts.get(original)
            if one_original is not None and one_original.translation_of is None:
                family.insert(0, one_original)
        self._shown = {path: tuple(members) for path, members in shown.items()}
        count = Counter(one.language for one in self._ordered)
        self._languages = tuple(sorted(count, key=lambda language: (-count[language], language)))
        self._moments = [one.published for one in self._ordered]
        self._moments_of = {name: [one.published for one in members] for name, members in self._sections.items()}
        self._version = summed.hexdigest()

    def _roughly(self, before: Catalogue | None) -> list[Facts]:
        """Every article's facts, in the order of the state before as far as they stood there."""
        if before is None:
            return list(self._facts.values())
        old = before.facts
        known = [self._facts[one.slug] for one in before._ordered if one.slug in self._facts]  # noqa: SLF001
        return known + [one for one in self._facts.values() if one.slug not in old]

    @property
    def version(self) -> str:
        """A digest over all articles: changes when any of them does."""
        return self._version

    @property
    def facts(self) -> Mapping[str, Facts]:
        """Every article's facts by slug, those not yet published included."""
        return self._facts

    @property
    def sections(self) -> tuple[str, ...]:
        """Every section that has articles, by name."""
        return tuple(sorted(self._sections))

    @property
    def languages(self) -> tuple[str, ...]:
        """Every language that has articles, the one with most of them first."""
        return self._languages

    def translations(self, slug: str) -> tuple[Facts, ...]:
        """The family of an article: itself and its translations, the original first. Empty for an unknown slug."""
        facts = self._facts.get(slug)
        if facts is None:
            return ()
        family = self._translated.get(facts.original)
        return (facts,) if family is None else tuple(family)

    def showing(self, path: str) -> tuple[Facts, ...]:
        """The articles that may show a medium, by its path under `/media/`, in the order of their publication; those
        not yet published included.
        """
        return self._shown.get(path, ())

    def newest(self, now: datetime, *, section: str | None = None, limit: int | None = None) -> tuple[Facts, ...]:
        """Published articles, newest first; of one section if named; at most `limit`."""
        moments = self._moments if section is None else self._moments_of.get(section, [])
        ordered = self._ordered if section is None else self._sections.get(section, [])
        end = bisect_right(moments, now)
        start = 0 if limit is None else max(0, end - limit)
        return tuple(reversed(ordered[start:end]))

    def count(self, now: datetime) -> int:
        """How many articles are published."""
        return bisect_right(self._moments, now)

    def oldest(self, now: datetime, start: int, stop: int) -> tuple[Facts, ...]:
        """Published articles in the order of their publication, from the `start`-th (counting from 0) to before the
        `stop`-th: what comes later changes nothing in the pages before.
        """
        return tuple(self._ordered[start : min(stop, self.count(now))])

    def next_publication(self, now: datetime) -> datetime | None:
        """When the next article appears; None if none waits."""
        position = bisect_right(self._moments, now)
        return self._moments[position] if position < len(self._moments) else None

    def family_problems(self, paths: Mapping[str, str]) -> Iterator[Problem]:
        """What is wrong between articles: translations of nothing, or of a translation. `paths`: their files."""
        for one in self._ordered:
            if one.translation_of is None:
                continue
            of = self._facts.get(one.translation_of)
            if of is None:
                what, remedy = f"'translation_of' names no article: '{one.translation_of}'", "name the original's slug"
            elif of.translation_of is not None:
                what = f"'translation_of' names a translation: '{of.slug}'"
                remedy = f"name the original, '{of.translation_of}'"
            elif of.slug == one.slug:
                what, remedy = "the article says that it translates itself", "remove the line"
            else:
                continue
            yield Problem(paths[one.slug], 0, 0, "bad-translation", what, remedy, Severity.WARNING)
