"""Articles' facts, ordered: what is newest, what comes next, what translates what. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import blake2b
from types import MappingProxyType

from gateway.content.article import Facts
from gateway.errors import Problem, Severity


class Catalogue:
    """The part of `source.Index` that needs no file. Every question costs no more than its answer is long."""

    def __init__(self, facts: Mapping[str, Facts]) -> None:
        self._facts = MappingProxyType(dict(facts))
        self._families: dict[str, list[Facts]] = {}
        self._sections: dict[str, list[Facts]] = {}
        self._ordered = sorted(self._facts.values(), key=lambda one: (one.published, one.slug))
        summed = blake2b(digest_size=16)
        for one in self._ordered:
            self._sections.setdefault(one.section, []).append(one)
            self._families.setdefault(one.original, []).append(one)
            summed.update(f"{one.slug}\0{one.version}\n".encode())
        for family in self._families.values():
            family.sort(key=lambda one: (one.translation_of is not None, one.language, one.slug))
        self._moments = [one.published for one in self._ordered]
        self._moments_of = {name: [one.published for one in members] for name, members in self._sections.items()}
        self._version = summed.hexdigest()

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
        count: dict[str, int] = {}
        for one in self._ordered:
            count[one.language] = count.get(one.language, 0) + 1
        return tuple(sorted(count, key=lambda language: (-count[language], language)))

    def translations(self, slug: str) -> tuple[Facts, ...]:
        """The family of an article: itself and its translations, the original first. Empty for an unknown slug."""
        facts = self._facts.get(slug)
        return tuple(self._families[facts.original]) if facts else ()

    def newest(self, now: datetime, *, section: str | None = None, limit: int | None = None) -> tuple[Facts, ...]:
        """Published articles, newest first; of one section if named; at most `limit`."""
        moments = self._moments if section is None else self._moments_of.get(section, [])
        ordered = self._ordered if section is None else self._sections.get(section, [])
        end = bisect_right(moments, now)
        start = 0 if limit is None else max(0, end - limit)
        return tuple(reversed(ordered[start:end]))

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
