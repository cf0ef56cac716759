"""The site as its pages know it: a value that settings, content and evidence fill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from gateway.content.site import SiteText
from gateway.render.language import LANGUAGES

UNTITLED = "The Gateway"
"""The name of a site whose newsroom gave none."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who must be named, and where the name leads."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """`base_url`: scheme and host of the public site, without a slash at the end. `languages`: those in which the
    gateway itself speaks, its default first. Texts by language, with "" for all others. `controls`: addresses by name,
    with `{url}`, `{title}`, `{slug}` in them.
    """

    title: str = UNTITLED
    base_url: str = "http://localhost:8080"
    languages: tuple[str, ...] = LANGUAGES
    sections: tuple[str, ...] = ()
    section_titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    motto: Mapping[str, str] = field(default_factory=dict)
    imprint: Mapping[str, str] = field(default_factory=dict)
    controls: Mapping[str, str] = field(default_factory=dict)
    attribution: tuple[Attribution, ...] = ()
    timezone: str = ""

    @classmethod
    def of(
        cls,
        text: SiteText,
        base_url: str,
        sections: tuple[str, ...],
        attribution: tuple[Attribution, ...] = (),
        timezone: str = "",
    ) -> Self:
        """The site that a content directory describes (`index.site`, `index.sections`)."""
        return cls(
            title=text.title or UNTITLED,
            base_url=base_url.rstrip("/"),
            sections=sections,
            section_titles=text.sections,
            motto=text.motto,
            imprint=text.imprint,
            controls=text.controls,
            attribution=attribution,
            timezone=timezone,
        )

    def here(self, moment: datetime) -> datetime:
        """A moment in the site's own time zone, or as the newsroom wrote it where the site has none."""
        return moment.astimezone(ZoneInfo(self.timezone)) if self.timezone else moment

    def section_title(self, section: str, language: str) -> str:
        """A section's name in a language; its own word where the newsroom gave none."""
        return local(self.section_titles.get(section, {}), language) or section.replace("-", " ").capitalize()


def local(texts: Mapping[str, str], language: str) -> str:
    """The text for a language: its own, its base language's, the one for all others, English, or none."""
    for candidate in (language, language.partition("-")[0], "", "en"):
        if candidate in texts:
            return texts[candidate]
    return ""
