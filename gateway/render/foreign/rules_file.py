"""Read the mapping file of a CMS: every problem with its line and a remedy.

```yaml
articles: {paths: [/2026/*], except: [/tag/*]}     # beside what pages say of themselves
untouched: [/wp-admin/*]
section: {header: X-Section, meta: [article:section], segment: 1, paths: {"/sport/*": sport}}
tags: {meta: [news_keywords]}
language: {paths: {"/ru/*": ru}, default: en}
headline: [h1.title]
body: [.story]
notices: {after-body: after .story}
remove: {sharing: [.our-share], donating: ["#campaign"]}
keep: [.donate-nothing]
own_hosts: [static.newsroom.example, "*.media.newsroom.example"]
defaults: true
```
"""

from __future__ import annotations

import re

from gateway.content.selector import fault_of
from gateway.errors import Problem
from gateway.policy.parse_actions import LANGUAGE, PLACES
from gateway.pyyaml import Fields, Node, YamlError, read
from gateway.render.foreign.notices_in import place_of
from gateway.render.foreign.rules import Place, Rules, Source
from gateway.render.foreign.widgets import REMOVED

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HOST = re.compile(r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
MOST_SEGMENTS = 20


def parse_rules(raw: bytes, path: str, problems: list[Problem]) -> Rules | None:
    """The rules in a YAML file; None if anything is wrong with it (then `problems` says what). Never raises."""
    before = len(problems)
    try:
        node = read(raw, path)
    except YamlError as error:
        problems += error.problems
        return None
    with Fields(node, problems, "in the mapping") as fields:
        articles, excepted = _articles(fields, problems)
        rules = Rules(
            articles=articles,
            not_articles=excepted,
            untouched=_paths(fields, "untouched"),
            section=_source(fields, "section", problems),
            tags=_source(fields, "tags", problems),
            language=_language(fields, problems),
            headline=_selectors(fields, "headline"),
            body=_selectors(fields, "body"),
            places=_places(fields, problems),
            remove=_remove(fields, problems),
            keep=_selectors(fields, "keep"),
            own_hosts=_hosts(fields),
            defaults=fields.flag("defaults", default=True),
        )
    return rules if len(problems) == before else None


def _articles(fields: Fields, problems: list[Problem]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    node = fields.get("articles")
    if node is None:
        return (), ()
    with Fields(node, problems, "in 'articles'") as inner:
        if node.kind == "mapping" and not node.entries:
            inner.refuse(node, "empty-list", "'articles' names no paths", "write {paths: [/2026/*]}, or remove it")
        return _paths(inner, "paths"), _paths(inner, "except")


def _paths(fields: Fields, name: str) -> tuple[str, ...]:
    for item in fields.items(name) or ():
        _check_path(fields, item, item.text)
    return fields.texts(name) or () if fields.has(name) and fields.node.entries[name][1].kind == "sequence" else ()


def _check_path(fields: Fields, node: Node, path: str) -> None:
    if path and not path.startswith("/"):
        fields.refuse(node, "bad-path", f"the path '{path}' does not begin with /", f"write /{path}")


def _source(fields: Fields, name: str, problems: list[Problem]) -> Source:
    node = fields.get(name)
    if node is None:
        return Source()
    with Fields(node, problems, f"in '{name}'") as inner:
        header = inner.text("header")
        if header and not _HEADER.fullmatch(header):
            inner.refuse(
                inner.get("header") or node, "bad-header", f"'{header}' is no header's name", "write X-Section"
            )
        paths: list[tuple[str, str]] = []
        mapping = inner.get("paths")
        if mapping is not None:
            with Fields(mapping, problems, f"in 'paths' of '{name}'") as by_path:
                for pattern, (key, _) in mapping.entries.items():
                    _check_path(by_path, key, pattern)
                    paths.append((pattern, by_path.text(pattern)))
        return Source(
            header=header,
            meta=inner.texts("meta") or () if inner.has("meta") else (),
            segment=inner.integer("segment", minimum=1, maximum=MOST_SEGMENTS) if inner.has("segment") else 0,
            paths=tuple(paths),
            default=inner.text("default"),
        )


def _language(fields: Fields, problems: list[Problem]) -> Source:
    source = _source(fields, "language", problems)
    node = fields.get("language")
    for tag in (source.default, *(value for _, value in source.paths)):
        if tag and not LANGUAGE.fullmatch(tag) and node is not None:
            fields.refuse(node, "bad-language", f"'{tag}' is no language tag", "write en, ru, pt-BR")
    return source if source.default else Source(source.header, source.meta, source.segment, source.paths, "en")


def _selectors(fields: Fields, name: str) -> tuple[str, ...]:
    nodes = fields.items(name) or ()
    for node in nodes:
        wrong = fault_of(node.text) if node.kind == "scalar" else ""
        if wrong:
            fields.refuse(
                node, "bad-selector", f"'{node.text}' is no CSS selector: {wrong}", "write .story or #comments"
            )
    return tuple(text for node in nodes if (text := fields.text_of(node, f"an item of '{name}'")))


def _places(fields: Fields, problems: list[Problem]) -> dict[str, Place]:
    node = fields.get("notices")
    found: dict[str, Place] = {}
    if node is None:
        return found
    with Fields(node, problems, "in 'notices'") as inner:
        for name in PLACES:
            text = inner.text(name)
            place = place_of(text)
            if text and (place is None or fault_of(place.selector)):
                inner.refuse(
                    inner.get(name) or node,
                    "bad-place",
                    f"'{text}' is no place on a page",
                    "write `before`, `after`, `first-in` or `last-in`, and a CSS selector: after .story",
                )
            elif place is not None:
                found[name] = place
    return found


def _remove(fields: Fields, problems: list[Problem]) -> dict[str, tuple[str, ...]]:
    node = fields.get("remove")
    if node is None:
        return {}
    with Fields(node, problems, "in 'remove'") as inner:
        return {name: found for name in REMOVED if (found := _selectors(inner, name))}


def _hosts(fields: Fields) -> tuple[str, ...]:
    for node in fields.items("own_hosts") or ():
        if node.kind == "scalar" and node.text and not _HOST.fullmatch(node.text.lower()):
            fields.refuse(
                node, "bad-host", f"'{node.text}' is no host's name", "write static.newsroom.example, without https://"
            )
    texts = fields.texts("own_hosts") if fields.has("own_hosts") else None
    return tuple(text.lower() for text in texts or ())
