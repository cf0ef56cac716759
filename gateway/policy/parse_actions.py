"""What a policy does: the items of `do`, each one action with the certainty that it needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.errors import Problem
from gateway.policy.model import (
    ALL_MEDIA,
    PROTECTIONS,
    Action,
    Block,
    Certainty,
    Headers,
    Notice,
    NoticePlace,
    Protect,
    Redirect,
    Substitute,
    Withhold,
)
from gateway.policy.parts import check_part
from gateway.pyyaml import Fields, Node, YamlError, decode

CERTAINTIES = tuple(str(certainty) for certainty in Certainty)
PLACES = tuple(place.value for place in NoticePlace)
HEADERS = (
    "Content-Language", "Content-Usage", "Onion-Location", "Permissions-Policy", "Referrer-Policy", "TDM-Policy",
    "TDM-Reservation", "X-Robots-Tag",
)  # fmt: skip
"""Response headers that a policy may set: none of them frames, caches, authenticates or forwards a response."""

LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{1,1000}")
_LOCAL_TARGET = re.compile(
    r"/(?![/\\])[!-\[\]-~]*"
)  # one leading slash, no backslash: browsers read `//` and `/\` as hosts


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an action may refer to: the set's files, the ids of notices, the hosts to which it may redirect (None:
    not known here, and not checked).
    """

    files: Mapping[str, bytes]
    notices: Collection[str]
    redirect_hosts: Collection[str] | None


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
        return Notice(_notice_id(node, about, around, problems), certainty=sure)
    with Fields(node, problems, about) as fields:
        named = fields.get("id", required=True)
        place = fields.one_of("place", PLACES, NoticePlace.AFTER_BODY)
        show = fields.items("show")
        fallback = fields.items("fallback")
        return Notice(
            id=_notice_id(named, about, around, problems) if named else "",
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


def _block(node: Node, about: str, around: Surroundings, problems: list[Problem], sure: Certainty) -> Action | None:
    with Fields(node, problems, about) as fields:
        named = fields.get("notice", required=True)
        listing = fields.one_of("listing", ("omit", "mark"), "omit")
        return Block(_notice_id(named, about, around, problems) if named else "", listing, sure)


def _withhold(node: Node, about: str, around: Surroundings, problems: list[Problem], sure: Certainty) -> Action | None:
    with Fields(node, problems, about) as fields:
        parts = frozenset(fields.texts("parts") or ())
        for item in (fields.items("parts") or ()) if parts else ():
            check_part(fields, item, item.text)
        media_node = fields.get("media")
        if media_node is not None and media_node.kind == "scalar" and media_node.text == "all":
            media = frozenset({ALL_MEDIA})
        else:
            media = frozenset(path.removeprefix("/media/") for path in fields.texts("media") or ())
        if not fields.has("parts") and media_node is None:
            fields.refuse(node, "nothing-withheld", f"nothing is named {about}", "name `parts` or `media`")
        named = fields.get("notice", required=True)
        return Withhold(parts, media, _notice_id(named, about, around, problems) if named else "", sure)


def _redirect(node: Node, about: str, around: Surroundings, problems: list[Problem], sure: Certainty) -> Action | None:
    with Fields(node, problems, about) as fields:
        to = fields.text("to", required=True)
        status = fields.one_of("status", ("302", "307"), "302")
        target = fields.get("to") or node
        if to and not _LOCAL_TARGET.fullmatch(to):
            host = _host_of(to)
            if not host:
                fields.refuse(
                    target, "bad-target", f"'{to}' is no address to redirect to", "write https://host/path or /path"
                )
            elif around.redirect_hosts is not None and host not in around.redirect_hosts:
                fields.refuse(
                    target,
                    "host-not-allowed",
                    f"redirects to '{host}' are not allowed",
                    "add the host to GATEWAY_REDIRECT_HOSTS, or redirect elsewhere",
                )
        return Redirect(to, int(status), sure)


def _substitute(
    node: Node, about: str, around: Surroundings, problems: list[Problem], sure: Certainty
) -> Action | None:
    with Fields(node, problems, about) as fields:
        part, title, article = fields.text("part"), fields.has("title"), fields.has("article")
        # `title: true` and `article: true`: what is named needs no value, but YAML wants one
        for name in ("title", "article"):
            if fields.has(name):
                fields.one_of(name, ("true",))
        if part:
            check_part(fields, fields.get("part") or node, part)
        targets = [f"part:{part}"] * bool(part) + ["title"] * title + ["article"] * article
        if len(targets) != 1:
            fields.refuse(
                node,
                "one-target",
                f"{'several targets are' if targets else 'no target is'} named {about}",
                "write one of `part: ID`, `title: true`, `article: true`",
            )
        named = fields.get("with", required=True)
        text = _file_text(named, fields.text("with"), around, problems) if named else ""
        if title and "\n" in text:
            fields.refuse(
                named or node,
                "title-of-many-lines",
                f"the text for the title has several lines {about}",
                "write one line",
            )
        return Substitute(targets[0] if targets else "", text, sure)


def _headers(node: Node, about: str, around: Surroundings, problems: list[Problem], sure: Certainty) -> Action | None:
    del around
    canonical = {name.lower(): name for name in HEADERS}
    values: list[tuple[str, str]] = []
    with Fields(node, problems, about) as fields:
        if node.kind == "mapping" and not node.entries:
            fields.refuse(node, "empty-list", f"no header is named {about}", "name at least one")
        for written, (key, value) in node.entries.items():
            text = fields.text(written)
            if written.lower() not in canonical:
                fields.refuse(
                    key, "header-not-allowed", f"a policy may not set '{written}'", f"allowed: {', '.join(HEADERS)}"
                )
            elif text and not _HEADER_VALUE.fullmatch(text):
                fields.refuse(
                    value,
                    "bad-header",
                    f"'{written}' has characters that a header cannot carry",
                    "write plain ASCII on one line",
                )
            else:
                values.append((canonical[written.lower()], text))
    return Headers(tuple(sorted(values)), sure)


def _notice_id(node: Node, about: str, around: Surroundings, problems: list[Problem]) -> str:
    named = node.text
    if named not in around.notices:
        what = f"there is no notice '{named}' {about}" if named else f"no notice is named {about}"
        problems.append(node.problem("unknown-notice", what, f"write notices/{named or 'ID'}/en.md"))
    return named


def _language(fields: Fields, node: Node) -> str:
    tag = fields.text_of(node, "an item of 'fallback'")
    if tag and not LANGUAGE.fullmatch(tag):
        fields.refuse(node, "bad-language", f"'{tag}' is no language tag", "write en, ru, pt-BR")
    return tag


def _host_of(url: str) -> str:
    """The host of an absolute http(s) address without anything unusual in it; else ""."""
    if not re.fullmatch(r"[!-\[\]-~]+", url):
        return ""
    try:
        parts = urlsplit(url)
        usual = parts.scheme in ("http", "https") and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return ""
    return (parts.hostname or "") if usual else ""


def _file_text(node: Node, name: str, around: Surroundings, problems: list[Problem]) -> str:
    if not name:
        return ""
    if name not in around.files:
        problems.append(
            node.problem("missing-file", f"there is no file '{name}'", "name a file below the policies directory")
        )
        return ""
    try:
        text = decode(around.files[name], name, tabs=True).strip()
    except YamlError as error:
        problems.extend(error.problems)
        return ""
    if not text:
        problems.append(
            node.problem("empty-file", f"the file '{name}' is empty", "write the text, or withhold the part instead")
        )
    return text


_DEFAULTS = {"notice": Certainty.POSSIBLE, "protect": Certainty.POSSIBLE}
_Parser = Callable[[Node, str, Surroundings, "list[Problem]", Certainty], "Action | None"]
ACTIONS: Mapping[str, _Parser] = {
    "notice": _notice,
    "protect": _protect,
    "block": _block,
    "redirect": _redirect,
    "withhold": _withhold,
    "substitute": _substitute,
    "headers": _headers,
}
"""The actions by name."""
