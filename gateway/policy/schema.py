"""JSON Schemas of the operators' files, so that an editor completes, explains and underlines while one writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gateway.policy import words
from gateway.policy.cases import DOORS
from gateway.policy.model import PROTECTIONS
from gateway.policy.parse_actions import CERTAINTIES, PLACES
from gateway.policy.parse_policy import BASES, DISCLOSURES, STATES
from gateway.policy.parse_regions import KINDS
from gateway.policy.parse_restrictions import HEADERS

Schema = dict[str, Any]

NAME: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"}
TEXT: Schema = {"type": "string", "minLength": 1}
# editors read `2026-11-01` and `true` as dates and booleans, which the gateway takes as the text that they are
DAY: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
MOMENT: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)$"}
FLAG: Schema = {"enum": [True, False]}
URL: Schema = {"type": "string", "pattern": "^https?://"}


def schema(kind: str) -> Schema:
    """The schema of "policy", "regions", "notice", "cases" or "corrections". Raises KeyError for any other word."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"gateway {kind}", **_KINDS[kind]()}


def _one_of(choices: Iterable[str]) -> Schema:
    return {"enum": list(choices)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items, "minItems": 1}


def _mapping(described: Mapping[str, str], values: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    return {
        "type": "object",
        "properties": {name: {**values.get(name, TEXT), "description": text} for name, text in described.items()},
        "required": list(required),
        "additionalProperties": False,
        "minProperties": 1,
    }


def _policy() -> Schema:
    basis = _mapping(words.BASIS, {"kind": _one_of(BASES), "reference": URL, "since": DAY}, ["kind"])
    readers = _mapping(words.READERS, {name: _list(TEXT) for name in words.READERS})
    effective = _mapping(
        words.EFFECTIVE, {"in": _list(TEXT), "from": MOMENT, "until": {"anyOf": [MOMENT, {"const": "lifted"}]}}
    )
    return _mapping(
        words.POLICY,
        {
            "policy": NAME,
            "state": _one_of(STATES),
            "basis": _list(basis),
            "review_by": DAY,
            "disclose": _one_of(DISCLOSURES),
            "readers": {"anyOf": [{"const": "all"}, readers]},
            "articles": {"anyOf": [{"const": "all"}, _articles(excepted=False)]},
            "effective": _list(effective),
            "priority": {"type": "integer"},
            "do": _list(_action()),
        },
        ["policy", "title", "readers", "articles", "do"],
    )


def _articles(*, excepted: bool) -> Schema:
    described = {name: text for name, text in words.ARTICLES.items() if not (excepted and name == "except")}
    published = _mapping(
        dict.fromkeys(("from", "until"), words.ARTICLES["published"]), {"from": MOMENT, "until": MOMENT}
    )
    lists = ("slugs", "sections", "tags", "languages", "paths")
    values: dict[str, Schema] = {name: _list(TEXT) for name in lists}
    values |= {
        "published": published,
        "media": _mapping({"rights": words.ARTICLES["media"]}, {"rights": _list(TEXT)}, ["rights"]),
        "translations": FLAG,
    }
    if not excepted:
        values["except"] = _articles(excepted=True)
    return _mapping(described, values)


def _action() -> Schema:
    protections = _list(_one_of(PROTECTIONS))
    notice = _mapping(
        words.NOTICE_ACTION,
        {"place": _one_of(PLACES), "show": _list(_one_of(("article", "listing"))), "fallback": _list(TEXT)},
        ["id"],
    )
    bodies: dict[str, Schema] = {
        "notice": {"anyOf": [NAME, notice]},
        "protect": {
            "anyOf": [
                {"const": "all"},
                protections,
                *(_mapping({word: text}, {word: protections}) for word, text in words.PROTECT_ACTION.items()),
            ]
        },
        "block": _mapping(words.BLOCK_ACTION, {"notice": NAME, "listing": _one_of(("omit", "mark"))}, ["notice"]),
        "redirect": _mapping(words.REDIRECT_ACTION, {"status": {"enum": [302, 307]}}, ["to"]),
        "withhold": _mapping(
            words.WITHHOLD_ACTION,
            {"parts": _list(TEXT), "media": {"anyOf": [{"const": "all"}, _list(TEXT)]}, "notice": NAME},
            ["notice"],
        ),
        "substitute": {
            **_mapping(words.SUBSTITUTE_ACTION, {"title": {"const": True}, "article": {"const": True}}, ["with"]),
            "oneOf": [{"required": [target]} for target in words.SUBSTITUTE_ACTION if target != "with"],
        },
        "headers": _mapping({name: words.HEADERS_ACTION[name] for name in HEADERS}, {}),
    }
    action = _mapping(words.ACTIONS, {**bodies, "certainty": _one_of(CERTAINTIES)})
    return {**action, "oneOf": [{"required": [name]} for name in bodies]}


def _file(word: str, value: Schema) -> Schema:
    """A file with one word at its top."""
    return _mapping({word: words.FILES[word]}, {word: value}, [word])


def _regions() -> Schema:
    lists = ("wholly", "countries", "partly", "networks", "hosts")
    values: dict[str, Schema] = {name: _list(TEXT) for name in lists}
    region = _mapping(words.REGION, {**values, "kind": _one_of(KINDS), "as_of": DAY, "from": DAY})
    return _file("regions", {"type": "object", "propertyNames": NAME, "additionalProperties": region})


def _corrections() -> Schema:
    correction = _mapping(words.CORRECTION, {"until": MOMENT}, ["network", "country", "reason", "until"])
    return _file("corrections", _list(correction))


def _notice() -> Schema:
    return _mapping(words.NOTICE, {"self_conditional": FLAG, "style": _one_of(("statutory",))}, ["title"])


def _cases() -> Schema:
    names = {"type": "array", "items": TEXT}
    protect = {"anyOf": [{"const": "all"}, {"type": "array", "items": _one_of(PROTECTIONS)}]}
    expect = _mapping(
        words.EXPECT,
        {**dict.fromkeys(words.EXPECT, names), "status": {"type": "integer"}, "protect": protect},
    )
    reader = _mapping(words.READER, {"unknown": FLAG})
    case = _mapping(
        words.CASE,
        {"reader": reader, "at": MOMENT, "door": _one_of(DOORS), "expect": expect},
        ["name", "reader", "article", "expect"],
    )
    return _file("cases", _list(case))


_KINDS: Mapping[str, Callable[[], Schema]] = {
    "policy": _policy,
    "regions": _regions,
    "notice": _notice,
    "cases": _cases,
    "corrections": _corrections,
}
KINDS_OF_FILE = tuple(_KINDS)
"""The words that `schema` knows."""
