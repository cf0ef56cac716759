"""What every HTML page of ours has: head, masthead, notices by place, colophon. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from markupsafe import Markup

from gateway.content.site import CONTROLS
from gateway.policy.decision import DueNotice
from gateway.policy.model import PROTECTIONS
from gateway.render.environment import render
from gateway.render.language import Words, words
from gateway.render.notices import placed
from gateway.render.site import Site

EVERYTHING = frozenset(PROTECTIONS)
"""For pages that readers at risk are sent to: nothing on them may endanger anybody."""
_PLACEHOLDER = re.compile(r"\{(url|title|slug)\}")


def html_page(
    template: str,
    site: Site,
    language: str,
    *,
    title: str,
    due: Sequence[DueNotice] = (),
    protect: frozenset[str] = frozenset(),
    section: str | None = None,
    **values: object,
) -> bytes:
    """A template that extends `base.html`, filled."""
    spoken = words(language)
    home = {"url": f"{site.base_url}/", "title": site.title, "slug": ""}
    return render(
        template,
        site=site,
        site_controls={name: filled(site.controls.get(name, ""), home) for name in CONTROLS},
        words=spoken,
        language=language,
        spoken_as=spoken_as(spoken, language),
        title=title,
        protect=protect,
        section=section,
        listing=template == "listing.html",
        notices=placed(due),
        **values,
    )


def filled(address: str, values: dict[str, str]) -> str:
    """An address with `{url}`, `{title}`, `{slug}` replaced in one pass, percent-encoded; other braces stay."""
    return _PLACEHOLDER.sub(lambda match: quote(values[match[1]], safe=""), address)


def spoken_as(spoken: Words, language: str) -> Markup:
    """Attributes for the gateway's own words where the page is in another language."""
    if spoken.language == language:
        return Markup()
    return Markup(' lang="{}" dir="{}"').format(spoken.language, spoken.direction)
