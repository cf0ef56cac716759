"""What the newsroom says of itself in `site.yaml`, beside its articles: its name, its sections, where readers turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gateway.errors import Problem
from gateway.pyyaml import Fields, Node, YamlError, read

SITE_FILE = "site.yaml"
CONTROLS = ("like", "comment", "save", "contact", "donate", "subscribe")
"""The controls whose addresses a newsroom may name. Sharing needs none."""


@dataclass(frozen=True, slots=True)
class SiteText:
    """All of it optional. Texts by language, with "" for every other language; `controls`: name -> address, in which
    `{url}`, `{title}` and `{slug}` stand for the article's own.
    """

    title: str = ""
    motto: Mapping[str, str] = field(default_factory=dict)
    imprint: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    controls: Mapping[str, str] = field(default_factory=dict)


def parse_site(raw: bytes) -> tuple[SiteText, list[Problem]]:
    """`site.yaml` as a value, as far as it can be understood, and every problem."""
    problems: list[Problem] = []
    try:
        node = read(raw, SITE_FILE)
    except YamlError as error:
        return SiteText(), list(error.problems)
    with Fields(node, problems) as fields:
        title = fields.text("title")
        motto = _by_language(fields, fields.get("motto"))
        imprint = _by_language(fields, fields.get("imprint"))
        sections: dict[str, Mapping[str, str]] = {}
        named = fields.get("sections")
        if named is not None:
            listed = Fields(named, problems, "of 'sections'")
            sections = {name: _by_language(listed, value) for name, (_, value) in listed.node.entries.items()}
        controls = _controls(fields)
    return SiteText(title, motto, imprint, sections, controls), problems


def _by_language(fields: Fields, node: Node | None) -> dict[str, str]:
    """One text for all languages, or a text for each."""
    if node is None:
        return {}
    if node.kind == "scalar":
        text = fields.text_of(node, "the text")
        return {"": text} if text else {}
    inner = Fields(node, fields.problems)
    return {
        language: text
        for language, (_, value) in inner.node.entries.items()
        if (text := inner.text_of(value, f"'{language}'"))
    }


def _controls(fields: Fields) -> dict[str, str]:
    node = fields.get("controls")
    if node is None:
        return {}
    found: dict[str, str] = {}
    with Fields(node, fields.problems, "of 'controls'") as controls:
        for name in CONTROLS:
            address = controls.text(name)
            if address and (address.startswith("/") or urlsplit(address).scheme in ("https", "http", "mailto")):
                found[name] = address
            elif address:
                controls.refuse(controls.get(name) or node, "bad-address", f"'{name}' is '{address[:60]}'",
                                "write an https: or mailto: address, or a path that begins with /")  # fmt: skip
    return found
