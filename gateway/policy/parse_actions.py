"""What a policy does: the items of `do`, each one action with the certainty that it needs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.errors import Problem
from gateway.policy.model import PROTECTIONS, Action, Certainty, Notice, NoticePlace, Protect
from gateway.policy.parse_restrictions import RESTRICTIONS
from gateway.policy.surroundings import Parser, Surroundings, notice_id
from gateway.pyyaml import Fields, Node

CERTAINTIES = tuple(str(certainty) for certainty in Certainty)
PLACES = tuple(place.value for place in NoticePlace)
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def parse_action(node: Node, about: str, around: Surroundings, problems: list[Problem]) -> Action | None:
    """One item of `do`; None if something is wrong with it."""
    before = len(problems)
    with Fields(node, problems, f"in {about}") as fields:
        written = [name for name in ACTIONS if fields.has(name)]
        certainty = fields.one_of("certainty", CERTAINTIES)
        if node.kind == "mapping" and len(written) != 1:
            found = f"holds {len(written)} actions: {', '.join(written)}" if written else "holds no action"
            remedy = "write one action an item" if written else f"write one of: {', '.join(ACTIONS)}"
            unknown = set(node.entries) - {*ACTIONS, "certainty"}
            if written or not unknown:
                fields.refuse(node, "one-action", f"an item of 'do' of {about} {found}", remedy)
        action = None
        if len(written) == 1:
            name = written[0]
            value = node.entries[name][1]
            sure = Certainty[certainty.upper()] if certainty else _DEFAULTS.get(name, Certainty.CONFIRMED)
            action = ACTIONS[name](value, f"in '{name}' of {about}", around, problems, sure)
    return action if len(problems) == before else None


def _notice(node: Node, about: str, around: Surroundings, problems: list[Problem], sure: Certainty) -> Action | None:
    if node.kind == "scalar":
        return Notice(notice_id(node, about, around, problems), certainty=sure)
    with Fields(node, problems, about) as fields:
        named = fields.get("id", required=True)
        place = fields.one_of("place", PLACES, NoticePlace.AFTER_BODY)
        show = fields.items("show")
        fallback = fields.items("fallback")
        return Notice(
            id=notice_id(named, about, around, problems) if named else "",
            place=NoticePlace(place),
            show=tuple(fields.choice(item, "an item of 'show'", ("article", "listing")) for item in show or ())
            or ("article",),
            fallback=tuple(_language(fields, item) for item in fallback or ()) or ("en",),
            certainty=sure,
        )


def _protect(node: Node, about: str, around: Surroundings, problems: list[Problem], sure: Certainty) -> Action | None:
    del around
    if node.kind == "scalar":
        if node.text == "all":
            return Protect(frozenset(PROTECTIONS), sure)
        problems.append(
            node.problem("unknown-value", f"'{node.text}' stands {about}", "write `all`, a list, or {except: [...]}")
        )
        return None
    # `protect: [sharing]` is read as `{only: [sharing]}`, so one reader of lists serves both
    mapping = (
        node
        if node.kind == "mapping"
        else Node(node.path, node.line, node.column, "mapping", entries={"only": (node, node)})
    )
    with Fields(mapping, problems, about) as fields:
        only = fields.items("only") if fields.has("only") else None
        excepted = fields.items("except") if fields.has("except") else None
        named = frozenset(
            fields.choice(item, "a protection", PROTECTIONS) for item in (*(only or ()), *(excepted or ()))
        )
        if only is None and excepted is None:
            return None
        what = named if only else frozenset(PROTECTIONS) - named
        if not what:
            fields.refuse(
                node, "nothing-protected", f"nothing is left to protect {about}", "except fewer, or remove the action"
            )
        return Protect(what, sure)


def _language(fields: Fields, node: Node) -> str:
    tag = fields.text_of(node, "an item of 'fallback'")
    if tag and not LANGUAGE.fullmatch(tag):
        fields.refuse(node, "bad-language", f"'{tag}' is no language tag", "write en, ru, pt-BR")
    return tag


_DEFAULTS = {"notice": Certainty.POSSIBLE, "protect": Certainty.POSSIBLE}
ACTIONS: Mapping[str, Parser] = {"notice": _notice, "protect": _protect, **RESTRICTIONS}
"""The actions by name."""
