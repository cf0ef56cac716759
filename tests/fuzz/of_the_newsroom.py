"""What the newsroom writes: YAML, policies, articles, notices. Targets as in `targets`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from gateway.content.front_matter import parse_article
from gateway.content.markdown import article_body, prose
from gateway.errors import Problem
from gateway.policy.files import read_directory
from gateway.policy.parse import parse
from gateway.pyyaml import Node, YamlError, read
from gateway.render.guard import missing
from gateway.render.rendered import HTML
from tests.payloads import dangers
from tests.running import POLICIES

NOTICE = '<aside class="notice" role="note" data-notice="due" lang="en"><p>Beware.</p></aside>'
"""As the gateway writes it."""
_FILES: Mapping[bytes, str] = {
    b"regions": "regions.yaml",
    b"corrections": "corrections.yaml",
    b"policy": "undesirable-organization.yaml",
    b"notice": "notices/undesirable-organization/en.md",
    b"long": "notices/undesirable-organization/en.long.md",
    b"networks": "networks/relays.txt",
    b"manifest": "manifest.sha256",
}


def yaml(data: bytes) -> None:
    """Nodes of strings, or problems that say where."""
    try:
        node = read(data, "a.yaml")
    except YamlError as error:
        _assert_told(error.problems)
    else:
        _assert_strings(node)


def _assert_strings(node: Node) -> None:
    assert isinstance(node.text, str)
    for child in (*node.items, *(part for entry in node.entries.values() for part in entry)):
        _assert_strings(child)


def article(data: bytes) -> None:
    """Published, it runs and fetches nothing and hides no notice; or it is refused, with the reason."""
    for name in ("articles/en/a.md", "articles/en/a.html"):
        source, problems = parse_article(data, name)
        if source is None:
            _assert_told(problems)
            continue
        body = article_body(source.text, name, markdown=source.markdown)
        _assert_harmless(body.html)


def markup(data: bytes) -> None:
    """The same of a body alone, and of an operator's prose."""
    said = data.decode("utf-8", "replace")
    for name in ("a.md", "a.html"):
        if ":::" not in said:
            _assert_harmless(article_body(said, name, markdown=name.endswith("md")).html)
    _assert_harmless(prose(said))


def _assert_harmless(html: str) -> None:
    assert dangers(html) == [], html
    page = f"<!doctype html><html><body><main><div>{html}</div>{NOTICE}</main></body></html>"
    assert missing(page.encode("utf-8", "replace"), HTML, ["due"]) == set(), html


def guard(data: bytes) -> None:
    """The guard looks at anything without failing."""
    for kind in (HTML, "application/json", "application/atom+xml"):
        assert missing(data, kind, ["due"]) <= {"due"}


def policies(data: bytes) -> None:
    """A directory in which one file is this: a whole set, or problems that say where."""
    kind, _, rest = data.partition(b"\n")
    name = _FILES.get(kind, "another.yaml")
    made = parse({**_sample(), name: rest})
    _assert_told(made.problems)
    assert made.policies is not None or made.problems


@cache
def _sample() -> Mapping[str, bytes]:
    """The shipped set, in one language: a set is read in milliseconds then."""
    shipped = read_directory(POLICIES)
    needed = ("undesirable-organization.yaml", "regions.yaml", "corrections.yaml")
    return {
        path: raw
        for path, raw in shipped.items()
        if path in needed or path.startswith(("networks/", "notices/undesirable-organization/en"))
    }


def _assert_told(problems: list[Problem] | tuple[Problem, ...]) -> None:
    for problem in problems:
        assert problem.path
        assert problem.what
        str(problem).encode("utf-8", "surrogateescape")


TARGETS = (article, guard, markup, policies, yaml)
