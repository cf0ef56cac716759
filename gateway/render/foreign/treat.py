"""What policies do to somebody else's page: the one way in. Pure.

An answer that no treatment touches is the very object that came. Whatever is treated goes out as UTF-8 and past a
guard: each due notice stands in it once, where a reader can see it, and nothing that is withheld is left in any byte;
else a plain page takes its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.content.doors import Door
from gateway.content.message import Fields, Response, joined
from gateway.policy.decision import Decision, Treatments
from gateway.render.foreign.charset import decoded
from gateway.render.foreign.feed_treat import treat_feed
from gateway.render.foreign.hosts import Hosts
from gateway.render.foreign.json_treat import treat_json, whole_page_instead
from gateway.render.foreign.outcome import Alarm, Made
from gateway.render.foreign.page_treat import Held, Page, held_of, refused_of, shows_held, told_only, treat_page
from gateway.render.foreign.recognise import Recognised
from gateway.render.foreign.rules import Rules
from gateway.render.foreign.scrub import Hidden
from gateway.render.foreign.sent_fields import sent_fields
from gateway.render.notices import once
from gateway.render.refusal import refusal_page
from gateway.render.rendered import ATOM, HTML, JSON, Rendered
from gateway.render.site import Site


@dataclass(frozen=True, slots=True)
class Treated:
    """A page as it may leave. `fields`: the origin's, as far as they are still true, and those that treatments add
    (no caching, no validators, no lengths: those are the sender's); none of the origin's on a refusal.
    `untouched`: body and fields are the origin's own objects.
    """

    page: Rendered
    fields: Fields
    alarms: tuple[Alarm, ...] = ()
    untouched: bool = False


def treat(
    response: Response,
    found: Recognised,
    decision: Decision,
    rules: Rules,
    site: Site,
    *,
    entries: Sequence[Decision] = (),
    host: str = "",
    unable: str = "",
) -> Treated:
    """The response under a decision. `entries`: the decisions on `found.entries`, in that order. Never raises.

    `response.body`: any content coding undone. `host`: the name under which readers know the site. `unable`: why the
    body is not to be looked into; then a plain page takes its place.
    """
    treatments = decision.treatments if found.article else _of_any_page(decision.treatments)
    held: Held = ()
    if found.door is Door.LISTING:
        held = held_of(found.entries, entries)
        if not found.article and decision.treatments.withheld:
            own = Treatments(withheld=decision.treatments.withheld)
            held = (*held, (frozenset({found.facts.slug}), own))
        treatments, entries = _of_list(treatments, entries), _refused(entries)
    said = joined(response.fields, "content-type") or ""
    language = found.facts.language
    if treatments.refusal:
        return Treated(refusal_page(site, treatments.refusal, decision, language, found.door), ())
    if treatments.forwarding:
        return Treated(Rendered(treatments.forwarding.status, HTML, language, b""), ())
    if treatments == Treatments() and not held and all(one.treatments == Treatments() for one in entries):
        return Treated(Rendered(response.status, said, language, response.body), response.fields, untouched=True)
    if unable:
        return _in_its_stead(response, found, treatments, entries, unable)
    try:
        return _treated(response, said, found, treatments, entries, rules, Hosts(host, rules.own_hosts), held)
    except Exception as error:  # noqa: BLE001  (whatever it is, the page must not leave untreated)
        return _in_its_stead(response, found, treatments, entries, type(error).__name__)


def _in_its_stead(
    response: Response, found: Recognised, treatments: Treatments, entries: Sequence[Decision], why: str
) -> Treated:
    due = once(treatments.notices, *(one.treatments.notices for one in entries))
    kind = {Door.JSON: JSON, Door.FEED: ATOM}.get(found.door, HTML)
    page = Rendered(response.status, kind, found.facts.language, b"", due).wrapped()
    return Treated(page, (("Content-Type", kind),), (Alarm("treatment_failed", f"{why} on {found.facts.slug}"),))


def _treated(
    response: Response,
    said: str,
    found: Recognised,
    treatments: Treatments,
    entries: Sequence[Decision],
    rules: Rules,
    hosts: Hosts,
    held: Held,
) -> Treated:
    language = found.facts.language
    text, encoding = decoded(response.body, said)
    refused = refused_of(found.entries, entries) if found.door is Door.LISTING else frozenset()
    page = Page(text, found.facts, treatments, rules, hosts, refused, held)
    made: Made | None
    if found.builds_page:
        made = whole_page_instead(page)
    elif found.door in (Door.HTML, Door.LISTING):
        told = told_only(response.body, page, encoding)
        if told is not None:
            fields = sent_fields(response.fields, said or HTML, treatments, hosts)
            return Treated(Rendered(response.status, said or HTML, language, told), fields)
        idle = treatments == Treatments() and not refused and not shows_held(page)
        made = None if idle else treat_page(page)
    elif found.door is Door.JSON:
        made = treat_json(page, found, entries)
    else:
        made = treat_feed(page, found, entries)
    if made is None:
        return Treated(Rendered(response.status, said, language, response.body), response.fields, untouched=True)
    kind = made.content_type or said
    rendered = Rendered(made.status or response.status, kind, language, made.body, made.due, made.content)
    fields = _silent(response.fields, made.hidden) if made.hidden else response.fields
    return Treated(rendered, sent_fields(fields, kind, treatments, hosts), made.alarms)


def _silent(fields: Fields, hidden: Hidden) -> Fields:
    """The fields without any that says what is withheld; their values are octets, most often of UTF-8."""

    def says(value: str) -> bool:
        read = value.encode("latin-1", "replace").decode("utf-8", "replace")
        return hidden.stands_in(value) or hidden.stands_in(read)

    return tuple((name, value) for name, value in fields if not says(value))


def _of_list(treatments: Treatments, entries: Sequence[Decision]) -> Treatments:
    """A page that leads to articles owes what any of them owes, and offers nothing that any of them must not offer."""
    shown = [one.treatments for one in entries if one.treatments.refusal is None]
    return replace(
        treatments,
        notices=once(treatments.notices, *(one.notices for one in shown)),
        protect=treatments.protect.union(*(one.protect for one in shown)),
    )


def _refused(entries: Sequence[Decision]) -> Sequence[Decision]:
    """The entries in their places, what is not refused as if nothing were done to it."""
    return [one if one.treatments.refusal is not None else replace(one, treatments=Treatments()) for one in entries]


def _of_any_page(treatments: Treatments) -> Treatments:
    """What holds for a page that is no article: nothing of it can be withheld or refused for an article's sake."""
    return replace(Treatments(), notices=treatments.notices, protect=treatments.protect, headers=treatments.headers)
