"""notices/<id>/<language>.md: what readers are told, in each language, as harmless HTML and as plain text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from gateway.content.markdown import prose
from gateway.content.sanitise import plain_text
from gateway.errors import Problem
from gateway.policy.model import NoticeText
from gateway.policy.parse_actions import LANGUAGE
from gateway.policy.parse_regions import NAME
from gateway.pyyaml import Fields, Node, YamlError, decode, split_front_matter

FOLDER = "notices/"
LINK_TEXT = "More"
_FILE = re.compile(r"notices/(?P<id>[^/]+)/(?P<language>[^/.]+)(?P<long>\.long)?\.md")


def parse_notices(files: Mapping[str, bytes], problems: list[Problem]) -> dict[str, dict[str, NoticeText]]:
    """Notices by id and language. A file that cannot be used is left out, and the problems say so."""
    short: dict[tuple[str, str], str] = {}
    long: dict[tuple[str, str], str] = {}
    for path in sorted(files):
        if not path.startswith(FOLDER):
            continue
        named = _FILE.fullmatch(path)
        if named is None:
            problems.append(
                _wrong(path, "this is no notice", "name it notices/ID/LANGUAGE.md or notices/ID/LANGUAGE.long.md")
            )
        elif not NAME.fullmatch(named["id"]):
            problems.append(
                _wrong(path, f"'{named['id']}' is no name for a notice", "write small letters, digits and hyphens")
            )
        elif not LANGUAGE.fullmatch(named["language"]):
            problems.append(
                _wrong(path, f"'{named['language']}' is no language tag", "name the file en.md, ru.md, pt-BR.md")
            )
        else:
            (long if named["long"] else short)[named["id"], named["language"]] = path
    found: dict[str, dict[str, NoticeText]] = {}
    for (notice, language), path in short.items():
        texts = _read(path, long.pop((notice, language), None), files, problems)
        text = texts and _notice(notice, language, texts, problems)
        if text:
            found.setdefault(notice, {})[language] = text
    problems += [
        _wrong(path, "a long text without its notice", f"write {path.removesuffix('.long.md')}.md")
        for path in long.values()
    ]
    return found


def notice_ids(files: Mapping[str, bytes]) -> frozenset[str]:
    """Ids for which there is any file, sound or not: so that one broken notice is one problem, not two."""
    return frozenset(named["id"] for path in files if (named := _FILE.fullmatch(path)) and not named["long"])


def _read(
    path: str, explanation: str | None, files: Mapping[str, bytes], problems: list[Problem]
) -> tuple[Node, str, str] | None:
    """Front matter, text and long text."""
    try:
        node, body, _ = split_front_matter(files[path], path)
        return node, body, _long_text(explanation, files) if explanation else ""
    except YamlError as error:
        problems.extend(error.problems)
        return None


def _notice(id: str, language: str, texts: tuple[Node, str, str], problems: list[Problem]) -> NoticeText | None:
    node, body, long = texts
    before = len(problems)
    with Fields(node, problems, "in the notice") as fields:
        title = fields.text("title", required=True)
        link_text = fields.text("link_text", LINK_TEXT)
        self_conditional = fields.flag("self_conditional")
        style = fields.one_of("style", ("statutory",))
    html = prose(body)
    text = plain_text(html)
    if not text:
        problems.append(
            Problem(
                node.path,
                node.line,
                1,
                "empty-notice",
                "the notice says nothing",
                "write its text below the front matter",
            )
        )
    if len(problems) > before:
        return None
    long_html = prose(long) if long else ""
    parts = (id, language, title, html, link_text, long_html, str(self_conditional), style)
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    return NoticeText(id, language, title, html, text, link_text, long_html, self_conditional, style, digest)


def _long_text(path: str, files: Mapping[str, bytes]) -> str:
    """The long text; front matter, if it has any, is dropped."""
    text = decode(files[path], path, tabs=True)
    return split_front_matter(text, path)[1] if text.startswith("---\n") else text


def _wrong(path: str, what: str, remedy: str) -> Problem:
    return Problem(path, 0, 0, "bad-notice-file", what, remedy)
