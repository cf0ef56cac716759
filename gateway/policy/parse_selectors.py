"""Whom a policy means, which articles, and when: the parts of it that refer to regions, articles and times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.errors import Problem
from gateway.geo.region import CONTROLLED_BY, Region, covers_realm
from gateway.policy.builtin import built_in, remedy_for
from gateway.policy.model import (
    Articles,
    Block,
    Headers,
    Policy,
    Readers,
    Redirect,
    Substitute,
    Window,
    Withhold,
)
from gateway.policy.parse_actions import LANGUAGE
from gateway.policy.parse_regions import LONGEST
from gateway.policy.surroundings import Surroundings
from gateway.pyyaml import Fields, Node

RESTRICTIVE = (Block, Redirect, Withhold, Substitute, Headers)
LIFTED = "lifted"


@dataclass(frozen=True, slots=True)
class Context:
    """What a policy may refer to. `broken`: names of regions that are written, but wrong: one problem is enough."""

    regions: Mapping[str, Region]
    broken: frozenset[str]
    around: Surroundings


class Reading:
    """The parts of one policy that refer to regions, articles and times. `marks`: where they stand, for findings."""

    def __init__(self, fields: Fields, context: Context, about: str, problems: list[Problem]) -> None:
        self.about = about
        self.marks: dict[str, tuple[int, int]] = {}
        self._fields = fields
        self._context = context
        self._problems = problems

    def readers(self) -> Readers:
        """Whom it means."""
        node = self._fields.get("readers", required=True)
        if node is None or (node.kind == "scalar" and node.text == "all"):
            return Readers()
        if node.kind != "mapping":
            self._fields.refuse(
                node,
                "bad-readers",
                f"'readers' of {self.about} is neither `all` nor a mapping",
                "write `all`, or {in: [...], not_in: [...]}",
            )
            return Readers()
        with Fields(node, self._problems, f"in 'readers' of {self.about}") as fields:
            within = self._regions(fields, "in", "readers.in")
            not_in = self._regions(fields, "not_in", "readers.not_in")
            if not node.entries:
                fields.refuse(
                    node,
                    "no-readers",
                    f"'readers' of {self.about} names nobody",
                    "write `all`, or {in: [...], not_in: [...]}",
                )
        return Readers(within, not_in, self._realms(within), self._realms(not_in))

    def articles(self, node: Node | None, mark: str) -> Articles:
        """Which articles it means, or leaves out. `mark`: "articles" or "articles.except"."""
        if node is None or (node.kind == "scalar" and node.text == "all" and mark == "articles"):
            return Articles()
        if node.kind != "mapping" or not node.entries:
            self._fields.refuse(
                node,
                "bad-articles",
                f"'{mark.rpartition('.')[2]}' of {self.about} names no articles",
                "write `all`, or a mapping with slugs, sections, tags, languages, …",
            )
            return Articles()
        with Fields(node, self._problems, f"in '{mark.rpartition('.')[2]}' of {self.about}") as fields:
            languages = self._listed(fields, "languages", mark)
            for item in fields.items("languages") or ():
                if item.text and not LANGUAGE.fullmatch(item.text):
                    fields.refuse(item, "bad-language", f"'{item.text}' is no language tag", "write en, ru, pt-BR")
            published = fields.get("published")
            start = end = None
            if published is not None:
                with Fields(published, self._problems, f"in 'published' of {self.about}") as dates:
                    start, end = dates.moment("from"), dates.moment("until")
                    self._check_order(dates, start, end)
            rights = None
            media = fields.get("media")
            if media is not None:
                with Fields(media, self._problems, f"in 'media' of {self.about}") as of_media:
                    rights = self._listed(of_media, "rights", f"{mark}.media")
                    if media.kind == "mapping" and not of_media.has("rights"):
                        of_media.get("rights", required=True)
            paths = self._listed(fields, "paths", mark)
            for item in fields.items("paths") or ():
                if item.text and not item.text.startswith("/"):
                    fields.refuse(
                        item, "bad-path", f"the path '{item.text}' does not begin with /", f"write /{item.text}"
                    )
            excepted = fields.get("except") if mark == "articles" else None
            return Articles(
                slugs=self._listed(fields, "slugs", mark),
                sections=self._listed(fields, "sections", mark),
                tags=self._listed(fields, "tags", mark),
                languages=languages,
                published_from=start,
                published_until=end,
                paths=tuple(sorted(paths)) if paths else None,
                media_rights=rights,
                excepted=self.articles(excepted, "articles.except") if excepted else None,
                translations=fields.flag("translations", default=True),
            )

    def window(self, node: Node, number: int) -> Window:
        """One item of `effective`, the how many-th from 0."""
        self.marks[f"effective.{number}"] = place_of(node)
        with Fields(node, self._problems, f"in 'effective' of {self.about}") as fields:
            within = self._regions(fields, "in", f"effective.{number}.in")
            start = fields.moment("from")
            until = fields.get("until")
            lifted = until is not None and until.kind == "scalar" and until.text == LIFTED
            end = None if lifted else fields.moment("until")
            if node.kind == "mapping" and start is None and until is None and not fields.has("from"):
                fields.refuse(
                    node,
                    "no-time",
                    f"an item of 'effective' of {self.about} names no time",
                    "add `from` or `until`, or leave `effective` out for always",
                )
            self._check_order(fields, start, end)
        return Window(start, end, within, self._realms(within), lifted)

    def check_networks(self, policy: Policy, items: Iterable[Node]) -> None:
        """Networks may only lift or warn; and in `in` they must be wide enough to mean no person."""
        named = [name for name in policy.readers.within if self._is_network(name)]
        named += [name for window in policy.effective for name in window.within if self._is_network(name)]
        restricting = [
            (action, node)
            for action, node in zip(policy.actions, items, strict=False)
            if isinstance(action, RESTRICTIVE)
        ]
        if named and restricting:
            what = f"networks ('{named[0]}') decide on a {type(restricting[0][0]).__name__.lower()} of {self.about}"
            self._fields.refuse(
                restricting[0][1],
                "network-restricts",
                what,
                "networks may only lift (not_in) or warn; name countries or subdivisions",
            )
        for name in named:
            for network in self._context.regions[name].networks:
                if network.prefixlen > LONGEST[network.version]:
                    line = self.marks.get(f"readers.in.{name}", (policy.line, 1))
                    self._problems.append(
                        Problem(
                            policy.path,
                            *line,
                            "narrow-network",
                            f"network {network} of region '{name}' is too narrow for 'in' of {self.about}",
                            f"name networks no longer than /{LONGEST[network.version]}, or use the region in 'not_in'",
                        )
                    )
                    break

    def _is_network(self, name: str) -> bool:
        region = self._context.regions.get(name)
        return region is not None and bool(region.networks)

    def _regions(self, fields: Fields, word: str, mark: str) -> tuple[str, ...]:
        names: list[str] = []
        for node in fields.items(word) or ():
            name = fields.text_of(node, f"an item of '{word}'")
            if not name:
                continue
            self.marks[f"{mark}.{name}"] = place_of(node)
            if name in names:
                fields.refuse(node, "named-twice", f"'{name}' is named twice in '{word}' of {self.about}", "keep one")
            elif name in self._context.regions or built_in(name):
                names.append(name)
            elif name not in self._context.broken:
                kind = "country" if len(name) == 2 else "region"
                fields.refuse(
                    node,
                    f"unknown-{kind}",
                    f"unknown {kind} '{name}' in '{word}' of {self.about}",
                    remedy_for(name, self._context.regions),
                )
        return tuple(names)

    def _realms(self, names: tuple[str, ...]) -> frozenset[str]:
        regions = [region for name in names if (region := self._context.regions.get(name) or built_in(name))]
        return frozenset(holder for holder in CONTROLLED_BY if covers_realm(regions, holder))

    def _listed(self, fields: Fields, word: str, mark: str) -> frozenset[str] | None:
        for node in fields.node.entries[word][1].items if word in fields.node.entries else ():
            self.marks[f"{mark}.{word}.{node.text}"] = place_of(node)
        texts = fields.texts(word)
        return None if texts is None else frozenset(texts)

    def _check_order(self, fields: Fields, start: object, end: object) -> None:
        if start is not None and end is not None and not start < end:  # type: ignore[operator]
            fields.refuse(
                fields.get("until") or fields.node,
                "ends-before-it-begins",
                f"'until' is not after 'from' of {self.about}",
                "mend the times; `until` is the first moment at which it no longer acts",
            )


def place_of(node: Node) -> tuple[int, int]:
    """Line and column, for a finding about what stands there."""
    return node.line, node.column
