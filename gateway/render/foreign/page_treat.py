"""An HTML page under its treatments: parts and widgets out, metadata mended, notices in, a guard at the end. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from selectolax.lexbor import LexborHTMLParser

from gateway.content.article import Facts
from gateway.content.markdown import prose
from gateway.content.sanitise import plain_text
from gateway.policy.decision import Decision, DueNotice, Treatments
from gateway.render.foreign.anatomy import Anatomy, anatomy
from gateway.render.foreign.document import Document, attribute, parse, writable
from gateway.render.foreign.flow import Flow
from gateway.render.foreign.hosts import Hosts
from gateway.render.foreign.notices_in import place_notices
from gateway.render.foreign.outcome import Alarm, Made
from gateway.render.foreign.plain import plain_page
from gateway.render.foreign.preview import tell, told_in_place
from gateway.render.foreign.rebuilding import without_scripts_that_rebuild
from gateway.render.foreign.retitle import retitle, retitle_listed
from gateway.render.foreign.rules import Rules
from gateway.render.foreign.scrub import Hidden, scrub
from gateway.render.foreign.security_policy import with_styled_notices_inside
from gateway.render.foreign.strip import strip
from gateway.render.foreign.teasers import only, teasers_of, without_refused
from gateway.render.foreign.third_party import amp_to_html, only_own, without_referrer, without_storing
from gateway.render.foreign.visible import lost
from gateway.render.foreign.widgets import REMOVED
from gateway.render.foreign.withhold import Outcome, withhold, withhold_listed
from gateway.render.language import words
from gateway.render.notices import once
from gateway.render.rendered import HTML

Held = tuple[tuple[frozenset[str], Treatments], ...]
"""Articles by their paths, and what of them is withheld or replaced."""


@dataclass(frozen=True, slots=True)
class Page:
    """A text, and everything that says what is done to it. `refused`: articles that it leads to and its reader does not
    get, by path, and what lists do about them (omit, mark). `held`: those that are not shown as they are.
    """

    text: str
    facts: Facts
    treatments: Treatments
    rules: Rules
    hosts: Hosts
    refused: frozenset[tuple[str, str]] = frozenset()
    held: Held = ()


def refused_of(entries: Sequence[Facts], decided: Sequence[Decision]) -> frozenset[tuple[str, str]]:
    """The articles of a list that its reader does not get, as `Page.refused` has them."""
    pairs = zip(entries, decided, strict=False)
    return frozenset(
        (one.slug, away.listing) for one, decision in pairs if (away := decision.treatments.refusal) is not None
    )


def held_of(entries: Sequence[Facts], decided: Sequence[Decision]) -> Held:
    """Those that are not shown as they are, together of which the same is not shown."""
    held: dict[Treatments, set[str]] = {}
    for facts, one in zip(entries, decided, strict=False):
        done = one.treatments
        if done.refusal is None and (done.withheld or done.substitutes):
            held.setdefault(Treatments(withheld=done.withheld, substitutes=done.substitutes), set()).add(facts.slug)
    return tuple((frozenset(paths), treatments) for treatments, paths in held.items())


def told_only(body: bytes, page: Page, encoding: str) -> bytes | None:
    """Where nothing is due but words in the metadata: the same bytes but for those words; None where more is due."""
    treatments = page.treatments
    if page.refused or page.held or treatments != Treatments(social=treatments.social, headers=treatments.headers):
        return None
    made = told_in_place(page.text, treatments.social, encoding)
    if made is None:
        return None
    mark = body[: len(body) - len(body.lstrip(b"\xef\xbb\xbf\xff\xfe"))]
    try:
        if mark + page.text.encode(encoding) != body:
            return None  # it was not written as it says; then it is written anew
        return mark + made.encode(encoding)
    except UnicodeError:
        return None


def shows_held(page: Page) -> bool:
    """Whether a list shows anything that it must not show of the articles in `held`; most show a headline alone."""
    document = Document(page.text)
    before, outcome = document.html(), Outcome()
    for paths, its in page.held:
        _listed(document.tree, page, paths, its, outcome)
    scrub(document.tree, outcome.hidden())
    return document.html() != before


def treat_page(page: Page) -> Made:
    """The page with everything done to it, or a plain one in its place."""
    treatments = page.treatments
    due = once(treatments.notices)
    whole = next((text for target, text in treatments.substitutes if target == "article"), None)
    if whole is not None:
        return _replaced(page, due, whole)
    alarms: list[Alarm] = []
    for safe in (False, True):
        document = Document(page.text)
        outcome, hidden, parts = _treated(document, page)
        alarms = [Alarm("withhold_unmatched", f"{what} on {page.facts.slug}") for what in outcome.unmatched]
        alarms += [Alarm("withhold_inexact", f"{what} on {page.facts.slug}") for what in outcome.inexact]
        if outcome.lost:
            alarms.append(Alarm("withheld_whole_page", page.facts.slug))
            return _plain(page, due, "", alarms)
        content = "".join(one.inner_html or "" for one in parts.texts)
        place_notices(document.tree, due, page.rules, parts, safe=safe)
        html = document.html()
        if hidden and betrayed(html, hidden):
            alarms.append(Alarm("withheld_whole_page", page.facts.slug))
            return _plain(page, due, "", alarms)
        if not lost(html, [one.id for one in due]):
            return Made(html.encode("utf-8", "replace"), HTML, due, content, tuple(alarms), hidden=hidden)
    alarms.append(Alarm("notice_guard_failed", f"{', '.join(one.id for one in due)} on {page.facts.slug}"))
    return _plain(page, due, content, alarms)


def betrayed(html: str, hidden: Hidden) -> bool:
    """Whether anything withheld is left: in what is read, in any attribute or script, in the bytes as they stand."""
    return bool(Flow(parse(html)).runs_of(hidden.words)) or hidden.stands_in(html)


def _treated(document: Document, page: Page) -> tuple[Outcome, Hidden, Anatomy]:
    tree, treatments = document.tree, page.treatments
    for node in tree.css("[data-notice], [data-withheld]"):  # only ours are counted
        for name in ("data-notice", "data-withheld"):
            if name in node.attributes:
                del node.attrs[name]
    parts = anatomy(tree, page.rules)
    without_refused(tree, page.hosts, page.facts.slug, dict(page.refused), page.facts.language)
    outcome = withhold(tree, treatments, parts, page.facts.language)
    for paths, its in page.held:
        _listed(tree, page, paths, its, outcome)
    without_scripts_that_rebuild(tree)
    hidden = outcome.hidden()
    scrub(tree, hidden)
    title = next((text for target, text in treatments.substitutes if target == "title"), None)
    if title is not None:
        retitle(tree, writable(plain_text(prose(title))), page.facts.title)
    protected(tree, page, parts)
    with_styled_notices_inside(tree)
    for node in tree.css("link[rel~='amphtml']"):  # another's cache would show the page to everybody
        node.decompose()
    tell(tree, treatments.social)
    if document.whole:
        as_utf8(tree)
    return outcome, hidden, parts


def _listed(
    tree: LexborHTMLParser, page: Page, paths: frozenset[str], treatments: Treatments, outcome: Outcome
) -> None:
    """What a list shows of articles that are not shown as they are."""
    found = teasers_of(tree, page.hosts, page.facts.slug, paths)
    teasers = list({teaser.mem_id: (path, teaser) for path, teaser in found}.values())
    texts = {target: prose(text) for target, text in treatments.substitutes}
    title = plain_text(texts["title"]) if "title" in texts else ""
    if "article" in texts:
        heading = parse(f"<body>{texts['article']}").css_first("h1, h2")
        said = (heading.text(deep=True) or "").strip() if heading is not None else ""
        for path, teaser in teasers:
            link = f'<a href="{escape(path)}">{escape(title or said or words(page.facts.language)["replaced"])}</a>'
            only(tree, teaser, link)
    elif title:
        retitle_listed(tree, writable(title), [teaser for _, teaser in teasers])
    withhold_listed(tree, treatments, [teaser for _, teaser in teasers], outcome, page.facts.language)


def protected(tree: LexborHTMLParser, page: Page, parts: Anatomy) -> None:
    """Take away what the protections name."""
    protect = page.treatments.protect
    if not protect.isdisjoint(REMOVED):
        strip(tree, protect, page.rules, page.hosts, parts.core, parts.texts)
    if "third-party" in protect:
        amp_to_html(tree)
        only_own(tree, page.hosts)
    if "storing" in protect:
        without_storing(tree)
    if "referrer" in protect:
        without_referrer(tree)


def as_utf8(tree: LexborHTMLParser) -> None:
    """Say in the page that it is UTF-8; forms go on sending what the origin expects."""
    said = ""
    for node in tree.css("meta[charset], meta[http-equiv='content-type' i]"):
        said = said or attribute(node, "charset") or attribute(node, "content").rpartition("charset=")[2].strip(" ;\"'")
        node.decompose()
    if tree.head is not None:
        meta = tree.create_node("meta")
        meta.attrs["charset"] = "utf-8"
        opening = tree.head.first_child
        if opening is None:
            tree.head.insert_child(meta)
        else:
            opening.insert_before(meta)
    if said and said.lower() not in ("utf-8", "utf8"):
        for form in tree.css("form:not([accept-charset])"):
            form.attrs["accept-charset"] = said


def _replaced(page: Page, due: tuple[DueNotice, ...], text: str) -> Made:
    """An article that is replaced whole: nothing of its page is kept, since nothing says what else tells of it."""
    html = prose(text)
    tree = parse(f"<body>{html}")
    heading = tree.css_first("h1, h2")
    title = (heading.text(deep=True) or "").strip() if heading is not None else ""
    if heading is not None:
        heading.decompose()
    body = (tree.body.inner_html or "") if tree.body is not None else ""
    made = plain_page(page.facts.language, title or page.hosts.host, due, body)
    return Made(made.encode("utf-8", "replace"), HTML, due, body)


def _plain(page: Page, due: tuple[DueNotice, ...], content: str, alarms: list[Alarm]) -> Made:
    """A page of our own with the notices, and of the article what is left of it."""
    withholding = bool(page.treatments.withheld or page.held)
    other = next((text for target, text in page.treatments.substitutes if target == "title"), None)
    title = (plain_text(prose(other)) if other is not None else page.facts.title) or page.hosts.host
    if withholding:
        title = page.hosts.host
    marks = "".join(f"<p>{one.notice.html}</p>" for one in page.treatments.withheld)
    for text in (marks + content, marks):
        html = plain_page(page.facts.language, title, due, text)
        if not lost(html, [one.id for one in due]):
            break
    return Made(html.encode("utf-8", "replace"), HTML, due, content, tuple(alarms))
