"""What is left of an article under a decision: every door shows this, and nothing but this. Pure.

Here things are taken out; no template knows what was there before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote

from markupsafe import Markup

from gateway.content.article import Article, Facts, Image
from gateway.content.markdown import prose
from gateway.content.sanitise import MEDIA_PREFIX, plain_text
from gateway.policy.decision import DueNotice, Treatments
from gateway.policy.model import NoticeText
from gateway.render.language import words
from gateway.render.markup import sanitised
from gateway.render.notices import withheld_mark, withheld_picture

_TAG = r"(?:[^>\"]|\"[^\"]*\")*"
_PART = re.compile(r'<section class="part" id="part-([a-z0-9-]+)">(.*?)</section>', re.DOTALL)
_EMBED = re.compile(rf'<a\b(?={_TAG}\sclass="embed"){_TAG}>.*?</a>', re.DOTALL)
_CONTACT = re.compile(rf'<a\b(?={_TAG}\shref="(?i:mailto|tel):){_TAG}>(.*?)</a>', re.DOTALL)
_HEADING = re.compile(r"\s*<h2[^>]*>(.*?)</h2>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """An article's facts as a list may show them. `picture`: a path under `/media/`, "" for none."""

    facts: Facts
    title: str
    kicker: str
    summary: str
    picture: str
    withheld_media: tuple[NoticeText, ...] = ()


@dataclass(frozen=True, slots=True)
class Treated:
    """An article as it may be shown: texts plain, `html` and `parts` safe. `marks`: what was left out, part or
    medium, and the notice that says so.
    """

    entry: Entry
    dateline: str
    image: Image | None
    image_mark: Markup
    html: Markup
    parts: Mapping[str, str] = field(default_factory=dict)
    marks: tuple[tuple[str, str, NoticeText], ...] = ()


def treat_facts(facts: Facts, treatments: Treatments) -> Entry:
    """Facts with what is withheld or replaced taken out of them."""
    title, kicker, summary = facts.title, facts.kicker, facts.summary
    whole = _substitute(treatments, "article")
    if whole is not None:
        heading = _HEADING.match(whole)
        title = plain_text(heading[1]) if heading else words(facts.language)["replaced"]
        kicker = summary = ""
    replaced = _substitute(treatments, "title")
    if replaced is not None:
        title = plain_text(replaced)
    held = _held_media(treatments)
    lost = lost_media(facts, treatments)
    picture = next((path for path in facts.media if path not in lost and _is_picture(path)), "")
    return Entry(
        facts, title, kicker, summary, picture, tuple(dict.fromkeys(held[path] for path in facts.media if path in held))
    )


def lost_media(facts: Facts, treatments: Treatments) -> frozenset[str]:
    """The media of an article that nothing left of it shows: withheld themselves, or with what they stood in. What is
    put in the place of a text never holds media.
    """
    if _substitute(treatments, "article") is not None:
        return frozenset(facts.media)
    gone = {part for held in treatments.withheld for part in held.parts}
    gone |= {target.removeprefix("part:") for target, _ in treatments.substitutes if target.startswith("part:")}
    alone = {path for path, parts in facts.media_parts if parts <= gone}
    return frozenset(alone | {path for held in treatments.withheld for path in held.media})


def treat(article: Article, treatments: Treatments) -> Treated:
    """The article with parts and media withheld, texts replaced, and what endangers a reader taken out."""
    entry = treat_facts(article.facts, treatments)
    whole = _substitute(treatments, "article")
    if whole is not None:
        return Treated(entry, "", None, Markup(), sanitised(_HEADING.sub("", whole, count=1)))
    marks: list[tuple[str, str, NoticeText]] = []
    html, parts = _without_parts(article, treatments, marks)
    held = _held_media(treatments)
    image, image_mark = article.image, Markup()
    if image and image.src in held:
        marks.append(("media", image.src, held[image.src]))
        image_mark = withheld_mark(held[image.src], "media", article.facts.language)
        image = None
    for path, notice in held.items():
        html, found = _without_medium(html, path, notice)
        parts = {part: _without_medium(inner, path, notice)[0] for part, inner in parts.items()}
        if found and ("media", path, notice) not in marks:
            marks.append(("media", path, notice))
    html = _protected(html, treatments.protect)
    parts = {part: _protected(inner, treatments.protect) for part, inner in parts.items()}
    return Treated(entry, article.dateline, image, image_mark, sanitised(html), parts, tuple(marks))


def described(entry: Entry, due: Iterable[DueNotice]) -> str:
    """The summary for those who only see a preview, with the notices that are due to whoever it is shown to."""
    return " ".join(text for text in (entry.summary, *dict.fromkeys(one.text.text for one in due)) if text)


def _without_parts(
    article: Article, treatments: Treatments, marks: list[tuple[str, str, NoticeText]]
) -> tuple[str, dict[str, str]]:
    held = {part: one.notice for one in reversed(treatments.withheld) for part in one.parts}
    parts: dict[str, str] = {}

    def put(match: re.Match[str]) -> str:
        part = match[1]
        if part in held:
            marks.append(("part", part, held[part]))
            return str(withheld_mark(held[part], f"part:{part}", article.facts.language))
        replaced = _substitute(treatments, f"part:{part}", part)
        if replaced is None:
            parts[part] = match[2]
            return match[0]
        parts[part] = replaced
        return f'<section class="part" id="part-{part}">{replaced}</section>'

    return _PART.sub(put, article.html), parts


def _without_medium(html: str, path: str, notice: NoticeText) -> tuple[str, bool]:
    """Take a medium out of HTML: with its whole figure, since a caption describes it."""
    addresses = {escape(MEDIA_PREFIX + form) for form in (path, quote(path))}
    if not any(address in html for address in addresses):
        return html, False
    mark = str(withheld_picture(notice))
    address = f"(?:{'|'.join(map(re.escape, sorted(addresses)))})"
    holds = rf'{_TAG}\s(?:src|poster)="{address}"{_TAG}>'
    html = re.sub(
        rf"<figure\b{_TAG}>(?:(?!</figure>).)*?<(?:img|video|audio)\b{holds}.*?</figure>", mark, html, flags=re.DOTALL
    )
    html = re.sub(rf"<(video|audio)\b{holds}.*?</\1>", mark, html, flags=re.DOTALL)
    html = re.sub(rf"<img\b{holds}", mark, html)
    html = re.sub(rf'<a\b(?={_TAG}\shref="{address}"){_TAG}>(.*?)</a>', mark, html, flags=re.DOTALL)
    return html, True


def _protected(html: str, protect: frozenset[str]) -> str:
    if protect & {"embeds", "third-party"}:
        html = _EMBED.sub("", html)
    if "contacting" in protect:
        html = _CONTACT.sub(r"\1", html)
    return html


def _held_media(treatments: Treatments) -> dict[str, NoticeText]:
    return {path: one.notice for one in reversed(treatments.withheld) for path in one.media}


def _substitute(treatments: Treatments, *targets: str) -> str | None:
    """The sanitised text that stands in for one of the targets; the first in precedence."""
    return next((prose(text) for target, text in treatments.substitutes if target in targets), None)


def _is_picture(path: str) -> bool:
    return path.lower().endswith((".avif", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"))
