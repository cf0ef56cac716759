"""Actions that take something from readers or give them something else: their parsers, by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from gateway.errors import Problem
from gateway.policy.model import ALL_MEDIA, Action, Block, Certainty, Headers, Redirect, Substitute, Withhold
from gateway.policy.parts import check_part
from gateway.policy.surroundings import Parser, Surroundings, file_text, notice_id
from gateway.pyyaml import Fields, Node

HEADERS = (
    "Content-Language", "Content-Usage", "Onion-Location", "Permissions-Policy", "Referrer-Policy", "TDM-Policy",
    "TDM-Reservation", "X-Robots-Tag",
)  # fmt: skip
"""Response headers that a policy may set: none of them frames, caches, authenticates or forwards a response."""

_HEADER_VALUE = re.compile(r"[\x20-\x7e]{1,1000}")
_LOCAL_TARGET = re.compile(
    r"/(?![/\\])[!-\[\]-~]*"
)  # one leading slash, no backslash: browsers read `//` and `/\` as hosts


def _block(node: Node, about: str, around: Surroundings, problems: list[Problem], sure: Certainty) -> Action | None:
    with Fields(node, problems, about) as fields:
        named = fields.get("notice", required=True)
        listing = fields.one_of("listing", ("omit", "mark"), "omit")
        return Block(notice_id(named, about, around, problems) if named else "", listing, sure)


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
        return Withhold(parts, media, notice_id(named, about, around, problems) if named else "", sure)


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
        text = file_text(named, fields.text("with"), around, problems) if named else ""
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


RESTRICTIONS: Mapping[str, Parser] = {
    "block": _block,
    "redirect": _redirect,
    "withhold": _withhold,
    "substitute": _substitute,
    "headers": _headers,
}
