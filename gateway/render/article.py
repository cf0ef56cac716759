"""An article's page, and its JSON: what `treat` left, with the notices that are due. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup, escape

from gateway.content.article import Article, Facts
from gateway.policy.decision import Decision, Treatments
from gateway.policy.model import NoticeText
from gateway.render.environment import media_address
from gateway.render.language import Words, words
from gateway.render.markup import sanitised
from gateway.render.notices import once
from gateway.render.page import filled, html_page
from gateway.render.rendered import HTML, JSON, Rendered, notices_json
from gateway.render.site import Site
from gateway.render.treat import Treated, described, treat

_SHARING = (
    ("share_mail", "mailto:?subject={title}&body={url}"),
    ("share_telegram", "https://t.me/share/url?url={url}&text={title}"),
    ("share_whatsapp", "https://wa.me/?text={title}%20{url}"),
)
_CONTROLS = (
    ("like", "liking"),
    ("comment", "commenting"),
    ("save", "saving"),
    ("subscribe", "subscribing"),
    ("contact", "contacting"),
    ("donate", "donating"),
)


@dataclass(frozen=True, slots=True)
class Control:
    """A link by which a reader does something with an article. `kind` is the word of `protect` that takes it away."""

    kind: str
    label: str
    address: str
    outside: bool


def article_page(site: Site, article: Article, decision: Decision, translations: Sequence[Facts] = ()) -> Rendered:
    """The article as HTML. `translations`: the published members of its family, itself among them or not."""
    treatments, facts = decision.treatments, article.facts
    treated = treat(article, treatments)
    entry = treated.entry
    due = once(treatments.notices)
    spoken = words(facts.language)
    url = f"{site.base_url}/articles/{facts.slug}"
    description = described(entry, once(treatments.social))
    body = html_page(
        "article.html",
        site,
        facts.language,
        title=entry.title,
        due=due,
        protect=treatments.protect,
        section=facts.section,
        url=url,
        family=family(facts, translations),
        siblings=[one for one in translations if one.slug != facts.slug],
        description=description,
        entry=entry,
        image=treated.image,
        image_mark=treated.image_mark,
        body=with_dateline(treated.html, treated.dateline),
        controls=controls(site, facts.slug, entry.title, treatments.protect, spoken),
        linked_data=_linked_data(site, treated, url, description),
    )
    content = f"<h2>{escape(entry.title)}</h2><p>{escape(entry.summary)}</p>{treated.html}"
    return Rendered(200, HTML, facts.language, body, due, content)


def article_json(site: Site, article: Article, decision: Decision, translations: Sequence[Facts] = ()) -> Rendered:
    """The article as JSON, for apps and other programs: whoever shows it owes its readers the notices."""
    treatments, facts = decision.treatments, article.facts
    treated = treat(article, treatments)
    entry = treated.entry
    due = once(treatments.notices, treatments.social)
    image = treated.image
    replaced = any(target == "article" for target, _ in treatments.substitutes)
    value = {
        "slug": facts.slug,
        "url": f"{site.base_url}/articles/{facts.slug}",
        "language": facts.language,
        "title": entry.title,
        "kicker": entry.kicker,
        "dateline": treated.dateline,
        "summary": entry.summary,
        "published": facts.published.isoformat(),
        "updated": facts.updated.isoformat() if facts.updated else None,
        "authors": facts.authors,
        "section": facts.section,
        "tags": [] if replaced else sorted(facts.tags),  # of an article that is not shown they tell too much
        "image": {
            "src": media_address(image.src), "caption": image.caption, "credit": image.credit, "alt": image.alt
        } if image else None,
        "translations": [
            {"slug": one.slug, "language": one.language, "url": f"{site.base_url}/articles/{one.slug}"}
            for one in translations
            if one.slug != facts.slug
        ],
        "html": str(treated.html),
        "parts": dict(treated.parts),
        "notices": notices_json(due),
        "withheld": [
            {"what": f"part:{what}" if kind == "part" else kind, **_told(text)} for kind, what, text in treated.marks
        ],
        "treatments": public_names(treatments),
    }  # fmt: skip
    return Rendered(200, JSON, facts.language, orjson.dumps(value), due, str(treated.html))


def public_names(treatments: Treatments) -> list[str]:
    """The treatments' names, without those of withheld files: a file's name can tell what is in it."""
    held = {f"withhold:{path}" for one in treatments.withheld for path in one.media}
    return list(dict.fromkeys("withhold:media" if name in held else name for name in treatments.names()))


def _told(text: NoticeText) -> dict[str, str]:
    return {"id": text.id, "language": text.language, "text": text.text}


def family(facts: Facts, translations: Sequence[Facts]) -> list[Facts]:
    """The members of an article's family, for `hreflang`; none for an article without translations."""
    return [] if all(one.slug == facts.slug for one in translations) else list(translations)


def controls(site: Site, slug: str, title: str, protect: frozenset[str], spoken: Words) -> list[Control]:
    """The links with which a reader shares, likes, saves, …, as far as they are not taken away."""
    values = {"url": f"{site.base_url}/articles/{slug}", "title": title, "slug": slug}
    found: list[Control] = []
    if "sharing" not in protect:
        found = [Control("sharing", spoken[name], filled(address, values), outside=True) for name, address in _SHARING]
    for name, kind in _CONTROLS:
        address = site.controls.get(name) or ("/feed.xml" if name == "subscribe" else "")
        if address and kind not in protect:
            found.append(Control(kind, spoken[name], filled(address, values), not address.startswith("/")))
    return found


def with_dateline(html: Markup, dateline: str) -> Markup:
    """The dateline opens the body: inside its first paragraph where there is one."""
    if not dateline:
        return html
    opening = Markup('<span class="dateline">{}</span> <span class="dash">—</span> ').format(dateline)
    first = html.find("<p>")
    before = html[:first] if first >= 0 else html
    if first >= 0 and not re.sub(r'<section class="part" id="part-[a-z0-9-]+">', "", before).strip():
        return sanitised(f"{before}<p>{opening}{html[first + 3 :]}")
    return sanitised(f"<p>{opening}</p>\n{html}")


def _linked_data(site: Site, treated: Treated, url: str, description: str) -> Markup:
    """schema.org's NewsArticle as a data block: it runs nowhere, so no content security policy asks after it."""
    facts = treated.entry.facts
    value: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": treated.entry.title,
        "inLanguage": facts.language,
        "datePublished": facts.published.isoformat(),
        "dateModified": facts.modified.isoformat(),
        "author": [{"@type": "Person", "name": name} for name in facts.authors],
        "publisher": {"@type": "NewsMediaOrganization", "name": site.title, "url": f"{site.base_url}/"},
        "mainEntityOfPage": url,
        "articleSection": facts.section,
    }
    if description:
        value["description"] = description
    if treated.image:
        value["image"] = [site.base_url + media_address(treated.image.src)]
    return htmlsafe_json_dumps(value, lambda data, **_: orjson.dumps(data).decode())
