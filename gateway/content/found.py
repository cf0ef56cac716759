"""What a content directory holds, put together from what each of its files says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.content.kept import Entry
from gateway.content.media import Media
from gateway.content.site import SiteText
from gateway.errors import Problem


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: entries by path, media by path under media/, the site, and what is wrong in its file."""

    entries: Mapping[str, Entry]
    media: Mapping[str, Media]
    site: SiteText
    problems: tuple[Problem, ...]


def put_together(entries: dict[str, Entry], site: SiteText, problems: tuple[Problem, ...]) -> Found:
    """Put together what the files say of one another. A medium whose sidecar cannot be read is left out: its rights
    are unknown.
    """
    media: dict[str, Media] = {}
    for path, entry in entries.items():
        if entry.media is not None:
            beside = entries.get(f"{path}.yaml")
            if beside is None:
                media[entry.media.path] = entry.media
            elif beside.rights is not None:
                stated = beside.rights
                media[entry.media.path] = replace(
                    entry.media, rights=stated.rights, credit=stated.credit, licence=stated.licence
                )
    of_list: dict[tuple[str, ...], tuple[tuple[str, frozenset[str]], ...]] = {}
    for path, entry in entries.items():
        facts = entry.facts
        if facts is not None and facts.media:
            rights = of_list.get(facts.media)
            if rights is None:
                known = ((name, media[name].rights) for name in facts.media if name in media)
                rights = of_list[facts.media] = tuple((name, words) for name, words in known if words)
            if rights != facts.media_rights:
                entries[path] = replace(entry, facts=replace(facts, media_rights=rights))
    return Found(entries, media, site, problems)
