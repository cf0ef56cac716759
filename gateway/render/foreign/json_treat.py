"""A JSON body under the decisions on the articles in it. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence

import orjson

from gateway.content.markdown import prose
from gateway.content.sanitise import plain_text
from gateway.policy.decision import Decision, DueNotice, Treatments
from gateway.render.foreign.fragment import Entry
from gateway.render.foreign.json_body import TEXTS, TITLES, article_objects, mentions_in, rendered
from gateway.render.foreign.json_pieces import treat_pieces
from gateway.render.foreign.outcome import Made
from gateway.render.foreign.page_treat import Page
from gateway.render.foreign.preview import spoken
from gateway.render.foreign.recognise import Recognised
from gateway.render.language import words
from gateway.render.notices import once
from gateway.render.rendered import JSON, notices_json

_WRAPPED = ("rendered", "processed", "value")
_SUMMARIES = ("excerpt", "summary", "description")


def treat_json(page: Page, found: Recognised, entries: Sequence[Decision]) -> Made | None:
    """The body with each article treated; None where nothing of it changes. The articles of a list come with decisions
    of their own, the article of a body about one with the page's.
    """
    value: object = orjson.loads(page.text.encode("utf-8", "replace"))
    objects = list(article_objects(value))
    if not found.article:
        objects += mentions_in(value, page.hosts)
    decided = [page.treatments] if found.article else [one.treatments for one in entries]
    facts = [found.facts] if found.article else list(found.entries)
    before = _dumped(value) if found.pieced else b""
    if found.pieced:
        treat_pieces(value, page, found.entries[-found.pieced :], entries[-found.pieced :])
    due: tuple[DueNotice, ...] = ()
    gone: list[dict[str, object]] = []
    for one, its_facts, treatments in zip(objects, facts, decided, strict=False):
        if treatments == Treatments():
            continue
        entry = Entry(its_facts, treatments, page.rules, page.hosts, Entry.nothing())
        if treatments.refusal is not None:
            if treatments.refusal.listing != "mark":
                gone.append(one)
                continue
            _empty(one, entry)
        else:
            _treat(one, entry)
        due = once(due, entry.due)
    value = _without(value, gone)
    if isinstance(value, dict) and due:
        value = {**value, "notices": notices_json(due)}
    body = _dumped(value)
    return None if body == before else Made(body, JSON, due)


def _dumped(value: object) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # some text holds what UTF-8 cannot; escaped, as JSON may have it, it harms nobody
        return json.dumps(value).encode("ascii")


def whole_page_instead(page: Page) -> Made | None:
    """Instead of what a script would build a page from, which no treatment could reach: nothing but the notices, as an
    error, upon which the framework has the browser load the page itself.
    """
    if page.treatments == Treatments(social=page.treatments.social, headers=page.treatments.headers):
        return None
    due = once(page.treatments.notices)
    return Made(orjson.dumps({"notices": notices_json(due)}), JSON, due, status=404)


def _treat(one: dict[str, object], entry: Entry) -> None:
    inner = one.get("attributes")
    fields: dict[str, object] = inner if isinstance(inner, dict) else one
    names = [name for name in TEXTS if rendered(fields.get(name)) is not None]
    whole = next((name for name in names if name not in _SUMMARIES), next(iter(names), ""))
    if entry.article is not None:
        _replace_all(fields, whole, entry)
    else:
        for name in sorted(names, key=lambda name: name != whole):
            text = rendered(fields[name]) or ""
            made = entry.html(text, notices=name == whole)
            _put(fields, name, made if name == whole else " ".join(filter(None, (made, spoken(entry.due)))))
        for name in TITLES:
            said = rendered(fields.get(name))
            if said is not None:
                _put(fields, name, plain_text(prose(entry.title)) if entry.title is not None else entry.plain(said))
    for name, value in list(fields.items()):
        if name not in (*names, *TITLES):
            fields[name] = _scrubbed(value, entry, 0)
    if entry.due:
        one["notices"] = notices_json(entry.due)


def _replace_all(fields: dict[str, object], whole: str, entry: Entry) -> None:
    for name, value in list(fields.items()):
        if name == whole:
            _put(fields, name, entry.html(prose(entry.article or ""), notices=True))
        elif name in TITLES:
            _put(
                fields, name, plain_text(prose(entry.title)) if entry.title else words(entry.facts.language)["replaced"]
            )
        elif not isinstance(value, (int, float, bool)) and name not in ("link", "url", "id", "slug", "date", "path"):
            fields[name] = None


def _empty(one: dict[str, object], entry: Entry) -> None:
    """A refused article that lists mark: that there is one, and why it is not shown."""
    for name, value in list(one.items()):
        if name in TITLES:
            _put(one, name, words(entry.facts.language)["unavailable_entry"])
        elif not isinstance(value, (int, float, bool)) and name not in ("link", "url", "id", "slug", "date", "path"):
            one[name] = None
    refusal = entry.treatments.refusal
    one["notices"] = notices_json(entry.due)
    if refusal is not None:
        one["text"] = refusal.notice.text


def _put(fields: dict[str, object], name: str, text: str) -> None:
    value = fields.get(name)
    if isinstance(value, dict):
        for key in _WRAPPED:
            if isinstance(value.get(key), str):
                value[key] = text
    else:
        fields[name] = text


def _scrubbed(value: object, entry: Entry, depth: int) -> object:
    """A value without whatever holds what is withheld."""
    if not entry.hidden or depth > 40:
        return value
    if isinstance(value, str):
        return "" if entry.hidden.stands_in(value) else value
    if isinstance(value, list):
        return [_scrubbed(inner, entry, depth + 1) for inner in value]
    if isinstance(value, dict):
        return {name: _scrubbed(inner, entry, depth + 1) for name, inner in value.items()}
    return value


def _without(value: object, gone: list[dict[str, object]]) -> object:
    if not gone:
        return value
    if isinstance(value, list):
        return [_without(inner, gone) for inner in value if not any(inner is one for one in gone)]
    if isinstance(value, dict):
        return {
            name: _without(inner, gone) if not any(inner is one for one in gone) else None
            for name, inner in value.items()
        }
    return value
